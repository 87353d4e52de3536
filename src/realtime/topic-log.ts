/**
 * What a feed knows of its topics, in the storage of its Durable Object: who watches what, the latest value of each
 * entity that has changed, and the position of that change. It is what hubs are told from, and what resumes.
 *
 * Guaranteed: positions grow and none is issued twice; an entity's latest change stays until every hub that watches it
 * has taken it, and beyond that for as long as the bounds allow. Changes of different entities never displace each
 * other. A change is in storage before anybody is told, so that a restart tells some of it twice and loses none. A hub that
 * does not answer keeps no other waiting for longer than `HUB_PUBLISH_TIMEOUT_MS`.
 */
import { HUB_PUBLISH_TIMEOUT_MS, TOPIC_LOG_MAX_AGE_MS, TOPIC_LOG_MAX_BYTES } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';

export interface TopicUpdate<Value> {
  topic: string;
  /** What has changed: unique in its log. */
  entity: string;
  value: Value;
}

export interface TopicChange<Value> extends TopicUpdate<Value> {
  position: number;
}

/** What is known of a topic, from the floor on. */
export interface TopicState<Value> {
  topic: string;
  /** Of what changed after any position from here on, the latest value is in `changes`; null where nobody can say. */
  floor: number | null;
  changes: TopicChange<Value>[];
}

export interface TopicStates<Value> {
  /** The greatest position that was issued. */
  position: number;
  topics: TopicState<Value>[];
}

export interface TopicLogOptions<Value> {
  storage: DurableObjectStorage;
  /**
   * Whether it is told of every change of every topic. Otherwise it knows what has changed of a topic from when the
   * topic was first watched.
   */
  isComplete: boolean;
  /** Rejects where the hub did not take them. */
  publish(hubId: string, changes: TopicChange<Value>[]): Promise<void>;
  nowMs(): number;
}

interface Entry<Value> extends TopicChange<Value> {
  /** Where it was first known. */
  since: number;
  atMs: number;
}

interface State<Value, Cursor> {
  position: number;
  floor: number;
  cursor: Cursor | null;
  /** What each hub watches, and which entities it has not been told of. */
  hubs: Record<string, { topics: string[]; owed: string[] }>;
  /** By entity. */
  entries: Record<string, Entry<Value>>;
}

/** Of one row; the platform's bound is 2 MB, and a character takes up to 3 bytes. */
const PART_MAX_CHARACTERS = 500_000;

/** `Cursor` is how far its feed has read its own source: JSON. */
export class TopicLog<Value, Cursor = null> {
  readonly #options: TopicLogOptions<Value>;
  readonly #state: State<Value, Cursor>;

  constructor(options: TopicLogOptions<Value>) {
    this.#options = options;
    const { sql } = options.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS topic_log (part INTEGER PRIMARY KEY, text TEXT NOT NULL)');
    const parts = sql.exec<{ text: string }>('SELECT text FROM topic_log ORDER BY part').toArray();
    this.#state =
      parts.length > 0 ? JSON.parse(parts.map(({ text }) => text).join('')) : emptyState(options.nowMs());
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

  /** Replaces what a hub watches; no topics where it watches nothing any more. */
  watch(hubId: string, topics: readonly string[]): void {
    const before = this.#state.hubs[hubId];
    const still = new Set(topics);
    const known = before?.topics ?? [];
    if (known.length === still.size && known.every((topic) => still.has(topic))) return;
    const owed = (before?.owed ?? []).filter((entity) => still.has(this.#state.entries[entity]?.topic ?? ''));
    if (still.size === 0) delete this.#state.hubs[hubId];
    else this.#state.hubs[hubId] = { topics: [...still], owed };
    this.#save();
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

  /** Takes in what has changed, and writes it: one row, as long as it is no larger than a row can be. */
  append(updates: readonly TopicUpdate<Value>[], cursor: Cursor | null = this.#state.cursor): void {
    const state = this.#state;
    if (updates.length === 0 && cursor === state.cursor) return;
    state.cursor = cursor;
    const atMs = this.#options.nowMs();
    for (const { topic, entity, value } of updates) {
      state.position += 1;
      const since = state.entries[entity]?.since ?? state.position;
      state.entries[entity] = { topic, entity, value, position: state.position, since, atMs };
    }
    for (const hub of Object.values(state.hubs)) {
      const topics = new Set(hub.topics);
      const news = updates.filter(({ topic }) => topics.has(topic)).map(({ entity }) => entity);
      hub.owed = [...new Set([...hub.owed, ...news])];
    }
    this.#save();
  }

  /** Whether anybody has yet to be told of something. */
  isOwing(): boolean {
    return Object.values(this.#state.hubs).some(({ owed }) => owed.length > 0);
  }

  /** Tells each hub what it is owed. What it does not take in time it goes on being owed: false where that is so. */
  async tell(): Promise<boolean> {
    const told = await Promise.all(Object.keys(this.#state.hubs).map((hubId) => this.#tellHub(hubId)));
    return told.every(Boolean);
  }

  async #tellHub(hubId: string): Promise<boolean> {
    const owed = this.#state.hubs[hubId]?.owed ?? [];
    if (owed.length === 0) return true;
    const changes = owed.flatMap((entity) => this.#state.entries[entity] ?? []).map(asChange);
    changes.sort((a, b) => a.position - b.position);
    const last = changes.at(-1)?.position ?? 0;
    try {
      await inTime(this.#options.publish(hubId, changes));
    } catch (error) {
      log.warn('topic_log.publish_failed', { hubId, changes: changes.length, ...errorFields(error) });
      return false;
    }
    const hub = this.#state.hubs[hubId];
    // What changed while it was being told is owed still. The next write stores that it was told: a restart before
    // tells it again, and the hub knows that.
    if (hub) hub.owed = hub.owed.filter((entity) => (this.#state.entries[entity]?.position ?? 0) > last);
    return true;
  }

  #save(): void {
    const { sql } = this.#options.storage;
    this.#forget(0);
    let known = JSON.stringify(this.#state.entries);
    // Characters stand for bytes: what is held is names and numbers. Who watches takes nothing of this room.
    if (known.length > TOPIC_LOG_MAX_BYTES) {
      this.#forget(known.length - TOPIC_LOG_MAX_BYTES);
      known = JSON.stringify(this.#state.entries);
    }
    const { entries: _, ...rest } = this.#state;
    const text = `${JSON.stringify(rest).slice(0, -1)},"entries":${known}}`;
    const parts = Math.ceil(text.length / PART_MAX_CHARACTERS);
    for (let part = 0; part < parts; part += 1) {
      const slice = text.slice(part * PART_MAX_CHARACTERS, (part + 1) * PART_MAX_CHARACTERS);
      sql.exec('INSERT OR REPLACE INTO topic_log (part, text) VALUES (?, ?)', part, slice);
    }
    sql.exec('DELETE FROM topic_log WHERE part >= ?', parts);
  }

  /** Forgets what is too old, and of the rest the oldest, by so many bytes. */
  #forget(excessBytes: number): void {
    const oldestMs = this.#options.nowMs() - TOPIC_LOG_MAX_AGE_MS;
    let excess = excessBytes;
    for (const entry of this.#forgettable()) {
      if (excess <= 0 && entry.atMs >= oldestMs) break;
      excess -= JSON.stringify(entry).length;
      delete this.#state.entries[entry.entity];
      this.#state.floor = Math.max(this.#state.floor, entry.position);
    }
  }

  /** Oldest first: all but what somebody has yet to be told, and what an incomplete log compares with. */
  #forgettable(): Entry<Value>[] {
    const owed = new Set(Object.values(this.#state.hubs).flatMap((hub) => hub.owed));
    const compared = this.#options.isComplete ? new Set<string>() : this.watched();
    return Object.values(this.#state.entries)
      .filter(({ entity, topic }) => !owed.has(entity) && !compared.has(topic))
      .sort((a, b) => a.position - b.position);
  }
}

/** The call goes on by itself; its timer does not, which would keep the object from hibernating. */
async function inTime(call: Promise<void>): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const error = new Error(`the hub did not answer within ${HUB_PUBLISH_TIMEOUT_MS} ms`);
  const timer = setTimeout(() => reject(error), HUB_PUBLISH_TIMEOUT_MS);
  await Promise.race([call, timeout]).finally(() => clearTimeout(timer));
}

/** Positions begin with the clock: a log that lost its storage issues none that it issued before. */
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
