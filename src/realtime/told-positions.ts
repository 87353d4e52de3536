/** How far a hub has told its subscribers of each feed, in its storage: they outlive its memory, and are told nothing twice. */
import type { Feed } from './watch.ts';

export class ToldPositions {
  readonly #storage: Pick<DurableObjectStorage, 'sql'>;
  readonly #positions: Map<string, number>;

  constructor(storage: Pick<DurableObjectStorage, 'sql'>) {
    this.#storage = storage;
    const { sql } = storage;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS told (feed TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID',
    );
    const rows = sql.exec<{ feed: string; position: number }>('SELECT feed, position FROM told').toArray();
    this.#positions = new Map(rows.map(({ feed, position }) => [feed, position]));
  }

  of(feed: Feed): number {
    return this.#positions.get(feed) ?? 0;
  }

  /** The platform sends nothing that comes after it before it is written. */
  store(feed: Feed, position: number): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO told (feed, position) VALUES (?, ?)', feed, position);
    this.#positions.set(feed, position);
  }
}
