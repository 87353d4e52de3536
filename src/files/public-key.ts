import { FILE_KEY_MAX_BYTES } from '../config.ts';
import { decodedPart } from '../http/url-parts.ts';

const ROOT = '/files/';
/** Nothing else in the bucket is public: neither uploads and identification of users, nor backups. */
const PUBLIC_PREFIXES = ['projects/', 'static/', 'users/avatars/'];
/** Letters and digits of any script, and marks that mean nothing to a path, a header or a shell. A dot does not come first. */
const SEGMENT = /^[\p{L}\p{N}!$&'()+,=@_~-][\p{L}\p{M}\p{N}!$&'()+,=@_~. -]*$/u;

/**
 * The key in R2 that a path names. It is decoded once, and what was decided about is what R2 is asked for.
 *
 * @param path of a request, percent-encoded
 * @returns null if no public file can have this path
 */
export function publicKeyOf(path: string): string | null {
  if (!path.startsWith(ROOT)) return null;
  const segments = path.slice(ROOT.length).split('/').map(decodedPart);
  if (!segments.every((segment) => segment !== null && SEGMENT.test(segment))) return null;
  const key = segments.join('/');
  if (!PUBLIC_PREFIXES.some((prefix) => key.startsWith(prefix))) return null;
  return new TextEncoder().encode(key).byteLength <= FILE_KEY_MAX_BYTES ? key : null;
}
