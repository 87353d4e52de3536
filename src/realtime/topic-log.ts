/**
 * A feed's log in the storage of its Durable Object: the topics that each hub watches, the latest value of each entity
 * that has changed, and the position of that change. Hubs are sent changes from it, and subscriptions resume from it.
 *
 * Guaranteed: positions grow and none is issued twice; an entity's latest change stays until every hub that watches it
 * has taken it, and beyond that for as long as the bounds allow. Changes of different entities never displace each
 * other. A change is stored before it is delivered, so a restart delivers some changes twice and loses none. A hub that
 * does not answer delays the others by `HUB_PUBLISH_TIMEOUT_MS` at most.
 */
import { HUB_PUBLISH_TIMEOUT_MS, TOPIC_LOG_MAX_AGE_MS, TOPIC_LOG_MAX_BYTES } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { StoredNumbers } from './object-storage.ts';
import { partsOf, StoredTexts } from './stored-texts.ts';

export interface TopicUpdate<Value> {
  topic: string;
  /** The id of the thing that has changed: unique in its log. */
  entity: string;
  value: Value;
}

export interface TopicChange<Value> extends TopicUpdate<Value> {
  position: number;
}

/** The known changes of a topic, from the floor on. */
export interface TopicState<Value> {
  topic: string;
  /** `changes` has the latest value of every entity that changed after any position from here on; null if unknown. */
  floor: number | null;
  changes: TopicChange<Value>[];
  /** The feed is asking its source for a newer value. */
  isDue?: true;
}

export interface TopicStates<Value> {
  /** The greatest position that was issued. */
  position: number;
  topics: TopicState<Value>[];
}

export interface TopicLogOptions<Value> {
  storage: DurableObjectStorage;
  /**
   * True if every change of every topic is appended. Otherwise changes of a topic are known from when it was first
   * watched.
   */
  isComplete: boolean;
  /** Rejects if the hub did not take them. */
  publish(hubId: string, changes: TopicChange<Value>[]): Promise<void>;
  nowMs(): number;
}

interface Entry<Value> extends TopicChange<Value> {
  /** The position at which the entity was first known. */
  since: number;
  atMs: number;
}

interface HubState {
  /** Its topics when the log was written; a row of its own has the latest ones. */
  topics: string[];
  /** Entities whose latest change is pending. It keeps this name, which deployed objects have stored. */
  owed: string[];
  /** The number of the hub's latest call, if an earlier deployment stored it here: it is only read. */
  callNumber?: number;
}

interface State<Value, Cursor> {
  position: number;
  floor: number;
  cursor: Cursor | null;
  /** By hub id. */
  hubs: Record<string, HubState>;
  /** By entity. */
  entries: Record<string, Entry<Value>>;
}

/** `Cursor` is how far its feed has read its own source: JSON. */
export class TopicLog<Value, Cursor = null> {
  readonly #options: TopicLogOptions<Value>;
  readonly #state: State<Value, Cursor>;
  /** By hub id, the number of its latest call: most calls change nothing else, and the log is large. */
  readonly #callNumbers: StoredNumbers;
  /** By hub id, its topics as JSON: they change far more often than the log does. */
  readonly #hubTopics: StoredTexts;
  /** By entity, changes as JSON that the log does not have yet. */
  readonly #noted: StoredTexts;
  #hasNoted: boolean;

  constructor(options: TopicLogOptions<Value>) {
    this.#options = options;
    const { sql } = options.storage;
    this.#callNumbers = new StoredNumbers(options.storage, 'hub_call');
    this.#hubTopics = new StoredTexts(options.storage, 'hub_topics');
    this.#noted = new StoredTexts(options.storage, 'noted_change');
    sql.exec('CREATE TABLE IF NOT EXISTS topic_log (part INTEGER PRIMARY KEY, text TEXT NOT NULL)');
    const parts = sql.exec<{ text: string }>('SELECT text FROM topic_log ORDER BY part').toArray();
    this.#state =
      parts.length > 0 ? JSON.parse(parts.map(({ text }) => text).join('')) : emptyState(options.nowMs());
    for (const [hubId, topics] of this.#hubTopics.all()) this.#setTopics(hubId, JSON.parse(topics));
    const noted = [...this.#noted.all().values()].map((text): Entry<Value> => JSON.parse(text));
    noted.sort((a, b) => a.position - b.position);
    for (const entry of noted) this.#take(entry);
    this.#addPending(noted);
    this.#hasNoted = noted.length > 0;
  }

  get cursor(): Cursor | null {
    return this.#state.cursor;
  }

  /** The value of an entity's last known change. */
  valueOf(entity: string): Value | undefined {
    return Object.hasOwn(this.#state.entries, entity) ? this.#state.entries[entity]?.value : undefined;
  }

  watched(): Set<string> {
    return new Set(Object.values(this.#state.hubs).flatMap(({ topics }) => topics));
  }

  /**
   * Replaces the topics that a hub watches. The log itself is not written: many calls change nothing else.
   *
   * @param topics none if it watches nothing any more.
   * @param callNumber grows with each call of the hub.
   * @throws Error if a later call of the hub arrived before this one.
   */
  watch(hubId: string, topics: readonly string[], callNumber?: number): void {
    const hub = this.#state.hubs[hubId] ?? { topics: [], owed: [] };
    if (callNumber !== undefined) {
      if (callNumber < Math.max(this.#callNumbers.of(hubId), hub.callNumber ?? 0))
        throw new Error('a later call of the hub has arrived before this one');
      // It is stored even if the topics stay: after a restart, too, an earlier call must be refused.
      this.#callNumbers.store(hubId, callNumber);
    }
    if (new Set(topics).symmetricDifference(new Set(hub.topics)).size === 0) return;
    this.#hubTopics.store(hubId, JSON.stringify(this.#setTopics(hubId, topics)));
    this.#evict(0);
  }

  #setTopics(hubId: string, topics: readonly string[]): string[] {
    const watched = new Set(topics);
    const owed = (this.#state.hubs[hubId]?.owed ?? []).filter((entity) =>
      watched.has(this.#state.entries[entity]?.topic ?? ''),
    );
    this.#state.hubs[hubId] = { topics: [...watched], owed };
    return [...watched];
  }

  states(topics: readonly string[]): TopicStates<Value> {
    const { position, floor, entries } = this.#state;
    const asked = new Map(topics.map((topic): [string, Entry<Value>[]] => [topic, []]));
    for (const entry of Object.values(entries)) asked.get(entry.topic)?.push(entry);
    return {
      position,
      topics: [...asked].map(([topic, known]) => ({
        topic,
        floor: this.#options.isComplete ? floor : (known[0]?.since ?? null),
        changes: known.map(asChange),
      })),
    };
  }

  /** Stores changes: one row is written, or more if the log is larger than a row can be. */
  append(updates: readonly TopicUpdate<Value>[], cursor: Cursor | null = this.#state.cursor): void {
    const state = this.#state;
    if (updates.length === 0 && cursor === state.cursor) return;
    state.cursor = cursor;
    this.#apply(updates);
    this.#save();
  }

  /** Stores changes as `append` does, but in a row each: for a few changes, many times between two appends. */
  note(updates: readonly TopicUpdate<Value>[]): void {
    for (const entry of this.#apply(updates)) {
      this.#noted.store(entry.entity, JSON.stringify(entry));
      this.#hasNoted = true;
    }
  }

  #apply(updates: readonly TopicUpdate<Value>[]): Entry<Value>[] {
    const state = this.#state;
    const atMs = this.#options.nowMs();
    const entries = updates.map(({ topic, entity, value }) => {
      const position = state.position + 1;
      const since = state.entries[entity]?.since ?? position;
      const entry = { topic, entity, value, position, since, atMs };
      this.#take(entry);
      return entry;
    });
    this.#addPending(entries);
    return entries;
  }

  #take(entry: Entry<Value>): void {
    const state = this.#state;
    state.position = Math.max(state.position, entry.position);
    state.entries[entry.entity] = entry;
  }

  #addPending(entries: readonly Entry<Value>[]): void {
    for (const hub of Object.values(this.#state.hubs)) {
      const topics = new Set(hub.topics);
      const changed = entries.filter(({ topic }) => topics.has(topic)).map(({ entity }) => entity);
      if (changed.length > 0) hub.owed = [...new Set([...hub.owed, ...changed])];
    }
  }

  /** True if a change has not been delivered to a hub that watches it. */
  hasPending(): boolean {
    return Object.values(this.#state.hubs).some(({ owed }) => owed.length > 0);
  }

  /** Delivers each hub's pending changes. Returns false if a hub did not take them in time: they stay pending. */
  async deliver(): Promise<boolean> {
    const delivered = await Promise.all(Object.keys(this.#state.hubs).map((hubId) => this.#deliverTo(hubId)));
    return delivered.every(Boolean);
  }

  async #deliverTo(hubId: string): Promise<boolean> {
    const pending = this.#state.hubs[hubId]?.owed ?? [];
    if (pending.length === 0) return true;
    const changes = pending.flatMap((entity) => this.#state.entries[entity] ?? []).map(asChange);
    changes.sort((a, b) => a.position - b.position);
    const last = changes.at(-1)?.position ?? 0;
    try {
      await answerWithin(HUB_PUBLISH_TIMEOUT_MS, 'hub', () => this.#options.publish(hubId, changes));
    } catch (error) {
      log.warn('topic_log.publish_failed', { hubId, changes: changes.length, ...errorFields(error) });
      return false;
    }
    const hub = this.#state.hubs[hubId];
    // A change that was made during the delivery stays pending. The next write stores what was delivered: a restart
    // before it delivers the same again, and the hub skips positions that it has sent.
    if (hub) hub.owed = hub.owed.filter((entity) => (this.#state.entries[entity]?.position ?? 0) > last);
    return true;
  }

  #save(): void {
    const { sql } = this.#options.storage;
    this.#evict(0);
    let known = JSON.stringify(this.#state.entries);
    // Characters stand for bytes: entries are names and numbers. The topics of hubs do not count.
    if (known.length > TOPIC_LOG_MAX_BYTES) {
      this.#evict(known.length - TOPIC_LOG_MAX_BYTES);
      known = JSON.stringify(this.#state.entries);
    }
    const { entries: _, ...rest } = this.#state;
    const text = `${JSON.stringify(rest).slice(0, -1)},"entries":${known}}`;
    const parts = partsOf(text);
    for (const [part, slice] of parts.entries())
      sql.exec('INSERT OR REPLACE INTO topic_log (part, text) VALUES (?, ?)', part, slice);
    sql.exec('DELETE FROM topic_log WHERE part >= ?', parts.length);
    if (this.#hasNoted) this.#noted.clear();
    this.#hasNoted = false;
  }

  /** Evicts entries that are too old, and then the oldest others until so many bytes are free. */
  #evict(excessBytes: number): void {
    const oldestMs = this.#options.nowMs() - TOPIC_LOG_MAX_AGE_MS;
    let excess = excessBytes;
    for (const entry of this.#evictable()) {
      if (excess <= 0 && entry.atMs >= oldestMs) break;
      excess -= JSON.stringify(entry).length;
      delete this.#state.entries[entry.entity];
      this.#state.floor = Math.max(this.#state.floor, entry.position);
    }
  }

  /** Oldest first: all but pending changes, and values that an incomplete log's feed compares with new ones. */
  #evictable(): Entry<Value>[] {
    const pending = new Set(Object.values(this.#state.hubs).flatMap((hub) => hub.owed));
    const compared = this.#options.isComplete ? new Set<string>() : this.watched();
    return Object.values(this.#state.entries)
      .filter(({ entity, topic }) => !pending.has(entity) && !compared.has(topic))
      .sort((a, b) => a.position - b.position);
  }
}

/** Positions begin with the clock, so that a log that lost its storage issues none twice. */
const emptyState = (nowMs: number) => ({
  position: nowMs,
  floor: nowMs,
  cursor: null,
  hubs: {},
  entries: {},
});

const asChange = <Value>({ topic, entity, value, position }: Entry<Value>): TopicChange<Value> => ({
  topic,
  entity,
  value,
  position,
});
