/** Objects whose size is not known before they end, in bounded memory: one part of a file at a time. */
import { joinedBytes } from '../joined-bytes.ts';

/** The least that R2 takes for each part but the last one. */
export const PART_BYTES = 5 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;
/** Each part but the last one has `PART_BYTES`. An empty file has none. */
export type Parts = AsyncGenerator<Bytes, void, undefined>;

export async function* partsOf(chunks: AsyncIterable<Uint8Array>, partBytes = PART_BYTES): Parts {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (bytes + rest.byteLength >= partBytes) {
      const end = partBytes - bytes;
      yield joinedBytes([...waiting, rest.subarray(0, end)]);
      rest = rest.subarray(end);
      waiting = [];
      bytes = 0;
    }
    if (rest.byteLength > 0) waiting.push(rest);
    bytes += rest.byteLength;
  }
  if (bytes > 0) yield joinedBytes(waiting);
}

/**
 * Writes the object whole or not at all.
 *
 * @param first its first part, and `rest` the others
 */
export async function putParts(
  bucket: Pick<R2Bucket, 'put' | 'createMultipartUpload'>,
  key: string,
  { first, rest }: { first: Bytes; rest: Parts },
  httpMetadata: R2HTTPMetadata,
): Promise<R2Object> {
  const second = await rest.next();
  if (second.done === true) return bucket.put(key, first, { httpMetadata });
  const upload = await bucket.createMultipartUpload(key, { httpMetadata });
  try {
    const uploaded = [await upload.uploadPart(1, first)];
    for (let part: IteratorResult<Bytes, void> = second; part.done !== true; part = await rest.next()) {
      uploaded.push(await upload.uploadPart(uploaded.length + 1, part.value));
    }
    return await upload.complete(uploaded);
  } catch (error) {
    // R2 itself ends an upload that stays open for a week.
    await upload.abort().catch(() => undefined);
    throw error;
  }
}
