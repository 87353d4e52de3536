import { UPLOAD_URL_SECONDS } from '../config.ts';
import type { UploadRow } from '../storage/d1/user-uploads.ts';
import type { Identification } from './identification.ts';
import { isIdentificationKind } from './identification-file.ts';
import type { IdentificationUpload } from './receive-identification.ts';
import type { UploadDestination } from './upload-destination.ts';

/** Documents for identification: the Worker takes their bytes, and the main API is told of each file. */
export const createIdentificationUploads = (
  identification: Pick<Identification, 'uploadUrl' | 'complete' | 'handOver'>,
): UploadDestination => ({
  async targetOf({ id, content_type: contentType, size_bytes: sizeBytes, created_at }) {
    const expiresAt = created_at + UPLOAD_URL_SECONDS;
    return {
      url: identification.uploadUrl({ id, contentType, sizeBytes, expiresAt }),
      headers: [{ name: 'Content-Type', value: contentType }],
    };
  },

  async complete(upload) {
    const completed = await identification.complete(documentOf(upload));
    if (completed.ok) return completed;
    if (completed.reason !== 'refused') return { ok: false, reason: completed.reason };
    return { ok: false, reason: 'refused', message: 'The bytes cannot be read any more: upload them again.' };
  },

  afterwards: ({ user_id }, trace) => identification.handOver(user_id, trace),
});

function documentOf({ id, user_id: userId, kind, ...announced }: UploadRow): IdentificationUpload {
  if (!isIdentificationKind(kind)) throw new Error(`${kind} is no kind of document for identification`);
  return { id, userId, kind, contentType: announced.content_type, sizeBytes: announced.size_bytes };
}
