/**
 * Text folding for search and for the order by name. The sync folds the text that it stores and a query folds its
 * search in the same way, so that SQLite compares bytes: it folds ASCII alone by itself.
 */

// A user cannot type a control character; U+001F separates the fields below.
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

// Sigma has another lower-case form at the end of a word, and a search may end within the word.
const FINAL_SIGMA = 'ς';

export function foldText(text: string): string {
  const lowerCase = text.toWellFormed().normalize('NFKC').toLowerCase();
  return lowerCase.replaceAll(FINAL_SIGMA, 'σ').replace(CONTROL_CHARACTERS, ' ').trim();
}

/** All searchable text of a project. A control character between the fields keeps a match within one field. */
export function projectSearchText(project: {
  name: string;
  symbol: string;
  description?: string | null;
}): string {
  return [project.name, project.symbol, project.description ?? ''].map(foldText).join('\u001f');
}

const TRIGRAM_CHARACTERS = 3;

/** The SQL condition that a project's text contains the search as the user typed it. */
export function matchesText(search: string, bind: (value: unknown) => string): string {
  const folded = foldText(search);
  // Folding may leave an empty search, which every text would contain.
  if (folded === '') return 'FALSE';
  if ([...folded].length < TRIGRAM_CHARACTERS) return `instr(search_text, ${bind(folded)}) > 0`;
  const phrase = `"${folded.replaceAll('"', '""')}"`;
  return `row_id IN (SELECT rowid FROM project_search WHERE project_search MATCH ${bind(phrase)})`;
}
