/**
 * What the subscriptions of one hub watch together of one feed, and what it has heard of it.
 *
 * The feed is told of the whole whenever it changes, one call after the other, so that the last one is what holds.
 */
import type { TopicChange, TopicStates } from './topic-log.ts';

/** @param loaded by entity, what other sources say of what is watched anew. */
export type WatchTopics<Value> = (
  topics: readonly string[],
  loaded: ReadonlyMap<string, Value>,
) => Promise<TopicStates<Value>>;

interface Known<Value> {
  floor: number | null;
  /** By entity. */
  changes: Map<string, TopicChange<Value>>;
}

export class WatchedTopics<Value> {
  readonly #watch: WatchTopics<Value>;
  readonly #watchers = new Map<string, number>();
  readonly #known = new Map<string, Known<Value>>();
  /** What the feed watches for this hub whichever of the calls since its last answer have reached it. */
  #held: ReadonlySet<string> = new Set();
  /** Whether that is all it watches. */
  #isAnswered = false;
  /** By entity, what the feed is to be told of with the next call. */
  #loaded = new Map<string, Value>();
  #telling: Promise<unknown> = Promise.resolve();
  #position = 0;

  constructor(watch: WatchTopics<Value>) {
    this.#watch = watch;
  }

  /** The greatest position that has been heard of: of all that is watched, what changed up to it is known. */
  get position(): number {
    return this.#position;
  }

  /** The latest changes of a topic that are known, by entity. */
  changesOf(topic: string): ReadonlyMap<string, TopicChange<Value>> {
    return this.#known.get(topic)?.changes ?? new Map();
  }

  /** Of all that is known of topics, the latest changes after a position, in order. */
  changesAfter(topics: readonly string[], position: number): TopicChange<Value>[] {
    return topics
      .flatMap((topic) => [...this.changesOf(topic).values()])
      .filter((change) => change.position > position)
      .sort((a, b) => a.position - b.position);
  }

  /** The same, of everything that has changed: null where that cannot be known. To be asked once the feed has been told. */
  since(topics: readonly string[], position: number): TopicChange<Value>[] | null {
    if (position > this.#position) return null;
    for (const topic of topics) {
      const floor = this.#known.get(topic)?.floor ?? null;
      if (floor === null || position < floor) return null;
    }
    return this.changesAfter(topics, position);
  }

  /** @param loaded by entity, what other sources say of them. */
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
      // It may come before the answer to the call that began to watch it.
      const known = this.#knownOf(change.topic);
      known.floor ??= change.position;
      if ((known.changes.get(change.entity)?.position ?? -1) < change.position)
        known.changes.set(change.entity, change);
    }
  }

  /**
   * Resolves once the feed knows what is watched now, and this knows what the feed does.
   *
   * @param heardOf a position that somebody knows: the feed is asked again where it is greater than any known here.
   */
  tellFeed(heardOf = 0): Promise<void> {
    const telling = this.#telling.then(async () => {
      const loaded = this.#loaded;
      this.#loaded = new Map();
      if (this.#isTold() && heardOf <= this.#position) return;
      const told = new Set(this.#watchers.keys());
      const goesOn = this.#held.intersection(told);
      this.#held = goesOn;
      this.#isAnswered = false;
      const { position, topics } = await this.#watch([...told], loaded).catch((error: unknown) => {
        this.#forgetBut(goesOn);
        throw error;
      });
      this.#held = told;
      this.#isAnswered = true;
      this.#forgetBut(told);
      for (const { topic, floor, changes } of topics) {
        const known = this.#knownOf(topic);
        // What was told meanwhile, or late, says nothing of what came before.
        if (!goesOn.has(topic)) known.floor = floor;
        this.take(changes);
      }
      this.#position = Math.max(this.#position, position);
    });
    this.#telling = telling.catch(() => undefined);
    return telling;
  }

  #forgetBut(kept: ReadonlySet<string>): void {
    for (const topic of this.#known.keys()) if (!kept.has(topic)) this.#known.delete(topic);
  }

  #knownOf(topic: string): Known<Value> {
    const known = this.#known.get(topic) ?? { floor: null, changes: new Map() };
    this.#known.set(topic, known);
    return known;
  }

  #isTold(): boolean {
    if (!this.#isAnswered || this.#held.size !== this.#watchers.size) return false;
    return [...this.#watchers.keys()].every((topic) => this.#held.has(topic));
  }
}
