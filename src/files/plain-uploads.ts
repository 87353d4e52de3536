/**
 * Pictures and attachments: the client puts them into R2 itself, and completion makes their files.
 *
 * One read of R2 gives the bytes that are looked at and those that are taken: nobody can swap the object in between. A picture is
 * made anew, so nothing of its bytes but the picture is left; a PDF is copied as it is, in a stream.
 */
import { FILE_TYPE_PREFIX_BYTES } from '../config.ts';
import { abandonedObject, type HeldKey, holdKey } from '../storage/d1/object-writes.ts';
import { type FileObject, storePlainFile } from '../storage/d1/user-files.ts';
import { pendingKey, type UploadRow, uploadById } from '../storage/d1/user-uploads.ts';
import { byteTypeOf } from './byte-type.ts';
import { avatarKey, type FileUrls } from './file-urls.ts';
import type { Pictures } from './pictures.ts';
import { streamStart } from './stream-start.ts';
import type { CompletedUpload, UploadDestination } from './upload-destination.ts';
import type { PresignUpload } from './upload-presigner.ts';

export interface PlainUploadSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'get' | 'put'>;
  presign: PresignUpload;
  pictures: Pictures;
  urls: FileUrls;
  nowSeconds(): number;
}

const PDF = 'application/pdf';

export const createPlainUploads = (sources: PlainUploadSources): UploadDestination => ({
  async targetOf({ id, content_type: contentType, size_bytes: sizeBytes }) {
    const url = await sources.presign(pendingKey(id), { contentType, sizeBytes });
    return { url, headers: [{ name: 'Content-Type', value: contentType }] };
  },

  async complete(upload) {
    const { db, urls, nowSeconds } = sources;
    const held = await holdKey(db, keyOf(urls, upload), nowSeconds());
    if (held === null) return { ok: false, reason: 'busy' };
    try {
      const completed = await completeHeld(sources, upload, held);
      if (!completed.ok) await abandonedObject(db, held).run();
      return completed;
    } catch (error) {
      await abandonedObject(db, held).run();
      throw error;
    }
  },
});

const keyOf = (urls: FileUrls, { id, kind, user_id: userId }: UploadRow) =>
  kind === 'avatar' ? avatarKey(userId) : urls.attachmentKey(userId, id);

const refused = (message: string): CompletedUpload => ({ ok: false, reason: 'refused', message });

async function completeHeld(
  sources: PlainUploadSources,
  upload: UploadRow,
  held: HeldKey,
): Promise<CompletedUpload> {
  const { db, bucket, urls, nowSeconds } = sources;
  // The holder before may have completed it.
  if ((await uploadById(db, upload.id)) === null) return { ok: false, reason: 'not there' };
  const pending = await bucket.get(pendingKey(upload.id));
  if (pending === null) return { ok: false, reason: 'not there' };
  const object = await writeObject(sources, upload, held.key, pending);
  if (typeof object === 'string') return refused(object);
  const file = await storePlainFile(db, upload, {
    ...{ held, object, nowSeconds: nowSeconds() },
    avatarUrl: upload.kind === 'avatar' ? urls.versioned(held.key, object.etag) : null,
  });
  // Another one has come to hold the key, or the upload is over.
  return file === null ? { ok: false, reason: 'busy' } : { ok: true, file };
}

/** Text if the bytes are refused: the reason. */
async function writeObject(
  { bucket, pictures }: PlainUploadSources,
  upload: UploadRow,
  key: string,
  pending: R2ObjectBody,
): Promise<FileObject | string> {
  const { kind, content_type: contentType, size_bytes: sizeBytes } = upload;
  const difference = differenceOf(pending, upload);
  if (difference !== null) {
    await pending.body.cancel();
    return difference;
  }
  const { start, whole } = await streamStart(pending.body, FILE_TYPE_PREFIX_BYTES);
  if (byteTypeOf(start) !== contentType) {
    await whole.cancel();
    return `The bytes are not those of ${contentType}.`;
  }
  if (contentType === PDF) {
    const body = whole.pipeThrough(new FixedLengthStream(sizeBytes));
    const { etag } = await bucket.put(key, body, { httpMetadata: { contentType } });
    return { contentType, sizeBytes, etag };
  }
  const remade = await pictures.remade(whole, kind === 'avatar' ? 'avatar' : 'attachment', contentType);
  if (!remade.ok) return REFUSALS[remade.reason];
  const { bytes, contentType: madeType } = remade;
  const { etag } = await bucket.put(key, bytes, { httpMetadata: { contentType: madeType } });
  return { contentType: madeType, sizeBytes: bytes.byteLength, etag };
}

function differenceOf({ size, httpMetadata }: R2Object, upload: UploadRow): string | null {
  if (size !== upload.size_bytes) return `${size} bytes came, and not ${upload.size_bytes}.`;
  if (httpMetadata?.contentType === upload.content_type) return null;
  return `The bytes came with another type than ${upload.content_type}.`;
}

const REFUSALS = {
  'not a picture': 'The bytes are no whole picture.',
  'too many pixels': 'The picture has too many pixels.',
};
