/**
 * The changes of one topic that a hub knows: the latest of each entity.
 *
 * A journal keeps so many of the latest, and each change takes away from the others the parts that may not be shown any more,
 * in whatever order they arrive. A change that arrives after it would have been evicted is not kept: a later one that
 * takes something away from it may be evicted too.
 */
import type { Journal } from './feed.ts';
import type { JournalRoom } from './journal-room.ts';
import type { TopicChange } from './topic-log.ts';

type JournalRules<Value> = Pick<Journal<Value>, 'changesKept' | 'revise'>;

export class KnownChanges<Value> {
  /** Everything that has changed after any position from here on is known; null if that is not so. */
  floor: number | null = null;
  /** The feed was asking its source for a newer value when it answered. */
  isDue = false;
  readonly #journal: JournalRules<Value> | undefined;
  readonly #changes = new Map<string, TopicChange<Value>>();
  readonly #room: JournalRoom | undefined;
  /** By entity, of a journal's changes. */
  readonly #sizes = new Map<string, number>();
  #held = 0;
  #evictedUpTo = -1;

  /** @param room that all journals of the hub share. */
  constructor(journal?: JournalRules<Value>, room?: JournalRoom) {
    this.#journal = journal;
    this.#room = room;
  }

  /** The length of a journal's changes as JSON. */
  get held(): number {
    return this.#held;
  }

  /** Nobody needs it any more. */
  release(): void {
    for (const entity of this.#sizes.keys()) this.#drop(entity);
  }

  /** By entity. */
  get changes(): ReadonlyMap<string, TopicChange<Value>> {
    return this.#changes;
  }

  /** Changes up to this position may be missing. */
  get evictedUpTo(): number {
    return this.#evictedUpTo;
  }

  take(change: TopicChange<Value>): void {
    const { entity, position } = change;
    this.floor ??= position;
    if ((this.#changes.get(entity)?.position ?? this.#evictedUpTo) >= position) return;
    if (this.#journal === undefined) this.#changes.set(entity, change);
    else this.#takeInto(this.#journal, change);
  }

  /** As its source says: a journal has evicted what came before. */
  setFloor(floor: number | null): void {
    this.floor = floor;
    if (this.#journal === undefined || floor === null) return;
    this.#evictedUpTo = Math.max(this.#evictedUpTo, floor);
    for (const { entity, position } of this.#changes.values()) if (position <= floor) this.#drop(entity);
  }

  /** What may be shown now of an earlier value; null if nothing. */
  revised(entity: string, value: Value, position: number): Value | null {
    let revised: Value | null = value;
    if (this.#journal === undefined) return revised;
    for (const other of this.#changes.values()) {
      if (other.position > position && revised !== null)
        revised = this.#journal.revise(entity, revised, other);
    }
    return revised;
  }

  #takeInto({ changesKept, revise }: JournalRules<Value>, change: TopicChange<Value>): void {
    const value = this.revised(change.entity, change.value, change.position);
    // A part of it may take the place of an earlier one, and must not bring back what a later change has taken away.
    const shown = value === null ? change : { ...change, value };
    this.#drop(change.entity);
    for (const older of this.#changes.values()) {
      if (older.position > change.position) continue;
      const left = revise(older.entity, older.value, shown);
      if (left === null) this.#drop(older.entity);
      else if (left !== older.value) this.#put({ ...older, value: left });
    }
    if (value !== null) this.#put(shown);
    if (this.#changes.size > changesKept) this.evictOldest();
    this.#room?.fit();
  }

  #put(change: TopicChange<Value>): void {
    this.#resize(change.entity, JSON.stringify(change.value).length);
    this.#changes.set(change.entity, change);
  }

  #drop(entity: string): void {
    this.#resize(entity, 0);
    this.#changes.delete(entity);
  }

  #resize(entity: string, size: number): void {
    const grown = size - (this.#sizes.get(entity) ?? 0);
    this.#held += grown;
    if (size === 0) this.#sizes.delete(entity);
    else this.#sizes.set(entity, size);
    this.#room?.note(this, grown);
  }

  evictOldest(): void {
    const [first, ...others] = this.#changes.values();
    if (first === undefined) return;
    const oldest = others.reduce((least, other) => (other.position < least.position ? other : least), first);
    this.#drop(oldest.entity);
    this.#evictedUpTo = Math.max(this.#evictedUpTo, oldest.position);
    this.floor = Math.max(this.floor ?? 0, this.#evictedUpTo);
  }
}
