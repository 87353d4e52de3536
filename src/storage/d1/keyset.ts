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
  if (!page.keyNullable) {
    return keyed(after ? [`(${keyColumn}, id) ${beyond} (${bind(after.key)}, ${bind(after.id)})`] : []);
  }
  const unkeyed = (conditions: string[]) => part([`${keyColumn} IS NULL`, ...conditions], `id ${direction}`);
  if (after?.key === null) return unkeyed([`id ${beyond} ${bind(after.id)}`]);
  const present = after
    ? [`(${keyColumn}, id) ${beyond} (${bind(after.key)}, ${bind(after.id)})`]
    : [`${keyColumn} IS NOT NULL`];
  // The second half is read only where the first does not fill the page.
  return `${keyed(present)} UNION ALL ${unkeyed([])} LIMIT ${limit}`;
}

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
