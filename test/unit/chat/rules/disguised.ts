import fc from 'fast-check';

/** A few of the characters that look like a letter. */
const LOOKALIKES: Record<string, string> = {
  a: 'аɑα𝐚ａ',
  c: 'сϲ𝖼',
  d: 'ԁⅾ',
  e: 'е℮𝚎',
  i: 'іıɩ',
  k: 'κ𝗄',
  m: 'ｍⅿ',
  o: 'оοօ',
  p: 'рρ',
  s: 'ѕꜱ',
  u: 'սυ',
  x: 'хх',
  '.': '．。․',
};
const HIDDEN = ['', '', '', '\u200b', '\u200d', '\u2060', '\u00ad', '\ufe0f', '\u0301'];

/** One of the texts with some characters in the shape of others, and with hidden characters between them. */
export const disguised = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .constantFrom(...texts)
    .chain((text) =>
      fc
        .tuple(
          ...[...text].map((character) =>
            fc.tuple(
              fc.constantFrom(character, ...(LOOKALIKES[character] ?? '')),
              fc.constantFrom(...HIDDEN),
            ),
          ),
        )
        .map((pairs) => pairs.flat().join('')),
    );
