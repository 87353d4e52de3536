const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const utf8 = new TextEncoder();

/**
 * SHA-256 in lower-case hex. Text is hashed as UTF-8.
 *
 * @param length the number of digits, from the first on; even, and all 64 where left out
 */
export async function sha256Hex(content: string | Uint8Array<ArrayBuffer>, length = 64): Promise<string> {
  const bytes = typeof content === 'string' ? utf8.encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  let hex = '';
  // An iterator makes an object for each byte.
  for (let index = 0; index < length / 2; index += 1) hex += HEX_OF_BYTE[digest[index] ?? 0];
  return hex;
}
