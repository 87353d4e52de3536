/**
 * Rules for a new password (NIST SP 800-63B, section 3.1.1.2; OWASP ASVS 5.0, section 6.2): its length, and that it is
 * not among the first guesses. There is no rule about kinds of characters. A password that an account has is never
 * judged again.
 */
import { Buffer } from 'node:buffer';
import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '../config.ts';
import { foldText } from '../storage/d1/fold-text.ts';
import { commonPasswordFingerprint, FINGERPRINT_BYTES } from './common-password-fingerprint.ts';
import { COMMON_PASSWORD_FINGERPRINTS, COMMON_WORDS } from './common-passwords.ts';
import { isGuessable } from './guessable-text.ts';
import { latePattern } from './late-pattern.ts';
import { normalisedPassword } from './password-text.ts';
import { type RejectionModel, rejection } from './rejection.ts';

/** The names of the platform, as everybody knows them. */
const PLATFORM_WORDS = ['com2000', 'edge', 'gateway'];
const LENGTHS = `${PASSWORD_MIN_CHARACTERS} to ${PASSWORD_MAX_CHARACTERS}`;
/** An address has at most 254 characters. Words further on in a longer name are not looked for. */
const OWN_TEXT_MAX_CODE_UNITS = 256;
/** A syllable of two letters is in many passwords; a word of Chinese is not longer. */
const ASCII_WORD_MIN_CHARACTERS = 3;
const OTHER_WORD_MIN_CHARACTERS = 2;
const ASCII = /^[\x20-\x7e]*$/;
const words = latePattern('[\\p{L}\\p{M}\\p{N}]+', 'gu');
const letters = latePattern('[\\p{L}\\p{M}]+', 'gu');
const marks = latePattern('\\p{M}', 'gu');

const KNOWN_WORDS = [...COMMON_WORDS.split(' '), ...PLATFORM_WORDS];

export interface PasswordOwner {
  email: string | null;
  displayName: string | null;
  /** The path of the password in the input, for the rejection. */
  field: string[];
}

/** @returns null if the owner may have this password. */
export function passwordRejection(password: string, owner: PasswordOwner): RejectionModel | null {
  const text = normalisedPassword(password);
  const length = text === null ? Number.POSITIVE_INFINITY : [...text].length;
  if (text === null || length < PASSWORD_MIN_CHARACTERS || length > PASSWORD_MAX_CHARACTERS) {
    const message = `A password has ${LENGTHS} characters of well-formed Unicode, and does not end with NUL.`;
    return rejection('VALIDATION_FAILED', message, owner.field);
  }
  const folded = foldText(text);
  const ownWords = [owner.email, owner.displayName].flatMap((own) => (own === null ? [] : wordsOf(own)));
  if (!isCommon(folded) && !isGuessable(folded, [...KNOWN_WORDS, ...ownWords])) return null;
  const message =
    'This password is easily guessed: many have it, or it is made of a pattern, your name or your address.';
  return rejection('PASSWORD_COMMON', message, owner.field);
}

/** The words of a name or an address, with and without accents and digits, forwards and backwards. */
function wordsOf(own: string): string[] {
  const folded = foldText(own.slice(0, OWN_TEXT_MAX_CODE_UNITS));
  const spellings = [folded, folded.normalize('NFD').replace(marks(), '')];
  return spellings
    .flatMap((text) => [...(text.match(words()) ?? []), ...(text.match(letters()) ?? [])])
    .filter(isLongEnough)
    .flatMap((word) => [word, [...word].reverse().join('')]);
}

const isLongEnough = (word: string) =>
  [...word].length >= (ASCII.test(word) ? ASCII_WORD_MIN_CHARACTERS : OTHER_WORD_MIN_CHARACTERS);

function isCommon(folded: string): boolean {
  const fingerprints = Buffer.from(COMMON_PASSWORD_FINGERPRINTS, 'base64');
  const wanted = commonPasswordFingerprint(folded);
  for (let at = 0; at < fingerprints.length; at += FINGERPRINT_BYTES) {
    if (fingerprints.readUIntBE(at, FINGERPRINT_BYTES) === wanted) return true;
  }
  return false;
}
