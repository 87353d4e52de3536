/** Writes the rows of a backup into a table. */
import { quoted, type TableShape } from '../../src/storage/d1/table-rows.ts';

/** D1 takes 2 MB a value, and a character has up to three bytes. */
const CHUNK_MAX_CHARACTERS = 600_000;

export class TableLoader {
  readonly #db: D1Database;
  readonly #insert: string;
  readonly #countOrphans: string | null;
  /** Rows whose parent is in no row: an account was opened or closed while the backup was made. */
  orphans = 0;

  private constructor(
    db: D1Database,
    table: string,
    { columns, key }: TableShape,
    parents: readonly Parent[],
  ) {
    const columnValue = (column: string) => `line.value ->> '$.${quoted(column).replaceAll("'", "''")}'`;
    const hasParents = parents.map(
      ({ from, table: parent, to }) =>
        `(${columnValue(from)} IS NULL OR EXISTS (SELECT 1 FROM ${quoted(parent)} WHERE ${quoted(to)} = ${columnValue(from)}))`,
    );
    const where = hasParents.join(' AND ') || 'TRUE';
    this.#db = db;
    this.#insert = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')})
      SELECT ${columns.map(columnValue).join(', ')} FROM json_each(?1) AS line WHERE ${where}
      ON CONFLICT (${key.map(quoted).join(', ')}) DO NOTHING`;
    this.#countOrphans =
      parents.length === 0
        ? null
        : `SELECT count(*) AS orphans FROM json_each(?1) AS line WHERE NOT (${where})`;
  }

  static async of(db: D1Database, table: string, shape: TableShape): Promise<TableLoader> {
    const sql = 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?1)';
    const { results } = await db.prepare(sql).bind(table).all<Parent>();
    return new TableLoader(db, table, shape, results);
  }

  /** @param lines JSON objects. Rows that are there already stay. */
  async load(lines: readonly string[]): Promise<void> {
    let chunk: string[] = [];
    let characters = 0;
    for (const line of lines) {
      if (chunk.length > 0 && characters + line.length > CHUNK_MAX_CHARACTERS) {
        await this.#write(chunk);
        chunk = [];
        characters = 0;
      }
      chunk.push(line);
      characters += line.length;
    }
    if (chunk.length > 0) await this.#write(chunk);
  }

  async #write(lines: readonly string[]): Promise<void> {
    const rows = `[${lines.join(',')}]`;
    await this.#db.prepare(this.#insert).bind(rows).run();
    if (this.#countOrphans === null) return;
    this.orphans += (await this.#db.prepare(this.#countOrphans).bind(rows).first<number>('orphans')) ?? 0;
  }
}

interface Parent {
  from: string;
  table: string;
  to: string;
}
