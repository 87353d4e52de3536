/** Splits operations into requests that the admin endpoint takes: at most 200 operations and 8 MB each. */
import type { ManifestOperation } from './manifest-operation.ts';

const CHUNK_MAX_OPERATIONS = 200;
/** Of texts: half of what is allowed, for what JSON adds to them. */
const CHUNK_MAX_BYTES = 4_000_000;

export type SentOperation = Pick<ManifestOperation, 'id' | 'document'>;

export function inChunks(operations: readonly SentOperation[]): SentOperation[][] {
  const chunks: SentOperation[][] = [];
  let chunk: SentOperation[] = [];
  let bytes = 0;
  for (const { id, document } of operations) {
    const size = Buffer.byteLength(document);
    if (chunk.length === CHUNK_MAX_OPERATIONS || (chunk.length > 0 && bytes + size > CHUNK_MAX_BYTES)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push({ id, document });
    bytes += size;
  }
  return chunk.length > 0 ? [...chunks, chunk] : chunks;
}
