/**
 * The topics of one feed that the subscriptions of one hub watch together, and the latest known changes of them.
 *
 * Whenever the topics change the feed is asked to watch all of them. One call runs at a time, each with a time limit;
 * everybody who asks during a call shares the next one. So a feed that hangs fails each update in time, and blocks none
 * after it. A feed answers such a call without its own source: a subscription waits for that beside the calls. Calls
 * have a pause between them, since each carries all topics, and clients may change theirs many times a second.
 */
import { TimeoutError } from 'p-timeout';
import { upstreamUnavailable } from '../../schema/errors.ts';
import { FEED_WATCH_PAUSE_MS, FEED_WATCH_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { Journal, WatchCall } from './feed.ts';
import type { JournalRoom } from './journal-room.ts';
import { KnownChanges } from './known-changes.ts';
import type { TopicChange, TopicStates } from './topic-log.ts';

/** A feed's source as one hub calls it. */
export interface WatchedFeed<Value> {
  watch(call: Omit<WatchCall<Value>, 'hubId' | 'source'>): Promise<TopicStates<Value>>;
  /** The states of topics that were due, as soon as the feed's source has answered; null if none is ever due. */
  refreshed(topics: string[]): Promise<TopicStates<Value> | null>;
}

export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

export class WatchedTopics<Value> {
  readonly #feed: WatchedFeed<Value>;
  readonly #nextCallNumber: () => number;
  readonly #clock: Clock;
  #calledAtMs = Number.NEGATIVE_INFINITY;
  readonly #watchers = new Map<string, number>();
  readonly #known = new Map<string, KnownChanges<Value>>();
  readonly #journal: Journal<Value> | undefined;
  readonly #room: JournalRoom | undefined;
  /** Topics that the feed surely watches for this hub, although some calls since its last answer may not have arrived. */
  #confirmed: ReadonlySet<string> = new Set();
  /** True if the feed watches the confirmed topics and no others. */
  #isAnswered = false;
  /** By entity, values of other sources that the next call carries. */
  #loaded = new Map<string, Value>();
  #lastCall: Promise<unknown> = Promise.resolve();
  /** Updates that have not ended. */
  #updates = 0;
  /** The update that waits for the running call to end. */
  #nextUpdate: Promise<void> | null = null;
  /** The greatest position that the waiting update's callers know. */
  #wantedPosition = 0;
  #position = 0;

  /** @param nextCallNumber a greater number each time, also after a restart of the hub and if its clock goes back. */
  constructor(
    feed: WatchedFeed<Value>,
    nextCallNumber: () => number,
    clock: Clock,
    journal?: Journal<Value>,
    room?: JournalRoom,
  ) {
    this.#feed = feed;
    this.#journal = journal;
    this.#room = room;
    this.#clock = clock;
    this.#nextCallNumber = nextCallNumber;
  }

  /** The greatest known position: every change up to it, of every watched topic, is known. */
  get position(): number {
    return this.#position;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** True if nobody watches anything and no call runs. */
  get isIdle(): boolean {
    return !this.isWatched && this.#updates === 0;
  }

  /** The latest known changes of a topic, by entity. */
  changesOf(topic: string): ReadonlyMap<string, TopicChange<Value>> {
    return this.#known.get(topic)?.changes ?? new Map();
  }

  /** The latest known changes of topics after a position, in order. */
  changesAfter(topics: readonly string[], position: number): TopicChange<Value>[] {
    return topics
      .flatMap((topic) => [...this.changesOf(topic).values()])
      .filter((change) => change.position > position)
      .sort((a, b) => a.position - b.position);
  }

  /** Everything that has changed after a position, in order; null if that is not known. Call it after an update. */
  since(topics: readonly string[], position: number): TopicChange<Value>[] | null {
    if (position > this.#position) return null;
    for (const topic of topics) {
      const floor = this.#known.get(topic)?.floor ?? null;
      if (floor === null || position < floor) return null;
    }
    return this.changesAfter(topics, position);
  }

  /** True if changes after a position may have been evicted from a journal. */
  hasEvicted(topics: readonly string[], position: number): boolean {
    return topics.some((topic) => (this.#known.get(topic)?.evictedUpTo ?? -1) > position);
  }

  /** What may be shown now of an entity's value as it was at a position; null if nothing. */
  revised(topics: readonly string[], entity: string, value: Value, position: number): Value | null {
    let revised: Value | null = value;
    for (const topic of topics) {
      const known = this.#known.get(topic);
      if (known !== undefined && revised !== null) revised = known.revised(entity, revised, position);
    }
    return revised;
  }

  /** @param loaded by entity, values that other sources have of the topics. */
  add(topics: readonly string[], loaded: ReadonlyMap<string, Value> = new Map()): void {
    for (const [entity, value] of loaded) this.#loaded.set(entity, value);
    for (const topic of topics) this.#watchers.set(topic, (this.#watchers.get(topic) ?? 0) + 1);
  }

  remove(topics: readonly string[]): void {
    for (const topic of topics) {
      const left = (this.#watchers.get(topic) ?? 0) - 1;
      if (left > 0) this.#watchers.set(topic, left);
      else this.#watchers.delete(topic);
    }
  }

  take(changes: readonly TopicChange<Value>[]): void {
    for (const change of changes) {
      this.#position = Math.max(this.#position, change.position);
      // A change may arrive before the answer to the call that began to watch its topic.
      this.#knownOf(change.topic).take(change);
    }
  }

  /** Changes up to a position may never have been published here. */
  lose(position: number): void {
    for (const known of this.#known.values()) known.setFloor(Math.max(known.floor ?? 0, position));
  }

  /**
   * Resolves when the feed watches these topics, and its latest changes of them are known here. It waits for no call of
   * others if the feed watches them already.
   *
   * @param clientPosition a position that a client has: the feed is asked again if it is greater than any known here.
   * @throws GraphQLError if the feed does not answer in time, or the feed's own error.
   */
  async watching(topics: readonly string[], clientPosition = 0): Promise<void> {
    const isConfirmed = topics.every((topic) => this.#confirmed.has(topic));
    if (!isConfirmed || clientPosition > this.#position) await this.update(clientPosition);
  }

  /**
   * Resolves when the feed watches all topics of now, and the feed's latest changes of them are known here.
   *
   * @param clientPosition a position that a client has: the feed is asked again if it is greater than any known here.
   * @throws GraphQLError if the feed does not answer in time, or the feed's own error.
   */
  update(clientPosition = 0): Promise<void> {
    this.#wantedPosition = Math.max(this.#wantedPosition, clientPosition);
    if (this.#nextUpdate !== null) return this.#nextUpdate;
    this.#updates += 1;
    const update = this.#lastCall
      .then(async () => {
        await this.#pause();
        const wantedPosition = this.#wantedPosition;
        this.#nextUpdate = null;
        this.#wantedPosition = 0;
        return this.#updateNow(wantedPosition);
      })
      .finally(() => {
        this.#updates -= 1;
      });
    this.#nextUpdate = update;
    this.#lastCall = update.catch(() => undefined);
    return update;
  }

  /**
   * The states of topics that are due, as soon as the feed's source has answered. They may be newer than `position`, and
   * than the known changes of other topics. Null if none is due, or if the feed does not answer in time.
   */
  async refreshed(topics: string[]): Promise<TopicStates<Value> | null> {
    if (!topics.some((topic) => this.#known.get(topic)?.isDue)) return null;
    try {
      const states = await answerWithin(FEED_WATCH_TIMEOUT_MS, 'feed', () => this.#feed.refreshed(topics));
      for (const topic of topics) {
        const known = this.#known.get(topic);
        if (known !== undefined) known.isDue = false;
      }
      return states;
    } catch (error) {
      log.warn('hub.feed_not_refreshed', { topics: topics.length, ...errorFields(error) });
      return null;
    }
  }

  /** It does not wait if the clock was set back, or if nothing has changed. */
  async #pause(): Promise<void> {
    const elapsedMs = this.#clock.nowMs() - this.#calledAtMs;
    if (elapsedMs < 0 || elapsedMs >= FEED_WATCH_PAUSE_MS || this.#isUpToDate()) return;
    await this.#clock.sleep(FEED_WATCH_PAUSE_MS - elapsedMs);
  }

  async #updateNow(wantedPosition: number): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = new Map();
    if (this.#isUpToDate() && wantedPosition <= this.#position) return;
    const watched = new Set(this.#watchers.keys());
    const stillWatched = this.#confirmed.intersection(watched);
    this.#confirmed = stillWatched;
    this.#isAnswered = false;
    const { position, topics } = await this.#answer([...watched], loaded).catch((error: unknown) => {
      this.#keepOnly(stillWatched);
      throw error;
    });
    const positionBefore = this.#position;
    this.#confirmed = watched;
    this.#isAnswered = true;
    this.#keepOnly(watched);
    for (const { topic, floor, changes, isDue = false } of topics) {
      const known = this.#knownOf(topic);
      known.isDue = isDue;
      // A change that was published during the call, or late, does not show what came before it. A journal may have
      // evicted changes before they were published here.
      const isLost = this.#journal !== undefined && (floor ?? 0) > positionBefore;
      if (isLost || !stillWatched.has(topic)) known.setFloor(floor);
      this.take(changes);
    }
    this.#position = Math.max(this.#position, position);
  }

  async #answer(topics: string[], loaded: ReadonlyMap<string, Value>): Promise<TopicStates<Value>> {
    const number = this.#nextCallNumber();
    this.#calledAtMs = this.#clock.nowMs();
    try {
      return await answerWithin(FEED_WATCH_TIMEOUT_MS, 'feed', () =>
        this.#feed.watch({ topics, loaded, number }),
      );
    } catch (error) {
      if (error instanceof TimeoutError) throw upstreamUnavailable('The events have no source now.', error);
      throw error;
    }
  }

  /** Nobody needs it any more. */
  forget(): void {
    this.#keepOnly(new Set());
  }

  #keepOnly(topics: ReadonlySet<string>): void {
    for (const [topic, known] of this.#known) {
      if (topics.has(topic)) continue;
      known.release();
      this.#known.delete(topic);
    }
  }

  #knownOf(topic: string): KnownChanges<Value> {
    const known = this.#known.get(topic) ?? new KnownChanges(this.#journal, this.#room);
    this.#known.set(topic, known);
    return known;
  }

  #isUpToDate(): boolean {
    if (!this.#isAnswered || this.#confirmed.size !== this.#watchers.size) return false;
    return [...this.#watchers.keys()].every((topic) => this.#confirmed.has(topic));
  }
}
