/** Letters that are not confused with others or with digits, and in which hardly a word can be written. */
const LETTERS = 'BCDFGHJKMNPQRTVWXY';
const LETTERS_IN_NAME = 6;
const FNV_PRIME = 16_777_619;
const FNV_OFFSET_BASIS = 2_166_136_261;

/**
 * The name of an author as others see it: without one of their own, `User-` and six letters that follow from the id (FNV-1a
 * of 32 bits). Two users may have the same letters: there are 34 million names.
 */
export function shownName({ id, displayName }: { id: string; displayName: string | null }): string {
  if (displayName !== null && displayName !== '') return displayName;
  let hash = FNV_OFFSET_BASIS;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), FNV_PRIME) >>> 0;
  let letters = '';
  while (letters.length < LETTERS_IN_NAME) {
    letters += LETTERS.charAt(hash % LETTERS.length);
    hash = Math.floor(hash / LETTERS.length);
  }
  return `User-${letters}`;
}
