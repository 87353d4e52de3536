/**
 * One D1 database on SQLite. A call's statements are one transaction, as D1's are: all of them or none. D1's refusals hold: no
 * transaction statements, no ATTACH, its limits of sizes and parameters, and its own tables (`_cf_…`) stay unread.
 *
 * A bookmark is a copy of the whole database: the one that is asked for, and one after each call here that wrote. Writes that go
 * past this API (by a Worker, to the same file) are between bookmarks.
 *
 * Not D1's: `rows_read` counts the rows that came back, `rows_written` those that changed.
 */
import { createHash } from 'node:crypto';
import { backup, constants, DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { ApiError } from './resource.ts';

const SQL_ERROR = 7500;
/** Limits of D1: https://developers.cloudflare.com/d1/platform/limits/ */
const PARAMETERS_LIMIT = 100;
const STATEMENT_LIMIT_BYTES = 100_000;
const VALUE_LIMIT_BYTES = 2_000_000;
/** More than a test's database has. */
const PAGES_AT_ONCE = 1_000_000;
const REFUSED_ACTIONS = new Set([
  constants.SQLITE_ATTACH,
  constants.SQLITE_DETACH,
  constants.SQLITE_SAVEPOINT,
  constants.SQLITE_TRANSACTION,
]);

export interface Statement {
  sql: string;
  params?: readonly SQLInputValue[];
}

export interface StatementResult {
  columns: readonly string[];
  rows: readonly (readonly unknown[])[];
  meta: Readonly<Record<string, unknown>>;
}

interface Bookmark {
  id: string;
  takenAtMs: number;
  bytes: Uint8Array;
}

export class D1Database {
  readonly uuid: string;
  readonly name: string;
  readonly createdAt = new Date();
  /** The database is in memory if there is no file. */
  readonly #file: string | undefined;
  #db: DatabaseSync;
  readonly #bookmarks: Bookmark[] = [];
  /** While a call's statements run, not while their transaction begins and ends. */
  #isCallersSql = false;

  constructor(uuid: string, name: string, file?: string) {
    this.uuid = uuid;
    this.name = name;
    this.#file = file;
    this.#db = new DatabaseSync(file ?? ':memory:', { timeout: 5_000 });
    this.#refuse(this.#db);
    this.bookmark();
  }

  close(): void {
    this.#db.close();
  }

  /** All statements of all texts in one transaction. @throws ApiError with SQLite's message, and nothing is changed. */
  run(statements: readonly Statement[]): StatementResult[] {
    const before = this.#writes();
    const results: StatementResult[] = [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#isCallersSql = true;
      for (const statement of statements) results.push(...this.#runAll(statement));
      this.#isCallersSql = false;
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#isCallersSql = false;
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error instanceof ApiError ? error : sqlError(error);
    }
    if (this.#writes() !== before) this.bookmark();
    return results;
  }

  /** The bookmark of the database as it is. */
  bookmark(): string {
    const bytes = withoutLog(this.#db.serialize());
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
    const last = this.#bookmarks.at(-1);
    if (last?.id.endsWith(digest)) return last.id;
    const number = this.#bookmarks.length.toString(16).padStart(8, '0');
    const id = `${number}-00000000-00004f2a-${digest}`;
    this.#bookmarks.push({ id, takenAtMs: Date.now(), bytes });
    return id;
  }

  /** The newest bookmark that is not after the time. @throws ApiError where the database is younger. */
  bookmarkAt(timeMs: number): string {
    const found = this.#bookmarks.findLast(({ takenAtMs }) => takenAtMs <= timeMs);
    if (found === undefined) throw new ApiError(400, SQL_ERROR, 'The timestamp is before the database');
    return found.id;
  }

  /** @returns the bookmark before, by which this is undone. @throws ApiError for an unknown bookmark. */
  async restore(bookmarkId: string): Promise<string> {
    const bookmark = this.#bookmarks.find(({ id }) => id === bookmarkId);
    if (bookmark === undefined) throw new ApiError(400, SQL_ERROR, `Invalid bookmark: ${bookmarkId}`);
    const previous = this.bookmark();
    const copy = new DatabaseSync(':memory:');
    copy.deserialize(bookmark.bytes);
    if (this.#file === undefined) this.#replace(copy);
    else {
      // Other connections to the file see it as one write.
      await backup(copy, this.#file, { rate: PAGES_AT_ONCE });
      copy.close();
    }
    this.bookmark();
    return previous;
  }

  get sizeBytes(): number {
    return this.#number('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
  }

  get tables(): number {
    return this.#number(
      `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`,
    );
  }

  #refuse(db: DatabaseSync): void {
    db.setAuthorizer((action, first) => {
      const isRefused = REFUSED_ACTIONS.has(action) || first?.startsWith('_cf_');
      return this.#isCallersSql && isRefused ? constants.SQLITE_DENY : constants.SQLITE_OK;
    });
  }

  #replace(db: DatabaseSync): void {
    this.#db.close();
    this.#db = db;
    this.#refuse(db);
  }

  #runAll({ sql, params = [] }: Statement): StatementResult[] {
    if (params.length > PARAMETERS_LIMIT) throw sqlError(new Error('too many SQL variables'));
    if (params.some((param) => typeof param === 'string' && Buffer.byteLength(param) > VALUE_LIMIT_BYTES))
      throw sqlError(new Error('string or blob too big'));
    const results: StatementResult[] = [];
    let rest = sql;
    while (hasStatement(rest)) {
      const startedMs = performance.now();
      const before = this.#totalChanges();
      const statement = this.#db.prepare(rest);
      if (Buffer.byteLength(statement.sourceSQL) > STATEMENT_LIMIT_BYTES)
        throw sqlError(new Error('statement too long'));
      statement.setReturnArrays(true);
      const columns = statement.columns().map(({ name }) => name);
      // SQLite's own text ends where its statement does.
      rest = rest.slice(statement.sourceSQL.length);
      // As in workerd, parameters are those of the last statement.
      const rows = statement.all(...(hasStatement(rest) ? [] : params)) as unknown as unknown[][];
      const changes = this.#totalChanges() - before;
      results.push({ columns, rows, meta: this.#meta(performance.now() - startedMs, rows.length, changes) });
    }
    return results;
  }

  #meta(durationMs: number, rowsRead: number, changes: number) {
    return {
      served_by: 'simulated',
      served_by_region: 'WEUR',
      served_by_primary: true,
      timings: { sql_duration_ms: durationMs },
      duration: durationMs,
      changes,
      last_row_id: this.#number('SELECT last_insert_rowid()'),
      changed_db: changes > 0,
      size_after: this.sizeBytes,
      rows_read: rowsRead,
      rows_written: changes,
    };
  }

  /** Differs after each change of rows, and of the schema, which `total_changes` does not count. */
  #writes(): string {
    return `${this.#totalChanges()} ${this.#number('PRAGMA schema_version')}`;
  }

  #totalChanges(): number {
    return this.#number('SELECT total_changes()');
  }

  #number(sql: string): number {
    const isCallersSql = this.#isCallersSql;
    this.#isCallersSql = false;
    const row = this.#db.prepare(sql).get() ?? {};
    this.#isCallersSql = isCallersSql;
    return Number(Object.values(row)[0]);
  }
}

/** The header's two bytes that say how the file is written: SQLite opens no database in memory that says it has a write-ahead log. */
function withoutLog(bytes: Uint8Array): Uint8Array {
  return bytes.fill(1, 18, 20);
}

/** Nothing but blanks, comments and semicolons is no statement. */
const hasStatement = (sql: string): boolean =>
  sql.replaceAll(/--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/|;|\s/g, '') !== '';

const sqlError = (error: unknown): ApiError =>
  new ApiError(400, SQL_ERROR, `${error instanceof Error ? error.message : error}: SQLITE_ERROR`);
