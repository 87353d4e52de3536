/**
 * Text folding for search and for the order by name. The sync folds the text that it stores and a query folds its
 * search in the same way, so that SQLite compares bytes: it folds ASCII alone by itself.
 *
 * It is Unicode's NFKC_Casefold (The Unicode Standard, section 3.13), and all forms of the letter i are one: Turkish
 * has two of them, and people write `istanbul` for `İstanbul`.
 */

/** Raise it with each change of the folding or of the search text: rows with older texts are then given new ones. */
export const FOLDING_VERSION = 2;

// A user cannot type a control character; U+001F separates the fields of a search text.
const CONTROL_CHARACTERS = /\p{Cc}+/gu;
/** Zero-width characters, soft hyphens, variation selectors. */
const INVISIBLE_CHARACTERS = /\p{Default_Ignorable_Code_Point}/gu;
// Sigma has another lower-case form at the end of a word, and a search may end within the word.
const FINAL_SIGMA = 'ς';
const DOTTED_I = /i\u0307/g;

export function foldText(text: string): string {
  const visible = text.toWellFormed().normalize('NFKC').replace(INVISIBLE_CHARACTERS, '');
  // Both directions: ß is SS in upper case alone, and ẞ has only a lower case.
  const folded = visible.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
  const letters = folded.replaceAll(FINAL_SIGMA, 'σ').replace(DOTTED_I, 'i').normalize('NFC');
  return letters.replace(CONTROL_CHARACTERS, ' ').trim();
}
