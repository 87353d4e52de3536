/**
 * The patterns that guessing programs try first: repetitions, sequences, and known words with digits after them
 * (NIST SP 800-63B, section 3.1.1.2: its blocklist has such texts and derivatives of a person's name).
 *
 * A pattern counts as the few characters that one must know to write it. A text is refused if fewer than eight are left;
 * there is no rule which kinds of characters it must have.
 */
import { PASSWORD_MIN_CHARACTERS } from '../config.ts';

const MIN_UNKNOWN_CHARACTERS = 8;
/** One knows where a sequence begins and where it ends. */
const CHARACTERS_OF_A_SEQUENCE = 2;
const SEQUENCE_MIN_CHARACTERS = 3;
const TAKEN_OUT = '\u0000';
const NO_LETTERS = /^[\x20-\x40[-`{-~]*$/;

/** The alphabet, digits, and rows of keyboards: English, German, French and Russian ones. */
const LINES = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'абвгдежзийклмнопрстуфхцчшщъыьэюя',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю',
];

const NEXT = new Map<string, Set<string>>();
for (const line of LINES) {
  for (let at = 1; at < line.length; at += 1) {
    const before = line.charAt(at - 1);
    NEXT.set(before, (NEXT.get(before) ?? new Set()).add(line.charAt(at)));
  }
}

type Direction = 'same' | 'forward' | 'backward';

function directionOf(before: string, after: string): Direction | null {
  if (before === after) return 'same';
  if (NEXT.get(before)?.has(after)) return 'forward';
  return NEXT.get(after)?.has(before) ? 'backward' : null;
}

/**
 * @param folded a text of a few hundred characters at most, as `foldText` gives it
 * @param words that the text may be made of, folded; the longest are looked for first
 */
export function isGuessable(folded: string, words: readonly string[]): boolean {
  let rest = folded;
  for (const word of words.toSorted((a, b) => b.length - a.length)) {
    if (word !== '') rest = rest.replaceAll(word, TAKEN_OUT);
  }
  const hasWords = rest !== folded;
  rest = rest.replaceAll(TAKEN_OUT, '');
  if (hasWords && NO_LETTERS.test(rest)) return true;
  const characters = [...rest];
  const unit = repeatedUnit(characters);
  if (unit.length < characters.length && unit.length < PASSWORD_MIN_CHARACTERS) {
    // A repetition is as good as its unit, and a password of that length is not allowed.
    if (!hasWords) return true;
  }
  return unknownCharacters(unit) < MIN_UNKNOWN_CHARACTERS;
}

/** The shortest beginning that fills the text, at least twice, by being repeated; the text if there is none. */
function repeatedUnit(characters: readonly string[]): readonly string[] {
  // The prefix function of Knuth, Morris and Pratt: the longest beginning that also ends here.
  const borders: number[] = [0];
  for (let at = 1; at < characters.length; at += 1) {
    let border = borders[at - 1] ?? 0;
    while (border > 0 && characters[at] !== characters[border]) border = borders[border - 1] ?? 0;
    borders.push(characters[at] === characters[border] ? border + 1 : 0);
  }
  const period = characters.length - (borders[characters.length - 1] ?? 0);
  return period * 2 <= characters.length ? characters.slice(0, period) : characters;
}

function unknownCharacters(characters: readonly string[]): number {
  let count = 0;
  let at = 0;
  while (at < characters.length) {
    const end = endOfSequence(characters, at);
    const length = end - at;
    count += length < SEQUENCE_MIN_CHARACTERS ? length : CHARACTERS_OF_A_SEQUENCE;
    at = end;
  }
  return count;
}

/** The index after the last character of the longest sequence that begins at `start`. */
function endOfSequence(characters: readonly string[], start: number): number {
  const directionAt = (at: number) => directionOf(characters[at - 1] ?? '', characters[at] ?? '');
  const direction = start + 1 < characters.length ? directionAt(start + 1) : null;
  if (direction === null) return start + 1;
  let end = start + 2;
  while (end < characters.length && directionAt(end) === direction) end += 1;
  // The last of two may begin a sequence of its own.
  return end - start < SEQUENCE_MIN_CHARACTERS ? start + 1 : end;
}
