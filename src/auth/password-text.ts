import { PASSWORD_MAX_CHARACTERS } from '../config.ts';

/** The most UTF-16 code units that become one character of the normal form: three code points of two units each. */
const CODE_UNITS_A_CHARACTER = 6;

/**
 * A password as it is counted, compared and hashed: Unicode's NFKC (NIST SP 800-63B), so that it is the same from every
 * keyboard. Nothing is trimmed, folded or cut.
 *
 * @returns null if no account can have this password. It is longer than any may be, which is found without normalising
 * it; or it has half of a surrogate pair, which UTF-8 cannot carry; or it ends with NUL, which scrypt does not see: HMAC
 * pads its key with zeros.
 */
export function normalisedPassword(text: string): string | null {
  const isTooLong = text.length > PASSWORD_MAX_CHARACTERS * CODE_UNITS_A_CHARACTER;
  return isTooLong || !text.isWellFormed() || text.endsWith('\u0000') ? null : text.normalize('NFKC');
}
