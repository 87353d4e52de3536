/**
 * The running subscriptions of one hub: the topics that they watch, and the delivery of events to them.
 *
 * Guaranteed: events of one subscription leave in the order of their positions, each once. A change that could not be
 * executed for somebody is published again by its feed, and nobody who has been sent it is sent it twice.
 */
import type { LiveCounts } from '../metrics/live-counts.ts';
import { errorFields, log } from '../observability/log.ts';
import { EventGroups, type EventGroupsSources, type GroupEvent, withExtensions } from './event-groups.ts';
import { type EventValue, FEEDS, type FeedName } from './feeds.ts';
import { StoredNumbers } from './object-storage.ts';
import type { SocketSession } from './socket-session.ts';
import type { TopicChange } from './topic-log.ts';
import { nextFrameTail } from './transport-messages.ts';
import { type Clock, type WatchedFeed, WatchedTopics } from './watched-topics.ts';

export interface LiveSubscriptionsSources extends EventGroupsSources, Clock {
  state: { storage: Pick<DurableObjectStorage, 'sql'> };
  /** A feed as this hub calls it. */
  feedFor(name: FeedName): WatchedFeed<EventValue>;
  recorder: { live: LiveCounts };
}

export class LiveSubscriptions {
  readonly groups: EventGroups;
  readonly #nowMs: () => number;
  readonly #counts: LiveCounts;
  /** By feed, the position up to which events were delivered: none is sent twice after the hub has hibernated. */
  readonly #delivered: StoredNumbers;
  readonly #topics: ReadonlyMap<FeedName, WatchedTopics<EventValue>>;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(sources: LiveSubscriptionsSources) {
    const { state, nowMs } = sources;
    this.groups = new EventGroups(sources);
    this.#nowMs = nowMs;
    this.#counts = sources.recorder.live;
    // The table keeps this name, which deployed hubs have stored.
    this.#delivered = new StoredNumbers(state.storage, 'told', 'feed', 'position');
    const lastCalls = new StoredNumbers(state.storage, 'feed_call');
    this.#topics = new Map(
      FEEDS.map(({ name }) => {
        const nextCallNumber = () => {
          // Hubs of earlier deployments numbered their calls by the clock, and stored no number.
          const number = Math.max(lastCalls.of(name) + 1, nowMs());
          lastCalls.store(name, number);
          return number;
        };
        return [name, new WatchedTopics(sources.feedFor(name), nextCallNumber, sources)];
      }),
    );
  }

  topicsOf(feed: FeedName): WatchedTopics<EventValue> {
    const topics = this.#topics.get(feed);
    if (topics === undefined) throw new Error(`no feed is registered as ${feed}`);
    return topics;
  }

  /** Continues the subscriptions of a socket after the hub has hibernated. */
  restore(session: SocketSession): void {
    for (const subscription of session.subscriptions.values()) {
      const { feed, topics, position } = subscription;
      subscription.position = Math.max(position, this.#delivered.of(feed));
      this.topicsOf(feed).add(topics);
      this.groups.join(session, subscription, null, new Map());
    }
  }

  /** Removes a subscription, if it is one, and returns its feed, which must be updated. */
  remove(session: SocketSession, id: string): FeedName | undefined {
    const subscription = session.subscriptions.get(id);
    if (subscription === undefined) return undefined;
    session.subscriptions.delete(id);
    this.topicsOf(subscription.feed).remove(subscription.topics);
    this.groups.leave(subscription);
    return subscription.feed;
  }

  /** Asks a feed to watch fewer topics than before. If that fails the feed watches too many until its next update. */
  async updateFeed(feed: FeedName): Promise<void> {
    try {
      await this.topicsOf(feed).update();
    } catch (error) {
      log.warn('hub.feed_not_updated', { feed, ...errorFields(error) });
    }
  }

  /** Updates feeds that may watch other topics than this hub does; all of them by default. */
  async updateFeeds(feeds: Iterable<FeedName> = this.#topics.keys()): Promise<void> {
    await Promise.all([...feeds].map((feed) => this.updateFeed(feed)));
  }

  /** Sends each change, in the order of positions, to its subscribers; rejects if they must be published again. */
  async publish(feed: FeedName, changes: readonly TopicChange<EventValue>[]): Promise<void> {
    await this.inTurn(async () => {
      this.topicsOf(feed).take(changes);
      const failures = await this.groups.deliver(feed, changes, (event) => this.#send(event));
      // The feed publishes all of it again: those that have been sent it skip it by its position.
      for (const error of failures) throw error;
      const last = changes.at(-1)?.position ?? 0;
      if (last > this.#delivered.of(feed)) this.#delivered.store(feed, last);
    });
    // If an earlier update failed, the feed still publishes topics that nobody here watches.
    await this.updateFeed(feed);
  }

  /** Runs work that sends events: one piece after the other. */
  inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Ends a subscription with errors, whose list `payload` is as JSON text. */
  refuse(session: SocketSession, id: string, payload: string): void {
    session.on({ kind: 'refused', id, payload }, this.#nowMs());
  }

  #send({ group, entity, position, text, isEnd }: GroupEvent): void {
    const nowMs = this.#nowMs();
    const isChanged = isEnd || group.lastResults.get(entity) !== text;
    group.lastResults.set(entity, text);
    const tail = isEnd ? text : nextFrameTail(withExtensions(text, { position: String(position) }));
    let sent = 0;
    // A subscriber that left during the execution is no member any more.
    for (const [subscription, { session, frameHead }] of group.members) {
      if (subscription.position >= position) continue;
      subscription.position = position;
      if (!isChanged) continue;
      if (subscription.owner && session.isExpired(nowMs)) session.on({ kind: 'forbidden' }, nowMs);
      else if (!isEnd) sent += session.sendEvent(subscription.id, frameHead + tail, nowMs) ? 1 : 0;
      else {
        this.refuse(session, subscription.id, text);
        session.running.delete(subscription.id);
        this.remove(session, subscription.id);
        session.store();
      }
    }
    this.#counts.sent(sent);
  }
}
