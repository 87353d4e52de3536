import { latePattern } from '../../auth/late-pattern.ts';
import { matchingForm } from './matching-form.ts';

/** What stands between words. */
export const separators = latePattern('[^\\p{L}\\p{N}]+', 'u');
const wordsAndSeparators = latePattern('([^\\p{L}\\p{N}]+)', 'u');
const letter = latePattern('\\p{L}', 'u');
const digitsAtEnds = latePattern('^\\p{N}+|\\p{N}+$', 'gu');

/** Digits and signs that are written for letters; `i`, `l`, `1` and `|` look the same in one font or another. */
const LETTERS_FOR: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  i: 'l',
};
const SIGNS_FOR: Record<string, string> = { $: 's', '@': 'a', '!': 'l', '|': 'l', '+': 't', '€': 'e' };

/**
 * The words of a text as they look from afar: without letters that look like others, repetitions, and digits or signs in the
 * place of letters. Letters that stand alone, as in `s e e d`, are one word.
 */
export function skeletonWords(text: string): string[] {
  const form = signsBetweenLetters(matchingForm(text));
  return joinedLetters(form);
}

/** One word; numbers stay as they are. */
export function wordSkeleton(word: string): string {
  if (!letter().test(word)) return word;
  let skeleton = '';
  for (const character of word) {
    const shape = LETTERS_FOR[character] ?? character;
    if (!skeleton.endsWith(shape)) skeleton += shape;
  }
  return skeleton.replaceAll('rn', 'm').replaceAll('vv', 'w');
}

/** A word without the digits that are added to a name that is taken. */
export const withoutNumber = (word: string): string => word.replace(digitsAtEnds(), '');

function signsBetweenLetters(form: string): string {
  let text = '';
  for (let at = 0; at < form.length; at += 1) {
    const character = form.charAt(at);
    const sign = SIGNS_FOR[character];
    const isBetween = isLetter(form.charAt(at - 1)) && isLetter(form.charAt(at + 1));
    text += sign !== undefined && isBetween ? sign : character;
  }
  return text;
}

const isLetter = (character: string) => character >= 'a' && character <= 'z';

const MIN_LETTERS_OF_A_WORD = 3;

/** Letters with the same sign between each other are a word: `s e e d  p h r a s e` has two. */
function joinedLetters(form: string): string[] {
  const words: string[] = [];
  let letters: string[] = [];
  let between = '';
  const end = () => {
    if (letters.length >= MIN_LETTERS_OF_A_WORD) words.push(wordSkeleton(letters.join('')));
    else words.push(...letters.map(wordSkeleton));
    letters = [];
  };
  let before = '';
  for (const part of form.split(wordsAndSeparators())) {
    if (part === '') continue;
    if (separators().test(part)) before = part;
    else if (part.length > 1 || !letter().test(part)) {
      end();
      words.push(wordSkeleton(part));
    } else {
      if (letters.length > 1 && before !== between) end();
      between = before;
      letters.push(part);
    }
  }
  end();
  return words;
}
