const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const utf8 = new TextEncoder();

/**
 * SHA-256 in lower-case hex. Text is hashed as UTF-8.
 *
 * @param length the number of digits, from the first on: even, at most 64, and 64 where left out
 */
export async function sha256Hex(content: string | Uint8Array<ArrayBuffer>, length = 64): Promise<string> {
  const bytes = typeof content === 'string' ? utf8.encode(content) : content;
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  let hex = '';
  for (const byte of new Uint8Array(digest, 0, length / 2)) hex += HEX_OF_BYTE[byte];
  return hex;
}
