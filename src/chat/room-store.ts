/**
 * The rows of a room, and the part of them that stays in memory.
 *
 * A step writes all of its rows or none. A room that nobody has written to has no tables.
 */

import { RoomChanges } from './room-changes.ts';
import type { RoomKey } from './room-key.ts';
import { createTables, hasTables, type RoomSql, type RoomStorage } from './room-tables.ts';

type RoomRow = {
  position: number;
  sequence: number;
  delivered_position: number;
  slow_mode_seconds: number;
  pinned_sequence: number | null;
};

/** A room that has tables. */
export class OpenRoom {
  readonly key: RoomKey;
  readonly sql: RoomSql;
  readonly changes: RoomChanges;
  readonly #row: RoomRow;
  #sequence: number;

  constructor(key: RoomKey, sql: RoomSql, deliveredPosition: () => number) {
    this.key = key;
    this.sql = sql;
    const [row] = sql
      .exec<RoomRow>(
        'SELECT position, sequence, delivered_position, slow_mode_seconds, pinned_sequence FROM room',
      )
      .toArray();
    if (row === undefined) throw new Error('the room has no row');
    this.#row = { ...row };
    const [last] = sql
      .exec<{ sequence: number | null }>('SELECT max(sequence) AS sequence FROM message')
      .toArray();
    this.#sequence = Math.max(row.sequence, last?.sequence ?? 0);
    this.changes = new RoomChanges(sql, row.position, deliveredPosition);
  }

  get row(): Readonly<RoomRow> {
    return this.#row;
  }

  /** Of the last message that was posted. */
  get sequence(): number {
    return this.#sequence;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  save(values: Partial<RoomRow>): void {
    Object.assign(this.#row, values);
    const { position, sequence, delivered_position, slow_mode_seconds, pinned_sequence } = this.#row;
    this.sql.exec(
      `UPDATE room SET position = ?, sequence = ?, delivered_position = ?, slow_mode_seconds = ?, pinned_sequence = ?`,
      ...[position, sequence, delivered_position, slow_mode_seconds, pinned_sequence],
    );
  }
}

export interface RoomStoreSources {
  key: RoomKey;
  storage: RoomStorage;
  /** Every hub that watches has taken all changes up to it. */
  deliveredPosition(): number;
  /** Its alarm is set no more. */
  isCleared(): void;
  nowMs(): number;
}

export class RoomStore {
  readonly #sources: RoomStoreSources;
  /** Undefined before it was looked for; null if there are no tables. */
  #open: OpenRoom | null | undefined;

  constructor(sources: RoomStoreSources) {
    this.#sources = sources;
  }

  /** Null if the room has no tables. */
  get open(): OpenRoom | null {
    if (this.#open === undefined) {
      const { sql } = this.#sources.storage;
      if (hasTables(sql)) {
        // A later version of the project may have added some.
        createTables(sql);
        this.#open = this.#load();
      } else this.#open = null;
    }
    return this.#open;
  }

  /** @throws what the step throws: nothing is written then */
  write<Result>(step: (room: OpenRoom) => Result): Result {
    const { storage, nowMs } = this.#sources;
    try {
      return storage.transactionSync(() => {
        if (this.open === null) {
          createTables(storage.sql);
          // Positions begin with the clock, so that a room that has lost its rows issues none twice.
          const position = nowMs();
          storage.sql.exec(
            'INSERT INTO room (one, position, sequence, delivered_position, slow_mode_seconds) VALUES (1, ?, 0, ?, 0)',
            ...[position, position],
          );
          this.#open = this.#load();
        }
        return step(this.#open as OpenRoom);
      });
    } catch (error) {
      // Memory may be ahead of the rows.
      this.#open = undefined;
      throw error;
    }
  }

  /** Deletes everything if nobody has ever done anything here. */
  async clearIfUnused(): Promise<void> {
    const room = this.open;
    if (room === null || room.sequence > 0) return;
    const { storage, isCleared } = this.#sources;
    const used =
      'SELECT 1 FROM author UNION ALL SELECT 1 FROM act UNION ALL SELECT 1 FROM hub WHERE is_watching = 1 LIMIT 1';
    if (storage.sql.exec(used).toArray().length > 0) return;
    this.#open = null;
    isCleared();
    // Both take effect before anything else can run.
    await Promise.all([storage.deleteAlarm(), storage.deleteAll()]);
  }

  #load(): OpenRoom {
    const { key, storage, deliveredPosition } = this.#sources;
    return new OpenRoom(key, storage.sql, deliveredPosition);
  }
}
