import { Buffer } from 'node:buffer';
import { PHISHING_HOST_FINGERPRINTS } from './data/phishing-hosts.ts';
import { FINGERPRINT_BYTES, hostFingerprint } from './host-fingerprint.ts';

let fingerprints: Buffer | undefined;

function isListed(host: string): boolean {
  fingerprints ??= Buffer.from(PHISHING_HOST_FINGERPRINTS, 'base64');
  const wanted = hostFingerprint(host);
  let low = 0;
  let high = fingerprints.length / FINGERPRINT_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = fingerprints.readUInt32BE(middle * FINGERPRINT_BYTES);
    if (found === wanted) return true;
    if (found < wanted) low = middle + 1;
    else high = middle;
  }
  return false;
}

/**
 * True for a host of the bundled list or of `further`, and for a subdomain of one.
 *
 * @param host in lower case, its labels in Unicode
 */
export const isPhishingHost = (host: string, further: readonly string[]): boolean =>
  parentDomains(host).some((domain) => further.includes(domain) || isListed(domain));

/** The host itself and what it is a subdomain of, but for the top level. */
export function parentDomains(host: string): string[] {
  const labels = host.split('.');
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
}
