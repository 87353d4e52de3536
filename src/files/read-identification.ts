/**
 * A document for identification, opened for the main API.
 *
 * Guarantees: a row of `file_read` is written before a byte leaves; without the row there are no bytes. A document that was
 * changed in R2 ends the stream before its changed part.
 */
import { recordObjectRead } from '../storage/d1/file-reads.ts';
import { fileByKey } from '../storage/d1/user-files.ts';
import {
  type IdentificationFile,
  type IdentificationKind,
  identificationKeyOf,
  sealedMetadata,
  sealedNameOf,
} from './identification-file.ts';
import type { IdentificationKeys } from './identification-keys.ts';
import { open, openedSize } from './sealed-chunks.ts';
import { streamStart } from './stream-start.ts';

export interface ReadSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'get'>;
  keys: IdentificationKeys;
  nowSeconds(): number;
}

export interface OpenedIdentification {
  file: IdentificationFile;
  sizeBytes: number;
  /** It breaks if it has another length. */
  body: ReadableStream<Uint8Array>;
}

const READER = 'main-api';

/** Null if there is no such document, or its key is gone. Rejects if it cannot be read now. */
export async function readIdentification(
  { db, bucket, keys, nowSeconds }: ReadSources,
  { userId, kind, requestId }: { userId: string; kind: IdentificationKind; requestId: string },
): Promise<OpenedIdentification | null> {
  const objectKey = identificationKeyOf(userId, kind);
  if ((await fileByKey(db, objectKey)) === null) return null;
  const key = await keys.find(userId);
  if (key === null) return null;
  const object = await bucket.get(objectKey);
  if (object === null) throw new Error('R2 has no such object');
  const { file: id, contentType } = sealedMetadata.parse(object.customMetadata);
  const file = { id, userId, kind, contentType };
  // A document that does not open is refused before it counts as read.
  const opening = object.body.pipeThrough(open(key.bytes, sealedNameOf(file)));
  const { whole: opened } = await streamStart(opening, 1);
  try {
    const read = { fileId: id, userId, kind, reader: READER, requestId, nowSeconds: nowSeconds() };
    await recordObjectRead(db, read);
  } catch (error) {
    await opened.cancel();
    throw error;
  }
  const sizeBytes = openedSize(object.size);
  return { file, sizeBytes, body: opened.pipeThrough(new FixedLengthStream(sizeBytes)) };
}
