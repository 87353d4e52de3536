/** The part of a Durable Object's storage that this project uses, over SQLite in memory: it outlives an instance. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

export class ObjectStorage {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Of an instance that has ended: what it still writes has no effect. */
  isDead = false;
  alarmMs: number | null = null;
  rowsWritten = 0;

  constructor(database = new DatabaseSync(':memory:')) {
    this.#database = database;
  }

  /** The same rows, for another instance of the object. */
  handle(): ObjectStorage {
    return new ObjectStorage(this.#database);
  }

  readonly sql = {
    exec: (query: string, ...values: SQLInputValue[]) => {
      const statement = this.#prepared(query);
      if (query.startsWith('SELECT')) {
        const rows = statement.all(...values);
        return { toArray: () => rows };
      }
      if (this.isDead) return { toArray: () => [] };
      const { changes } = statement.run(...values);
      if (!query.startsWith('CREATE')) this.rowsWritten += Number(changes);
      return { toArray: () => [] };
    },
  };

  /** As in workerd, what throws leaves nothing behind. */
  transactionSync<Result>(closure: () => Result): Result {
    this.#database.exec('SAVEPOINT step');
    try {
      const result = closure();
      this.#database.exec('RELEASE step');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK TO step; RELEASE step');
      throw error;
    }
  }

  #prepared(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(query);
    this.#statements.set(query, statement);
    return statement;
  }

  async getAlarm(): Promise<number | null> {
    return this.alarmMs;
  }

  async setAlarm(atMs: number): Promise<void> {
    this.alarmMs = atMs;
  }

  async deleteAlarm(): Promise<void> {
    this.alarmMs = null;
  }

  /** As in workerd, the rows are gone when it returns its promise. */
  async deleteAll(): Promise<void> {
    this.alarmMs = null;
    const tables = this.#database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of tables) this.#database.exec(`DROP TABLE "${name}"`);
  }
}
