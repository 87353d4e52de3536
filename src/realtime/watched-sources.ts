/**
 * The sources whose topics one hub watches: each has positions of its own.
 *
 * A source of a feed with many is known while a subscription needs it. A hub that has forgotten one asks it again. If the
 * call that ends a watch fails, the source publishes here once more, and that publish repeats the call.
 */
import { type EventValue, feedOf, type SourceName } from './feeds.ts';
import { JournalRoom } from './journal-room.ts';
import { StoredNumbers } from './object-storage.ts';
import { type Clock, type WatchedFeed, WatchedTopics } from './watched-topics.ts';

export interface WatchedSourcesOptions extends Clock {
  state: { storage: Pick<DurableObjectStorage, 'sql'> };
  /** A source as this hub calls it. */
  feedFor(name: SourceName): WatchedFeed<EventValue>;
}

export class WatchedSources {
  readonly #options: WatchedSourcesOptions;
  readonly #journalRoom = new JournalRoom();
  readonly #topics = new Map<SourceName, WatchedTopics<EventValue>>();
  /** By feed: calls of its sources have numbers of one series. */
  readonly #lastCalls: StoredNumbers;
  /** By source, the position up to which events were delivered: none is sent twice after the hub has hibernated. */
  readonly #delivered: StoredNumbers;

  constructor(options: WatchedSourcesOptions) {
    this.#options = options;
    // The table keeps this name, which deployed hubs have stored.
    this.#delivered = new StoredNumbers(options.state.storage, 'told', 'feed', 'position');
    this.#lastCalls = new StoredNumbers(options.state.storage, 'feed_call');
  }

  /** @throws Error if this deployment knows no such source. */
  topicsOf(name: SourceName): WatchedTopics<EventValue> {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const { feed } = feedOf(name);
    const nextCallNumber = () => {
      // Hubs of earlier deployments numbered their calls by the clock, and stored no number.
      const number = Math.max(this.#lastCalls.of(feed.name) + 1, this.#options.nowMs());
      this.#lastCalls.store(feed.name, number);
      return number;
    };
    const source = this.#options.feedFor(name);
    const topics = new WatchedTopics(source, nextCallNumber, this.#options, feed.journal, this.#journalRoom);
    this.#topics.set(name, topics);
    return topics;
  }

  /** Undefined if nobody here needs the source. */
  find(name: SourceName): WatchedTopics<EventValue> | undefined {
    return this.#topics.get(name);
  }

  /** The position up to which a source's events were delivered. */
  deliveredOf(name: SourceName): number {
    return this.#delivered.of(name);
  }

  noteDelivered(name: SourceName, position: number): void {
    if (position > this.#delivered.of(name)) this.#delivered.store(name, position);
  }

  /** Forgets a source if nobody needs it. That of a feed with one stays: its calls have a pause between them. */
  forgetIdle(name: SourceName): void {
    const topics = this.#topics.get(name);
    if (feedOf(name).feed.hasSources !== true || topics?.isIdle !== true) return;
    topics.forget();
    this.#topics.delete(name);
    this.#delivered.remove(name);
  }
}
