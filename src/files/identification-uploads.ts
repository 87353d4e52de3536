import { UPLOAD_URL_SECONDS } from '../config.ts';
import type { Identification } from './identification.ts';
import { identificationUploadOf } from './receive-identification.ts';
import type { UploadDestination } from './upload-destination.ts';

/** Documents for identification: the Worker takes their bytes, and notifies the main API of each file. */
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
    const document = identificationUploadOf(upload);
    if (document === null) throw new Error(`${upload.kind} is no kind of document for identification`);
    const completed = await identification.complete(document);
    if (completed.ok) return completed;
    if (completed.reason !== 'refused') return { ok: false, reason: completed.reason };
    return { ok: false, reason: 'refused', message: 'The bytes cannot be read any more: upload them again.' };
  },

  afterwards: ({ user_id }, trace) => identification.handOver(user_id, trace),
});
