/** A Durable Object's storage beside logs and sockets: the alarm of hubs and feeds, and a hub's delivered positions. */

/** Sets the object's alarm to an instant, in Unix milliseconds, or leaves it if it is set to an earlier one. */
export async function setAlarmBy(
  storage: Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm'>,
  atMs: number,
): Promise<void> {
  const alarmMs = await storage.getAlarm();
  if (alarmMs === null || alarmMs > atMs) await storage.setAlarm(atMs);
}

/**
 * By feed, the position up to which a hub has delivered events. Subscriptions outlive the hub's memory, and are sent no
 * event twice.
 */
export class DeliveredPositions {
  readonly #storage: Pick<DurableObjectStorage, 'sql'>;
  readonly #positions: Map<string, number>;

  constructor(storage: Pick<DurableObjectStorage, 'sql'>) {
    this.#storage = storage;
    const { sql } = storage;
    // The table keeps this name, which deployed hubs have stored.
    sql.exec(
      'CREATE TABLE IF NOT EXISTS told (feed TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID',
    );
    const rows = sql.exec<{ feed: string; position: number }>('SELECT feed, position FROM told').toArray();
    this.#positions = new Map(rows.map(({ feed, position }) => [feed, position]));
  }

  of(feed: string): number {
    return this.#positions.get(feed) ?? 0;
  }

  /** The platform sends nothing that comes after it before it is written. */
  store(feed: string, position: number): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO told (feed, position) VALUES (?, ?)', feed, position);
    this.#positions.set(feed, position);
  }
}
