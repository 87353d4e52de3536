/**
 * Pages by keyset: a page begins after the sort key and id of the row before it, never at an offset.
 *
 * A missing sort key sorts last in both directions and ids break ties. A row whose key stays as it is is
 * neither skipped nor repeated while others change.
 */

/** The sort key and id of the last row that was seen. */
export interface KeysetPosition {
  key: string | number | null;
  id: string;
}

export interface KeysetPage {
  table: string;
  columns: string;
  /** The column that orders; it and `id` become the next position. */
  keyColumn: string;
  keyNullable: boolean;
  descending: boolean;
  after: KeysetPosition | null;
  limit: number;
  /** Conditions joined by AND, with `?1`, `?2`, … for `filterValues`. */
  filter: readonly string[];
  filterValues: readonly unknown[];
  /**
   * `range`: an index of the equality filters, the key and the id exists; the page is a range of it.
   * `sort`: the filter's own index finds the rows, and they are sorted. Every page reads the same rows.
   */
  plan: 'range' | 'sort';
  /** `INDEXED BY …`, so that the planner keeps to the plan. */
  indexedBy?: string | undefined;
}

/** One statement that reads one page. */
export function keysetStatement(db: D1Database, page: KeysetPage): D1PreparedStatement {
  const values = [...page.filterValues];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const sql = page.plan === 'range' ? rangeSql(page, bind) : sortSql(page, bind);
  return db.prepare(sql).bind(...values);
}

type Bind = (value: unknown) => string;

function rangeSql(page: KeysetPage, bind: Bind): string {
  const { keyColumn, after } = page;
  const limit = bind(page.limit);
  const direction = page.descending ? 'DESC' : 'ASC';
  const beyond = page.descending ? '<' : '>';
  const part = (conditions: string[], order: string) =>
    `SELECT * FROM (SELECT ${page.columns}, ${keyColumn} AS sort_key FROM ${from(page)} ` +
    `WHERE ${[...page.filter, ...conditions].join(' AND ') || 'TRUE'} ORDER BY ${order} LIMIT ${limit})`;

  const keyed = (conditions: string[]) => part(conditions, `${keyColumn} ${direction}, id ${direction}`);
  const behind = ({ key, id }: KeysetPosition) =>
    `(${keyColumn}, id) ${beyond}= (${bind(key)}, ${bind(besideId(id, page.descending))})`;
  if (!page.keyNullable) return keyed(after ? [behind(after)] : []);
  const unkeyed = (conditions: string[]) => part([`${keyColumn} IS NULL`, ...conditions], `id ${direction}`);
  if (after?.key === null) return unkeyed([`id ${beyond} ${bind(after.id)}`]);
  const present = after ? [behind(after)] : [`${keyColumn} IS NOT NULL`];
  // The second half is read only where the first does not fill the page.
  return `${keyed(present)} UNION ALL ${unkeyed([])} LIMIT ${limit}`;
}

/**
 * The first text behind an id, in either direction. SQLite enters an index at a pair of values and only then
 * tests what it finds: entered at the id itself, every page would read the last row of the page before it again.
 */
function besideId(id: string, descending: boolean): string {
  if (!descending) return `${id}${FIRST_CHARACTER}`;
  const characters = [...id.toWellFormed()];
  const last = characters.pop() ?? '';
  if (last <= FIRST_CHARACTER) return characters.join('');
  // Surrogates are no characters of their own.
  const before = last === '\u{e000}' ? 0xd7ff : Number(last.codePointAt(0)) - 1;
  return `${characters.join('')}${String.fromCodePoint(before)}${LAST_CHARACTER}`;
}

/** The first and last of the characters that ids are made of: the sync takes no NUL, and U+10FFFF is none. */
const FIRST_CHARACTER = '\u{1}';
const LAST_CHARACTER = '\u{10ffff}';

function sortSql(page: KeysetPage, bind: Bind): string {
  const { keyColumn, after } = page;
  const direction = page.descending ? 'DESC' : 'ASC';
  const beyond = page.descending ? '<' : '>';
  const conditions = [...page.filter];
  if (after?.key === null) conditions.push(`${keyColumn} IS NULL AND id ${beyond} ${bind(after.id)}`);
  else if (after) {
    conditions.push(
      `(${keyColumn} IS NULL OR (${keyColumn}, id) ${beyond} (${bind(after.key)}, ${bind(after.id)}))`,
    );
  }
  return (
    `SELECT ${page.columns}, ${keyColumn} AS sort_key FROM ${from(page)} WHERE ${conditions.join(' AND ') || 'TRUE'} ` +
    `ORDER BY ${keyColumn} IS NULL, ${keyColumn} ${direction}, id ${direction} LIMIT ${bind(page.limit)}`
  );
}

function from(page: KeysetPage): string {
  return page.indexedBy === undefined ? page.table : `${page.table} ${page.indexedBy}`;
}
