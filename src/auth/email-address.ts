/**
 * E-mail addresses as accounts are known by them: two texts that mail delivers to one mailbox have one normal form.
 *
 * Sub-addresses (`name+tag@`) and dots stay: their meaning is the mail server's alone. Quoted local parts, comments and
 * address literals are refused: nobody signs in with them, and `"a"@b.example` is the same mailbox as `a@b.example`.
 */
import { EMAIL_MAX_BYTES } from '../config.ts';
import { latePattern } from './late-pattern.ts';

/** RFC 5321, section 4.5.3.1.1. */
const LOCAL_PART_MAX_BYTES = 64;
/** RFC 1035, section 2.3.4, in its text form. */
const DOMAIN_MAX_CHARACTERS = 253;
/** Normal forms may be shorter than a text. Longer ones are not looked at. */
const TEXT_MAX_CODE_UNITS = 8 * EMAIL_MAX_BYTES;

/** `atext` of RFC 5322, and of RFC 6532 what a person can see. */
const ATEXT =
  "(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|(?![\\p{Z}\\p{C}\\p{Default_Ignorable_Code_Point}])[^\\x00-\\x7f])";
const localParts = latePattern(`^${ATEXT}+(?:\\.${ATEXT}+)*$`, 'u');
/** A URL's host may also be percent-encoded, or hold a port: these characters cannot. U+3002 is a full stop. */
const domains = latePattern('^[\\p{L}\\p{M}\\p{N}.\\u3002-]+$', 'u');
const ASCII_LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const TOP_LEVEL_LABEL = /[a-z]/;

const byteLength = (text: string) => new TextEncoder().encode(text).length;

/** @returns the normal form, in lower case and with its domain in ASCII; null if the text is not an address. */
export function normalisedEmail(text: string): string | null {
  if (text.length > TEXT_MAX_CODE_UNITS || !text.isWellFormed()) return null;
  // Lower case may leave a text that has another normal form.
  const address = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  const at = address.lastIndexOf('@');
  const localPart = address.slice(0, Math.max(at, 0));
  if (!localParts().test(localPart) || byteLength(localPart) > LOCAL_PART_MAX_BYTES) return null;
  const domain = asciiDomain(address.slice(at + 1));
  if (domain === null) return null;
  const normalised = `${localPart}@${domain}`;
  return byteLength(normalised) <= EMAIL_MAX_BYTES ? normalised : null;
}

/** The host parser of URLs maps international names by UTS #46. */
function asciiDomain(domain: string): string | null {
  const url = `http://${domain}`;
  if (!domains().test(domain) || !URL.canParse(url)) return null;
  const { hostname } = new URL(url);
  const labels = hostname.split('.');
  const isDomain = labels.length > 1 && labels.every((label) => ASCII_LABEL.test(label));
  // Hosts such as `1.2.3` are addresses of machines.
  if (!isDomain || !TOP_LEVEL_LABEL.test(labels.at(-1) ?? '')) return null;
  return hostname.length <= DOMAIN_MAX_CHARACTERS ? hostname : null;
}
