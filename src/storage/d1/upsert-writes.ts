/**
 * Writes of the sync: many rows in few statements, and only rows that differ.
 *
 * Rows travel as JSON text through `json_each(?)`: D1 takes 100 bound parameters a statement, and one value
 * of at most 2 MB, so the number of statements follows the bytes and not the rows.
 */

export interface UpsertTable<Row extends object> {
  table: string;
  columns: readonly (keyof Row & string)[];
  /** The columns of its unique key. */
  key: readonly (keyof Row & string)[];
  /** In Unix seconds. A row whose version is older than the stored one is left out, unless that one is of the future. */
  version?: keyof Row & string;
  /** Set when a row is inserted and never again; the statement's own parameter. */
  insertedAt?: string;
}

/** Well under what D1 takes as one value, and little enough to hold a few of at once. */
const JSON_MAX_BYTES = 1_000_000;

/**
 * Statements that bring a table to the rows given. Each returns the key of every row it inserted or changed:
 * D1's own `changes` counts what triggers write as well.
 *
 * @param nowSeconds fills `insertedAt`, and tells which stored versions are of the future
 */
export function upsertWrites<Row extends object>(
  db: D1Database,
  definition: UpsertTable<Row>,
  rows: readonly Row[],
  nowSeconds: number,
): D1PreparedStatement[] {
  if (rows.length === 0) return [];
  const statement = db.prepare(upsertSql(definition));
  const namesNow = definition.insertedAt !== undefined || definition.version !== undefined;
  const tuples = rows.map((row) => definition.columns.map((column) => row[column]));
  return jsonChunks(tuples).map((json) =>
    namesNow ? statement.bind(json, nowSeconds) : statement.bind(json),
  );
}

function upsertSql<Row extends object>(definition: UpsertTable<Row>): string {
  const { table, columns, key, version, insertedAt } = definition;
  const given = columns.map((_, index) => `value ->> ${index}`);
  const changing = columns.filter((column) => !key.includes(column));
  const [names, values] =
    insertedAt === undefined
      ? [columns, given]
      : [
          [...columns, insertedAt],
          [...given, '?2'],
        ];
  const excluded = changing.map((column) => `excluded.${column}`).join(', ');
  const stored = changing.map((column) => `${table}.${column}`).join(', ');
  const newer =
    version === undefined
      ? ''
      : `(excluded.${version} >= ${table}.${version} OR ${table}.${version} > ?2) AND `;
  // Without WHERE, SQLite reads ON CONFLICT as the beginning of a join's condition.
  return `INSERT INTO ${table} (${names.join(', ')})
    SELECT ${values.join(', ')} FROM json_each(?1) WHERE true
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}
    WHERE ${newer}(${excluded}) IS NOT (${stored})
    RETURNING ${key.join(', ')}`;
}

/**
 * JSON arrays that together hold all items in order, each within the bound. An item that alone is longer
 * stands alone.
 */
export function jsonChunks(items: readonly unknown[], maxBytes = JSON_MAX_BYTES): string[] {
  const encoder = new TextEncoder();
  const chunks: string[] = [];
  let parts: string[] = [];
  let bytes = 2;
  for (const item of items) {
    const part = JSON.stringify(item);
    const partBytes = encoder.encode(part).length + 1;
    if (parts.length > 0 && bytes + partBytes > maxBytes) {
      chunks.push(`[${parts.join(',')}]`);
      parts = [];
      bytes = 2;
    }
    parts.push(part);
    bytes += partBytes;
  }
  if (parts.length > 0) chunks.push(`[${parts.join(',')}]`);
  return chunks;
}

/** How many rows the statements of `upsertWrites` inserted or changed. */
export function writtenRows(results: readonly D1Result[]): number {
  return results.reduce((sum, result) => sum + result.results.length, 0);
}
