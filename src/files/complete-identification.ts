/**
 * Makes an upload for identification a file: the sealed bytes move to the key of its kind, and a row for the main API is queued.
 *
 * Guarantees: the file is the object that was looked at. If two uploads of one kind are completed at once, one is `busy`. If it ends
 * in the middle, either nothing has changed, or the same call completes it, or the job of deletions takes what was written.
 */
import { storeIdentificationFile } from '../storage/d1/identification-files.ts';
import { abandonedObject, type HeldKey, holdKey } from '../storage/d1/object-writes.ts';
import type { UserFileRow } from '../storage/d1/user-files.ts';
import { pendingKey } from '../storage/d1/user-uploads.ts';
import { identificationKeyOf, type SealedMetadata, sealedNameOf } from './identification-file.ts';
import type { IdentificationKey, IdentificationKeys } from './identification-keys.ts';
import type { IdentificationUpload } from './receive-identification.ts';
import { open, SealBroken, sealedSize } from './sealed-chunks.ts';

export interface CompleteSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'get' | 'put'>;
  keys: IdentificationKeys;
  nowSeconds(): number;
}

/**
 * `not there`: no bytes were sent yet, or the upload is over. `refused`: its bytes are not readable any more, and must be sent again.
 * `busy`: the same call may succeed a little later.
 */
export type Completed =
  | { ok: true; file: UserFileRow }
  | { ok: false; reason: 'not there' | 'refused' | 'busy' };

/** Rejects if D1 or R2 fails: the same call is safe to repeat. */
export async function completeIdentification(
  sources: CompleteSources,
  upload: IdentificationUpload,
): Promise<Completed> {
  const { db, bucket, keys, nowSeconds } = sources;
  const pending = await bucket.get(pendingKey(upload.id));
  if (pending === null) return { ok: false, reason: 'not there' };
  const key = await keys.find(upload.userId);
  if (key === null || !(await opens(pending, key, upload))) return { ok: false, reason: 'refused' };
  const held = await holdKey(db, identificationKeyOf(upload.userId, upload.kind), nowSeconds());
  if (held === null) return { ok: false, reason: 'busy' };
  try {
    const moved = await move(sources, upload, { held, key, etag: pending.etag });
    if (typeof moved !== 'string') return { ok: true, file: moved };
    await abandonedObject(db, held).run();
    return { ok: false, reason: moved };
  } catch (error) {
    await abandonedObject(db, held).run();
    throw error;
  }
}

/** True if it is of the announced size, and its beginning is what this key has sealed for this upload. */
async function opens(
  { size, body }: R2ObjectBody,
  key: IdentificationKey,
  upload: IdentificationUpload,
): Promise<boolean> {
  if (size !== sealedSize(upload.sizeBytes)) {
    await body.cancel();
    return false;
  }
  const opened = body.pipeThrough(open(key.bytes, sealedNameOf(upload))).getReader();
  try {
    await opened.read();
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
  await opened.cancel();
  return true;
}

async function move(
  { db, bucket, nowSeconds }: CompleteSources,
  upload: IdentificationUpload,
  { held, key, etag }: { held: HeldKey; key: IdentificationKey; etag: string },
): Promise<UserFileRow | 'busy' | 'not there'> {
  const { id, kind, contentType } = upload;
  const found = await bucket.get(pendingKey(id), { onlyIf: { etagMatches: etag } });
  if (found === null) return 'not there';
  // The client has sent other bytes since.
  if (!('body' in found)) return 'busy';
  const metadata: SealedMetadata = { file: id, contentType };
  const sealed = found.body.pipeThrough(new FixedLengthStream(found.size));
  const object = await bucket.put(held.key, sealed, { customMetadata: metadata });
  const now = nowSeconds();
  const body = JSON.stringify({ file_id: id, kind, uploaded_at: now });
  const stored = await storeIdentificationFile(db, {
    ...{ held, uploadId: id, etag: object.etag, wrappedKey: key.wrapped },
    ...{ body, nowSeconds: now },
  });
  return stored ?? 'not there';
}
