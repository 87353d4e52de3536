/**
 * Pages by keyset: a page begins after the sort key and id of the row before it, or at an offset.
 *
 * A missing sort key sorts last in both directions and ids break ties. A row that keeps its sort key is
 * neither skipped nor repeated while other rows change, on pages that follow one another by keyset.
 */

/** A row and the sort key that places it in its list. */
export type Keyed<Row> = Row & { sort_key: string | number | null };

/** The sort key and id of the last row that the client has seen. */
export interface KeysetPosition {
  key: string | number | null;
  id: string;
}

export interface PageStart {
  after: KeysetPosition | null;
  /** Rows that are left out, though D1 reads them: none by default, nor if `after` is given. */
  offset?: number | undefined;
}

export interface KeysetPage extends PageStart {
  table: string;
  columns: string;
  /** The list is ordered by this column; its value and `id` become the next position. */
  keyColumn: string;
  keyNullable: boolean;
  descending: boolean;
  limit: number;
  /** Conditions joined by AND, with `?1`, `?2`, … for `filterValues`. */
  filter: readonly string[];
  filterValues: readonly unknown[];
  /**
   * `range`: an index has the equality filters, the key and the id; the page is a range of it.
   * `sort`: SQLite finds the rows by an index of the filter and sorts them. Every page reads the same rows.
   */
  plan: 'range' | 'sort';
  /** `INDEXED BY …`, so that the planner keeps to the plan. */
  indexedBy?: string | undefined;
}

export async function keysetPage<Row>(db: D1Database, page: KeysetPage): Promise<Keyed<Row>[]> {
  const values = [...page.filterValues];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const sql = pageSql(page, bind);
  const statement = db.prepare(sql).bind(...values);
  return (await statement.all<Keyed<Row>>()).results;
}

/** The number of rows on all pages together. `from` is a table, and may name an index. */
export async function countRows(
  db: D1Database,
  from: string,
  conditions: readonly string[],
  values: readonly unknown[],
): Promise<number> {
  const sql = `SELECT count(*) AS total FROM ${from} WHERE ${conditions.join(' AND ')}`;
  const statement = db.prepare(sql).bind(...values);
  return (await statement.first<number>('total')) ?? 0;
}

type Bind = (value: unknown) => string;

function pageSql(page: KeysetPage, bind: Bind): string {
  if (page.offset) return offsetSql(page, page.offset, bind);
  return page.plan === 'range' ? rangeSql(page, bind) : sortSql(page, bind);
}

/**
 * An index gives the order with its missing keys last, too: a range reads the rows that it leaves out in the index alone,
 * and ends with the page. Rows that are sorted carry their columns along, so ids are sorted first.
 */
function offsetSql(page: KeysetPage, offset: number, bind: Bind): string {
  const direction = page.descending ? 'DESC' : 'ASC';
  const order = `ORDER BY ${page.keyColumn} ${direction}${page.keyNullable ? ' NULLS LAST' : ''}, id ${direction}`;
  const columns = `${page.columns}, ${page.keyColumn} AS sort_key`;
  const rows = (selected: string) =>
    `SELECT ${selected} FROM ${from(page)} WHERE ${page.filter.join(' AND ') || 'TRUE'} ` +
    `${order} LIMIT ${bind(page.limit)} OFFSET ${bind(offset)}`;
  if (page.plan === 'range') return rows(columns);
  return `SELECT ${columns} FROM ${page.table} NOT INDEXED WHERE rowid IN (${rows('rowid')}) ${order}`;
}

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
  // SQLite reads the second half only if the first does not fill the page.
  return `${keyed(present)} UNION ALL ${unkeyed([])} LIMIT ${limit}`;
}

/**
 * The text next to an id, in either direction. SQLite enters an index at a pair of values and tests each row from
 * there: if it entered at the id itself, every page would read the last row of the page before it again.
 */
function besideId(id: string, descending: boolean): string {
  if (!descending) return `${id}${FIRST_CHARACTER}`;
  const characters = [...id.toWellFormed()];
  const last = characters.pop() ?? '';
  if (last <= FIRST_CHARACTER) return characters.join('');
  // U+D800 to U+DFFF are surrogates: they are no characters.
  const before = last === '\u{e000}' ? 0xd7ff : Number(last.codePointAt(0)) - 1;
  return `${characters.join('')}${String.fromCodePoint(before)}${LAST_CHARACTER}`;
}

/** Ids contain characters from the first to before the last: the sync removes NUL, and U+10FFFF is no character. */
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
