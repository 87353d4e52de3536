/** Many rows as few bound values, for `json_each(?)`: D1 takes 100 parameters a statement and 2 MB a value. */

/** Half of the limit, so that several chunks fit into memory. */
const CHUNK_MAX_BYTES = 1_000_000;

/** JSON arrays that together contain all items in order. An item that is longer than the limit gets its own array. */
export function jsonChunks(items: readonly unknown[], maxBytes = CHUNK_MAX_BYTES): string[] {
  const encoder = new TextEncoder();
  const chunks: string[] = [];
  let parts: string[] = [];
  let bytes = 2;
  for (const item of items) {
    const part = JSON.stringify(item);
    const partBytes = encoder.encode(part).length + 1;
    if (parts.length > 0 && bytes + partBytes > maxBytes) {
      chunks.push(`[${parts.join(',')}]`);
      parts = [];
      bytes = 2;
    }
    parts.push(part);
    bytes += partBytes;
  }
  if (parts.length > 0) chunks.push(`[${parts.join(',')}]`);
  return chunks;
}
