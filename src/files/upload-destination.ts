/** The destination of uploads of some kinds: it gives the URL that takes the bytes, and makes the file of them. */
import type { UserFileRow } from '../storage/d1/user-files.ts';
import type { UploadRow } from '../storage/d1/user-uploads.ts';
import type { CallTrace } from '../upstream/http.ts';

/** The client puts the bytes to this URL, with these headers. */
export interface UploadTarget {
  url: string;
  headers: { name: string; value: string }[];
}

/**
 * `not there`: no bytes have come yet, or the upload is over. `refused`: they are others than announced. `busy`: somebody else writes
 * or deletes the same object now.
 */
export type CompletedUpload =
  | { ok: true; file: UserFileRow }
  | { ok: false; reason: 'not there' | 'busy' }
  | { ok: false; reason: 'refused'; message: string };

export interface UploadDestination {
  targetOf(upload: UploadRow): Promise<UploadTarget>;
  /**
   * Writes the object of the file, and with its row ends the upload. It rejects if a storage fails: the upload is open still, and the
   * same call is safe to repeat.
   */
  complete(upload: UploadRow): Promise<CompletedUpload>;
  /** Work behind the answer to a completed upload. Never rejects. */
  afterwards?(upload: UploadRow, trace: CallTrace): Promise<void>;
}
