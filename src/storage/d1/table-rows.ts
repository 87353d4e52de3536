/**
 * Any table of D1 in pages, by its primary key: for backups.
 *
 * A page is bounded in bytes by SQL, so no page is larger than memory allows, whatever the rows hold. D1 has no snapshot
 * over several requests: a row that is written behind the page that would have had it is not read.
 */

export interface TableShape {
  columns: readonly string[];
  /** The columns of the primary key, in its order. */
  key: readonly string[];
}

type Value = string | number | null;
export type TableRow = Readonly<Record<string, Value>>;

/** By table. Every table that is not SQLite's or D1's own; columns that are generated are not among them. */
export async function tableShapes(db: D1Database): Promise<Map<string, TableShape>> {
  const { results } = await db
    .prepare(
      `SELECT list.name AS table_name, info.name, info.pk FROM pragma_table_list AS list, pragma_table_info(list.name) AS info
       WHERE list.type = 'table' AND list.schema = 'main' AND list.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND list.name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND list.name <> 'd1_migrations'
       ORDER BY list.name, info.cid`,
    )
    .all<{ table_name: string; name: string; pk: number }>();
  const byTable = Map.groupBy(results, ({ table_name }) => table_name);
  return new Map(
    [...byTable].map(([table, columns]) => [
      table,
      {
        columns: columns.map(({ name }) => name),
        key: columns
          .filter(({ pk }) => pk > 0)
          .toSorted((a, b) => a.pk - b.pk)
          .map(({ name }) => name),
      },
    ]),
  );
}

/** The last migration; null for a database without one. */
export async function lastMigration(db: D1Database): Promise<string | null> {
  return db.prepare('SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1').first<string>('name');
}

/** The greatest number that each table with AUTOINCREMENT has given. */
export async function sequencesOf(db: D1Database): Promise<Record<string, number>> {
  const { results } = await db
    .prepare("SELECT name, seq FROM sqlite_sequence WHERE name <> 'd1_migrations' ORDER BY name")
    .all<{ name: string; seq: number }>();
  return Object.fromEntries(results.map(({ name, seq }) => [name, seq]));
}

const PAGE_BYTES = 1_000_000;
const FIRST_PAGE_ROWS = 200;
const PAGE_MAX_ROWS = 5_000;

export interface TablePage {
  rows: readonly TableRow[];
  /** The key of the last row. */
  upTo: readonly Value[];
}

/**
 * The rows behind `after`, in the order of the key. A page has a megabyte at most, or one row that is larger.
 *
 * @param after the key of a row, or null for the beginning
 */
export async function* tablePages(
  db: D1Database,
  table: string,
  { columns, key }: TableShape,
  after: readonly Value[] | null,
): AsyncGenerator<TablePage> {
  let pageRows = FIRST_PAGE_ROWS;
  for (let last = after; ; ) {
    const statement = db.prepare(pageSql(table, { columns, key }, last !== null));
    const { results } = await statement.bind(pageRows, ...(last ?? [])).all<Record<string, Value>>();
    const final = results.at(-1);
    if (final === undefined) return;
    const rows = results.map(({ [RUNNING_BYTES]: _, ...row }) => row);
    last = key.map((column) => final[column] ?? null);
    yield { rows, upTo: last };
    const fitting = Math.ceil((1.2 * PAGE_BYTES * rows.length) / Number(final[RUNNING_BYTES]));
    pageRows = Math.min(PAGE_MAX_ROWS, Math.max(FIRST_PAGE_ROWS, fitting));
  }
}

const RUNNING_BYTES = 'page_bytes';

/** `?1` is the greatest number of rows; the key of the row before follows. */
function pageSql(table: string, { columns, key }: TableShape, isBehind: boolean): string {
  const listed = columns.map(quoted).join(', ');
  const order = key.map(quoted).join(', ');
  // Names and punctuation of JSON are counted too; numbers have about their digits.
  const nameBytes = columns.reduce((sum, column) => sum + column.length + 6, 2);
  const bytes = columns.map((column) => `coalesce(octet_length(${quoted(column)}), 4)`).join(' + ');
  const behind = `WHERE (${order}) > (${key.map((_, at) => `?${at + 2}`).join(', ')}) `;
  return `SELECT ${listed}, ${RUNNING_BYTES} FROM (
      SELECT ${listed}, sum(row_bytes) OVER (ORDER BY ${order}) AS ${RUNNING_BYTES},
        row_number() OVER (ORDER BY ${order}) AS place
      FROM (SELECT ${listed}, ${nameBytes} + ${bytes} AS row_bytes FROM ${quoted(table)}
        ${isBehind ? behind : ''}ORDER BY ${order} LIMIT ?1))
    WHERE ${RUNNING_BYTES} <= ${PAGE_BYTES} OR place = 1 ORDER BY ${order}`;
}

/** An identifier of SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
