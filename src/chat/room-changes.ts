/**
 * The last changes of a room, by position: which message has changed, and how. Their values are composed when they are read.
 *
 * Guaranteed: positions grow by one, also over an eviction. The latest change of an entity takes the place of the earlier
 * one. A change stays while it is one of the last `CHAT_CHANGES_KEPT`, and longer until every hub that watches has taken it, but
 * of those that wait only the last `CHAT_CHANGES_UNDELIVERED_MAX` stay. All are in memory, too; storage gets one row a change.
 */
import { CHAT_CHANGES_KEPT, CHAT_CHANGES_UNDELIVERED_MAX } from '../config.ts';
import type { ChatEventKind } from './room-calls.ts';
import { IN_LIST, type RoomSql } from './room-tables.ts';

export interface LoggedChange {
  position: number;
  kind: ChatEventKind;
  sequence: number;
  /** What there is left to say of a message that has left the room, as JSON. */
  remains: string | null;
}

/** Beyond those that are kept anyway. */
const WAITING_MAX = CHAT_CHANGES_UNDELIVERED_MAX - CHAT_CHANGES_KEPT;

type Stored = LoggedChange & { slot: number };

export const reactionsEntity = (sequence: number) => `reactions:${sequence}`;

export function entityOf({ kind, sequence }: Pick<LoggedChange, 'kind' | 'sequence'>): string {
  switch (kind) {
    case 'posted':
    case 'deleted':
    case 'held_back':
    case 'released':
      return `message:${sequence}`;
    case 'reacted':
      return reactionsEntity(sequence);
    case 'pinned':
    case 'unpinned':
      return 'pin';
    default:
      return kind satisfies never;
  }
}

export class RoomChanges {
  readonly #sql: RoomSql;
  readonly #deliveredPosition: () => number;
  /** By entity, oldest first. */
  readonly #changes = new Map<string, Stored>();
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #position: number;
  #floor: number;
  #lostUpTo: number;

  /**
   * @param position the last one before the changes that are stored
   * @param deliveredPosition every hub that watches has taken all changes up to it
   */
  constructor(sql: RoomSql, position: number, deliveredPosition: () => number) {
    this.#sql = sql;
    this.#deliveredPosition = deliveredPosition;
    const rows = sql
      .exec<Stored & Record<string, SqlStorageValue>>(
        'SELECT slot, position, kind, sequence, remains FROM change ORDER BY position',
      )
      .toArray();
    for (const row of rows) this.#changes.set(entityOf(row), { ...row });
    this.#position = Math.max(position, rows.at(-1)?.position ?? 0);
    this.#floor = rows[0] === undefined ? this.#position : rows[0].position - 1;
    // So many only wait for a hub, and earlier ones may have been dropped.
    this.#lostUpTo = rows.length > CHAT_CHANGES_KEPT ? this.#floor : 0;
    const used = new Set(rows.map(({ slot }) => slot));
    this.#slots = Math.max(0, ...used);
    for (let slot = 1; slot < this.#slots; slot += 1) if (!used.has(slot)) this.#freeSlots.push(slot);
  }

  /** The greatest position that was issued. */
  get position(): number {
    return this.#position;
  }

  /** The changes have everything that came after it. */
  get floor(): number {
    return this.#floor;
  }

  /** A hub that has not taken all up to here may never get some of them; 0 if none was dropped. */
  get lostUpTo(): number {
    return this.#lostUpTo;
  }

  has(entity: string): boolean {
    return this.#changes.has(entity);
  }

  /** Of the messages that any change is about. */
  get sequences(): number[] {
    return [...new Set([...this.#changes.values()].map(({ sequence }) => sequence))];
  }

  /** Of a pinned message that has left the room; null unless that is the last change of the pin. */
  get pinRemains(): { sequence: number; remains: string } | null {
    const { sequence, remains } = this.#changes.get('pin') ?? { sequence: 0, remains: null };
    return remains === null ? null : { sequence, remains };
  }

  add(kind: ChatEventKind, sequence: number, remains: string | null = null): void {
    const entity = entityOf({ kind, sequence });
    const slot = this.#changes.get(entity)?.slot ?? this.#freeSlot();
    this.#changes.delete(entity);
    this.#position += 1;
    const stored = { slot, position: this.#position, kind, sequence, remains };
    this.#changes.set(entity, stored);
    this.#sql.exec(
      `INSERT INTO change (slot, position, kind, sequence, remains) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET position = excluded.position, kind = excluded.kind,
         sequence = excluded.sequence, remains = excluded.remains`,
      ...[slot, stored.position, kind, sequence, remains],
    );
  }

  /** Forgets a change of which there is nothing to say any more. A later one must be added in the same step. */
  drop(entity: string): void {
    const dropped = this.#changes.get(entity);
    if (dropped !== undefined) this.#remove([dropped]);
  }

  /** Forgets the oldest changes as long as they are of no use. */
  dropOldest(isUseless: (change: LoggedChange) => boolean): void {
    const useless: Stored[] = [];
    for (const change of this.#changes.values()) {
      // The newest one keeps the position.
      if (change.position === this.#position || !isUseless(change)) break;
      useless.push(change);
    }
    this.#evict(useless);
  }

  /** Those behind a position, oldest first; `limit` at most. */
  after(position: number, limit: number): LoggedChange[] {
    const found: LoggedChange[] = [];
    if (position >= this.#position) return found;
    for (const change of this.#changes.values()) {
      if (found.length >= limit) break;
      if (change.position > position) found.push(change);
    }
    return found;
  }

  /** The last `CHAT_CHANGES_KEPT`, oldest first, and the position since which they have everything. */
  kept(): { floor: number; changes: LoggedChange[] } {
    const all = [...this.#changes.values()];
    const changes = all.slice(-CHAT_CHANGES_KEPT);
    return { floor: all[all.length - changes.length - 1]?.position ?? this.#floor, changes };
  }

  /** A slot for a change of another entity. Evicts what is beyond the bounds. */
  #freeSlot(): number {
    const delivered = this.#deliveredPosition();
    let excess = this.#changes.size + 1 - CHAT_CHANGES_KEPT;
    const evicted: Stored[] = [];
    for (const change of this.#changes.values()) {
      const isDelivered = change.position <= delivered;
      if (excess <= 0 || !(isDelivered || excess > WAITING_MAX)) break;
      if (!isDelivered) this.#lostUpTo = change.position;
      evicted.push(change);
      excess -= 1;
    }
    const reused = evicted.pop();
    this.#evict(evicted);
    if (reused === undefined) {
      const free = this.#freeSlots.pop();
      if (free !== undefined) return free;
      this.#slots += 1;
      return this.#slots;
    }
    this.#changes.delete(entityOf(reused));
    this.#floor = reused.position;
    return reused.slot;
  }

  #evict(changes: readonly Stored[]): void {
    this.#remove(changes);
    this.#floor = Math.max(this.#floor, changes.at(-1)?.position ?? 0);
  }

  #remove(changes: readonly Stored[]): void {
    if (changes.length === 0) return;
    for (const change of changes) {
      this.#changes.delete(entityOf(change));
      this.#freeSlots.push(change.slot);
    }
    const slots = JSON.stringify(changes.map(({ slot }) => slot));
    this.#sql.exec(`DELETE FROM change WHERE slot ${IN_LIST}`, slots);
  }
}
