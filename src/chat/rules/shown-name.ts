import { fnv1a } from './fnv1a.ts';

/** Letters that are not confused with others or with digits, and in which hardly a word can be written. */
const LETTERS = 'BCDFGHJKMNPQRTVWXY';
const LETTERS_IN_NAME = 6;

/**
 * The name of an author as others see it: without one of their own, `User-` and six letters that follow from the id (FNV-1a
 * of 32 bits). Two users may have the same letters: there are 34 million names.
 */
export function shownName({ id, displayName }: { id: string; displayName: string | null }): string {
  if (displayName !== null && displayName !== '') return displayName;
  let hash = fnv1a(id);
  let letters = '';
  while (letters.length < LETTERS_IN_NAME) {
    letters += LETTERS.charAt(hash % LETTERS.length);
    hash = Math.floor(hash / LETTERS.length);
  }
  return `User-${letters}`;
}
