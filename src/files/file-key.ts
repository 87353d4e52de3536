import { FILE_KEY_MAX_BYTES } from '../config.ts';

/** Nothing else in the bucket is public: neither uploads and identification of users, nor backups. */
const PUBLIC_PREFIXES = ['projects/', 'static/', 'users/avatars/'];
/** Letters and digits of any script, and marks that mean nothing to a path, a header or a shell. A dot does not come first. */
const SEGMENT = /^[\p{L}\p{N}!$&'()+,=@_~-][\p{L}\p{M}\p{N}!$&'()+,=@_~. -]*$/u;

/** True if a file may have this key in R2. */
export const isFileKey = (key: string): boolean =>
  key.split('/').every((segment) => SEGMENT.test(segment)) &&
  new TextEncoder().encode(key).byteLength <= FILE_KEY_MAX_BYTES;

/** @param key a file's */
export const isPublicKey = (key: string): boolean => PUBLIC_PREFIXES.some((prefix) => key.startsWith(prefix));
