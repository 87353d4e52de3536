/** Search in the folded texts of projects, by an index. */
import { LIST_MAX_ITEMS, SEARCH_MATCHES_MAX } from '../../config.ts';
import { FOLDING_VERSION, foldText } from './fold-text.ts';

const FIELD_SEPARATOR = '\u001f';
const PAIR_SEPARATOR = '\u001e';

/** The columns that search and the order by name read. */
export interface FoldedTexts {
  name_folded: string;
  symbol_folded: string;
  search_text: string;
  folding_version: number;
}

/**
 * The search text is all searchable text of a project, and behind it each of its characters and pairs of characters. A
 * control character between the fields keeps a match within one field.
 */
export function foldedTexts(project: {
  name: string;
  symbol: string;
  description: string | null;
}): FoldedTexts {
  const name = foldText(project.name);
  const symbol = foldText(project.symbol);
  const fields = [name, symbol, foldText(project.description ?? '')];
  return {
    name_folded: name,
    symbol_folded: symbol,
    search_text: [...fields, ...new Set(fields.flatMap(shortParts))].join(FIELD_SEPARATOR),
    folding_version: FOLDING_VERSION,
  };
}

/** The index is of three characters each: a separator makes three of a pair and of a single one. */
function shortParts(text: string): string[] {
  const characters = [...text];
  return characters.flatMap((character, at) => {
    const next = characters[at + 1];
    return next === undefined ? [shortPart(character)] : [shortPart(character), shortPart(character, next)];
  });
}

const shortPart = (first: string, second?: string) =>
  second === undefined ? `${PAIR_SEPARATOR}${first}${PAIR_SEPARATOR}` : `${first}${PAIR_SEPARATOR}${second}`;

const INDEXED_CHARACTERS = 3;
/** A text that ends in it comes after every other text with the same beginning. */
const LAST_CHARACTER = '\u{10ffff}';

type Bind = (value: unknown) => string;

/** The search as the index takes it; null if folding leaves nothing of it, which every text would contain. */
function indexPhrase(search: string): string | null {
  const folded = foldText(search);
  if (folded === '') return null;
  const [first = '', second] = folded;
  const indexed = [...folded].length < INDEXED_CHARACTERS ? shortPart(first, second) : folded;
  return `"${indexed.replaceAll('"', '""')}"`;
}

/** True if more than `SEARCH_MATCHES_MAX` texts contain the search. It reads no more rows than these. */
export async function isCommonSearch(db: D1Database, search: string): Promise<boolean> {
  const phrase = indexPhrase(search);
  if (phrase === null) return false;
  const sql =
    'SELECT count(*) AS matches FROM (SELECT 1 FROM project_search WHERE project_search MATCH ?1 LIMIT ?2)';
  const statement = db.prepare(sql).bind(phrase, SEARCH_MATCHES_MAX + 1);
  return ((await statement.first<number>('matches')) ?? 0) > SEARCH_MATCHES_MAX;
}

/** The SQL condition that a project's text contains the search as the user typed it, by the index of texts. */
export function containsText(search: string, bind: Bind): string {
  const phrase = indexPhrase(search);
  return phrase === null ? 'FALSE' : `row_id IN (${containingSql(bind(phrase))})`;
}

/** The same condition for a search that many texts contain: it tests rows that are read in another order. */
export const testsText = (search: string, bind: Bind) => `instr(search_text, ${bind(foldText(search))}) > 0`;

/**
 * The SQL condition of a search's candidates, a bounded number: of the symbols and of the names that begin with the
 * search the first `LIST_MAX_ITEMS`, and of all texts that contain it the first `SEARCH_MATCHES_MAX`.
 */
export function searchCandidates(search: string, bind: Bind): string {
  const phrase = indexPhrase(search);
  if (phrase === null) return 'FALSE';
  const folded = foldText(search);
  const [from, to] = [bind(folded), bind(folded + LAST_CHARACTER)];
  const beginning = (column: string) =>
    `row_id IN (SELECT row_id FROM project_cache INDEXED BY project_cache_${column} ` +
    `WHERE ${column} >= ${from} AND ${column} < ${to} ORDER BY ${column} LIMIT ${LIST_MAX_ITEMS})`;
  const containing = `row_id IN (${containingSql(bind(phrase))} LIMIT ${SEARCH_MATCHES_MAX})`;
  return `(${beginning('symbol_folded')} OR ${beginning('name_folded')} OR ${containing})`;
}

const containingSql = (phrase: string) =>
  `SELECT rowid FROM project_search WHERE project_search MATCH ${phrase}`;
