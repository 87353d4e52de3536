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
  /** What the feed was last told, as far as this instance knows. */
  #told: ReadonlySet<string> | null = null;
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

  /**
   * The latest value of everything that has changed after a position, in order; null where that cannot be known.
   * To be asked once the feed has been told of the topics.
   */
  since(topics: readonly string[], position: number): TopicChange<Value>[] | null {
    if (position > this.#position) return null;
    const changes: TopicChange<Value>[] = [];
    for (const topic of topics) {
      const known = this.#known.get(topic);
      if (known === undefined || known.floor === null || position < known.floor) return null;
      changes.push(...[...known.changes.values()].filter((change) => change.position > position));
    }
    return changes.sort((a, b) => a.position - b.position);
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
      const watched = [...this.#watchers.keys()];
      const told = new Set(watched);
      const before = this.#told;
      const goesOn = (topic: string) => told.has(topic) && before?.has(topic) === true;
      // From here on nobody knows of what the feed tells, until it answers.
      this.#told = null;
      const { position, topics } = await this.#watch(watched, loaded).catch((error: unknown) => {
        this.#forgetBut(goesOn);
        throw error;
      });
      this.#told = told;
      this.#forgetBut((topic) => told.has(topic));
      for (const { topic, floor, changes } of topics) {
        const known = this.#knownOf(topic);
        // What was told meanwhile, or late, says nothing of what came before.
        if (!goesOn(topic)) known.floor = floor;
        this.take(changes);
      }
      this.#position = Math.max(this.#position, position);
    });
    this.#telling = telling.catch(() => undefined);
    return telling;
  }

  #forgetBut(isKept: (topic: string) => boolean): void {
    for (const topic of this.#known.keys()) if (!isKept(topic)) this.#known.delete(topic);
  }

  #knownOf(topic: string): Known<Value> {
    const known = this.#known.get(topic) ?? { floor: null, changes: new Map() };
    this.#known.set(topic, known);
    return known;
  }

  #isTold(): boolean {
    const told = this.#told;
    if (told === null || told.size !== this.#watchers.size) return false;
    return [...this.#watchers.keys()].every((topic) => told.has(topic));
  }
}
