/**
 * How text is folded for search and for ordering by name. The sync folds what it stores and a query is folded
 * the same way, so that both compare byte by byte: SQLite itself folds ASCII alone.
 */

// A control character in a stored text could not be typed into a search; U+001F separates the fields below.
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

// Sigma has another lower-case form at the end of a word, and where a search ends a name may go on.
const FINAL_SIGMA = 'ς';

export function foldText(text: string): string {
  const lowerCase = text.toWellFormed().normalize('NFKC').toLowerCase();
  return lowerCase.replaceAll(FINAL_SIGMA, 'σ').replace(CONTROL_CHARACTERS, ' ').trim();
}

/** What search looks through, as one text in which no query reaches from one field into the next. */
export function projectSearchText(project: {
  name: string;
  symbol: string;
  description?: string | null;
}): string {
  return [project.name, project.symbol, project.description ?? ''].map(foldText).join('\u001f');
}
