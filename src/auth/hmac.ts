/** HMAC with SHA-256, in base64url without padding: 43 characters. */
import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

export const HMAC_CHARACTERS = 43;

export const hmac = (key: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

/** The comparison takes the same time wherever the two differ. */
export function isHmacOf(key: Uint8Array, text: string, given: string): boolean {
  const [right, sent] = [Buffer.from(hmac(key, text)), Buffer.from(given)];
  return right.byteLength === sent.byteLength && timingSafeEqual(right, sent);
}
