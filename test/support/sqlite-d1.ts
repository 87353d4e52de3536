/** A migrated database in memory, and the part of D1's interface that the gateway's own statements need over it. */
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

const MIGRATIONS = 'migrations';

export function migratedDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith('.sql'));
  for (const file of files.toSorted()) database.exec(readFileSync(`${MIGRATIONS}/${file}`, 'utf8'));
  return database;
}

class Statement {
  readonly #database: DatabaseSync;
  readonly #sql: string;
  readonly #values: readonly SQLInputValue[];

  constructor(database: DatabaseSync, sql: string, values: readonly SQLInputValue[] = []) {
    this.#database = database;
    this.#sql = sql;
    this.#values = values;
  }

  bind(...values: SQLInputValue[]): Statement {
    return new Statement(this.#database, this.#sql, values);
  }

  async all() {
    const results = this.#database.prepare(this.#sql).all(...this.#values);
    const { changes } = this.#database.prepare('SELECT changes() AS changes').get() ?? {};
    return { results, meta: { changes } };
  }

  run() {
    return this.all();
  }

  async first(column?: string): Promise<unknown> {
    const row = this.#database.prepare(this.#sql).get(...this.#values);
    return column === undefined ? (row ?? null) : (row?.[column] ?? null);
  }
}

export function d1Of(database: DatabaseSync): D1Database {
  const d1 = {
    prepare: (sql: string) => new Statement(database, sql),
    async batch(statements: readonly Statement[]) {
      database.exec('BEGIN');
      try {
        const results = [];
        for (const statement of statements) results.push(await statement.all());
        database.exec('COMMIT');
        return results;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
  };
  return d1 as unknown as D1Database;
}
