/** Attachments by their signed URLs. Each use is noted before a byte is sent. */
import { recordFileRead } from '../storage/d1/file-reads.ts';
import { attachmentOfPath, type FileUrls } from './file-urls.ts';

export interface SignedFileReadSources {
  db: D1Database;
  urls: FileUrls;
  nowMs(): number;
}

/**
 * @returns a function that gives the key of the object that a path and its query open, once this use is noted; null if they open
 *   none. It rejects if the use cannot be noted.
 */
export const createSignedFileReads =
  ({ db, urls, nowMs }: SignedFileReadSources) =>
  async (path: string, query: URLSearchParams, requestId: string): Promise<string | null> => {
    const attachment = attachmentOfPath(path);
    const nowSeconds = Math.floor(nowMs() / 1000);
    if (attachment === null || !urls.isSigned(path, attachment.userId, query, nowSeconds)) return null;
    const reader = `user:${attachment.userId}`;
    const file = await recordFileRead(db, { ...attachment, reader, requestId, nowSeconds });
    return file?.object_key ?? null;
  };
