import { isFileKey } from '../files/file-key.ts';
import { decodedPart } from './url-parts.ts';

const ROOT = '/files/';

/**
 * The key in R2 that a path names. It is decoded once, and what is decided about is what R2 is asked for.
 *
 * @param path of a request, percent-encoded
 * @returns null if no file can have this path. A key is not public for that (`isPublicKey`).
 */
export function keyOfPath(path: string): string | null {
  if (!path.startsWith(ROOT)) return null;
  const segments = path.slice(ROOT.length).split('/').map(decodedPart);
  // A segment that has an encoded slash must not become two.
  if (segments.some((segment) => segment === null || segment.includes('/'))) return null;
  const key = segments.join('/');
  return isFileKey(key) ? key : null;
}
