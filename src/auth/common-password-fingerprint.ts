import { createHash } from 'node:crypto';

export const FINGERPRINT_BYTES = 4;

/**
 * A short form of a common password, so that the list of them is small and shows nobody's password. One in a million
 * other passwords has the fingerprint of a common one, and is refused as if it were common.
 *
 * @param folded the password as `foldText` gives it
 */
export const commonPasswordFingerprint = (folded: string): number =>
  createHash('sha256').update(folded).digest().readUIntBE(0, FINGERPRINT_BYTES);
