/**
 * Takes the bytes of a document for identification, and seals them before R2 sees any.
 *
 * Guarantees: R2 gets an object only if the bytes begin as what was announced, and are as many. The memory of one upload is
 * a few chunks, whatever its size.
 */
import { FILE_TYPE_PREFIX_BYTES } from '../config.ts';
import { pendingKey, type UploadRow, uploadById } from '../storage/d1/user-uploads.ts';
import { joinedBytes } from '../storage/joined-bytes.ts';
import { byteTypeOf } from './byte-type.ts';
import { type IdentificationFile, isIdentificationKind, sealedNameOf } from './identification-file.ts';
import type { IdentificationKeys } from './identification-keys.ts';
import { seal, sealedSize } from './sealed-chunks.ts';
import { streamStart } from './stream-start.ts';

export interface IdentificationUpload extends IdentificationFile {
  sizeBytes: number;
}

/** Null if the upload is of another kind. */
export function identificationUploadOf({
  id,
  user_id: userId,
  kind,
  content_type: contentType,
  size_bytes: sizeBytes,
}: UploadRow): IdentificationUpload | null {
  return isIdentificationKind(kind) ? { id, userId, kind, contentType, sizeBytes } : null;
}

export interface Receiving {
  /** Ends it. */
  signal: AbortSignal;
  /** Called with the number of bytes in each chunk. */
  onBytes(bytes: number): void;
}

export interface ReceiveSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'put' | 'delete'>;
  keys: IdentificationKeys;
  nowSeconds(): number;
}

/** `refused`: other bytes than announced. `not there`: the upload or its user has gone meanwhile. */
export type Received = 'stored' | 'refused' | 'not there';

/** A later call for the same upload replaces its bytes. Rejects if the body ends too soon, or D1 or R2 fails. */
export async function receiveIdentification(
  { db, bucket, keys, nowSeconds }: ReceiveSources,
  upload: IdentificationUpload,
  body: ReadableStream<Uint8Array>,
  receiving: Receiving,
): Promise<Received> {
  const key = await keys.findOrMake(upload.userId, nowSeconds());
  if (key === null) return 'not there';
  const objectKey = pendingKey(upload.id);
  try {
    const announced = body.pipeThrough(announcedBytes(upload, receiving));
    // Up to the size of a chunk, bytes are refused before R2 is asked for anything.
    const sealing = announced.pipeThrough(seal(key.bytes, sealedNameOf(upload)));
    const { whole: sealed } = await streamStart(sealing, 1);
    const sized = new FixedLengthStream(sealedSize(upload.sizeBytes));
    const sent = sealed.pipeTo(sized.writable);
    const [sending, storing] = await Promise.allSettled([sent, bucket.put(objectKey, sized.readable)]);
    if (sending.status === 'rejected') throw sending.reason;
    if (storing.status === 'rejected') throw storing.reason;
  } catch (error) {
    if (error instanceof OtherBytes) return 'refused';
    throw error;
  }
  if ((await uploadById(db, upload.id)) !== null) return 'stored';
  // The upload may have ended, and its object have been deleted, before there was one.
  await bucket.delete(objectKey);
  return 'not there';
}

class OtherBytes extends Error {
  override name = 'OtherBytes';
}

/** Passes the bytes on if they are of the announced type and number. No byte passes before the type is known. */
function announcedBytes(
  { contentType, sizeBytes }: IdentificationUpload,
  { signal, onBytes }: Receiving,
): TransformStream<Uint8Array, Uint8Array> {
  let start: Uint8Array | null = new Uint8Array();
  let received = 0;
  const passStart = (bytes: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
    if (byteTypeOf(bytes.subarray(0, FILE_TYPE_PREFIX_BYTES)) !== contentType) throw new OtherBytes('type');
    controller.enqueue(bytes);
    start = null;
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      // A pipe of workerd asks its signal between two reads: a silent client would never be left.
      signal.addEventListener('abort', () => controller.error(signal.reason), { once: true });
    },
    transform(bytes, controller) {
      received += bytes.byteLength;
      onBytes(bytes.byteLength);
      if (received > sizeBytes) throw new OtherBytes('size');
      if (start === null) return controller.enqueue(bytes);
      start = joinedBytes([start, bytes]);
      if (start.byteLength >= FILE_TYPE_PREFIX_BYTES) passStart(start, controller);
    },
    flush(controller) {
      if (received < sizeBytes) throw new OtherBytes('size');
      if (start !== null) passStart(start, controller);
    },
  });
}
