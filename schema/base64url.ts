/** Text as base64url (RFC 4648 section 5) of its UTF-8, without padding. */
export function encodeBase64Url(text: string): string {
  const base64 = btoa(IS_ASCII.test(text) ? text : String.fromCharCode(...new TextEncoder().encode(text)));
  const padding = base64.indexOf('=');
  const unpadded = padding === -1 ? base64 : base64.slice(0, padding);
  return unpadded.replaceAll('+', '-').replaceAll('/', '_');
}

/** Such text is its own UTF-8: every id of a list is, and encoding them is a good part of what a list costs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII, too.
const IS_ASCII = /^[\x00-\x7f]*$/;

/** Null where it is neither base64url nor the UTF-8 of anything. */
export function decodeBase64Url(encoded: string): string | null {
  if (!/^[\w-]+$/.test(encoded)) return null;
  try {
    const binary = atob(encoded.replace(/-/g, '+').replace(/_/g, '/'));
    if (IS_ASCII.test(binary)) return binary;
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
