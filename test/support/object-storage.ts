/** The part of a Durable Object's storage that this project uses, over SQLite in memory: it outlives an instance. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

export class ObjectStorage {
  readonly #database: DatabaseSync;
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
      const statement = this.#database.prepare(query);
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

  async getAlarm(): Promise<number | null> {
    return this.alarmMs;
  }

  async setAlarm(atMs: number): Promise<void> {
    this.alarmMs = atMs;
  }

  async deleteAlarm(): Promise<void> {
    this.alarmMs = null;
  }
}
