import { fnv1a } from './fnv1a.ts';

export const FINGERPRINT_BYTES = 4;

/**
 * A short form of a host, so that a list of many is small: FNV-1a of 32 bits, mixed as MurmurHash3 ends.
 *
 * With 14,000 hosts on the list one in 300,000 others has the fingerprint of one of them.
 *
 * @param host in lower case, its labels in Unicode
 */
export function hostFingerprint(host: string): number {
  let hash = fnv1a(host);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
