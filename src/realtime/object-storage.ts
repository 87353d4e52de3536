/** A Durable Object's storage beside logs and sockets: the alarm of hubs and feeds, and numbers by source or hub. */

/** Sets the object's alarm to an instant, in Unix milliseconds, or leaves it if it is set to an earlier one. */
export async function setAlarmBy(
  storage: Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm'>,
  atMs: number,
): Promise<void> {
  const alarmMs = await storage.getAlarm();
  if (alarmMs === null || alarmMs > atMs) await storage.setAlarm(atMs);
}

/** Numbers by id in their own table, one row each: they are kept in memory, and outlive it. */
export class StoredNumbers {
  readonly #store: (id: string, number: number) => void;
  readonly #remove: (id: string) => void;
  readonly #numbers: Map<string, number>;

  constructor({ sql }: Pick<DurableObjectStorage, 'sql'>, table: string, id = 'id', number = 'number') {
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (${id} TEXT PRIMARY KEY, ${number} INTEGER NOT NULL) WITHOUT ROWID`,
    );
    const rows = sql.exec<{ id: string; number: number }>(
      `SELECT ${id} AS id, ${number} AS number FROM ${table}`,
    );
    this.#numbers = new Map(rows.toArray().map((row) => [row.id, row.number]));
    this.#store = (...row) =>
      sql.exec(`INSERT OR REPLACE INTO ${table} (${id}, ${number}) VALUES (?, ?)`, ...row);
    this.#remove = (removed) => sql.exec(`DELETE FROM ${table} WHERE ${id} = ?`, removed);
  }

  /** 0 if none was stored. */
  of(id: string): number {
    return this.#numbers.get(id) ?? 0;
  }

  /** The platform sends nothing that comes after it before it is written. */
  store(id: string, number: number): void {
    this.#store(id, number);
    this.#numbers.set(id, number);
  }

  remove(id: string): void {
    if (this.#numbers.delete(id)) this.#remove(id);
  }
}
