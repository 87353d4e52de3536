/**
 * The running subscriptions of one hub: the topics that they watch, and the delivery of events to them.
 *
 * Guaranteed: events of one subscription leave in the order of their positions, each once. A change that could not be
 * executed for somebody is published again by its feed, and nobody who has been sent it is sent it twice.
 */
import { errorFields, log } from '../observability/log.ts';
import {
  EventGroups,
  type EventGroupsSources,
  type Group,
  type GroupEvent,
  withExtensions,
} from './event-groups.ts';
import { type EventValue, FEEDS, type FeedName } from './feeds.ts';
import { StoredNumbers } from './object-storage.ts';
import type { SocketSession } from './socket-session.ts';
import type { TopicChange } from './topic-log.ts';
import { nextFrameTail } from './transport-messages.ts';
import { type CallFeed, WatchedTopics } from './watched-topics.ts';

export interface LiveSubscriptionsSources extends EventGroupsSources {
  state: { storage: Pick<DurableObjectStorage, 'sql'> };
  /** Asks a feed to watch topics for this hub. */
  watch(feed: FeedName, call: Parameters<CallFeed<EventValue>>[0]): ReturnType<CallFeed<EventValue>>;
}

/** Bound of the memory for results that are executed and not yet sent. */
const UNSENT_MAX_CHARACTERS = 1_000_000;

export class LiveSubscriptions {
  readonly groups: EventGroups;
  readonly #nowMs: () => number;
  /** By feed, the position up to which events were delivered: none is sent twice after the hub has hibernated. */
  readonly #delivered: StoredNumbers;
  readonly #topics: ReadonlyMap<FeedName, WatchedTopics<EventValue>>;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(sources: LiveSubscriptionsSources) {
    const { state, nowMs } = sources;
    this.groups = new EventGroups(sources);
    this.#nowMs = nowMs;
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
        return [name, new WatchedTopics((call) => sources.watch(name, call), nextCallNumber)];
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
      let unsent: GroupEvent[] = [];
      let characters = 0;
      const failed = new Map<Group, unknown>();
      for (const change of changes) {
        const events = await this.groups.eventsOf(feed, change, failed);
        for (const { text } of events) characters += text.length;
        unsent.push(...events);
        if (characters < UNSENT_MAX_CHARACTERS) continue;
        this.#sendEvents(feed, unsent, failed.size === 0);
        unsent = [];
        characters = 0;
      }
      this.#sendEvents(feed, unsent, failed.size === 0);
      // The feed publishes all of it again: those that have been sent it skip it by its position.
      for (const error of failed.values()) throw error;
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

  /**
   * One synchronous step: the delivered position is stored before any event leaves, since the platform holds frames back
   * until it is written. If an event has failed for some group, nothing is stored: should the hub hibernate before it is
   * published again, a duplicate is better than a loss.
   */
  #sendEvents(feed: FeedName, events: readonly GroupEvent[], isComplete: boolean): void {
    const last = events.at(-1);
    if (last === undefined) return;
    if (isComplete) this.#delivered.store(feed, last.position);
    const nowMs = this.#nowMs();
    for (const { group, entity, position, text, isEnd } of events) {
      const isChanged = isEnd || group.lastResults.get(entity) !== text;
      group.lastResults.set(entity, text);
      const tail = isEnd ? text : nextFrameTail(withExtensions(text, { position: String(position) }));
      // A subscriber that left during the execution is no member any more.
      for (const [subscription, { session, frameHead }] of group.members) {
        if (subscription.position >= position) continue;
        subscription.position = position;
        if (!isChanged) continue;
        if (subscription.owner && session.isExpired(nowMs)) session.on({ kind: 'forbidden' }, nowMs);
        else if (!isEnd) session.sendEvent(subscription.id, frameHead + tail, nowMs);
        else {
          this.refuse(session, subscription.id, text);
          session.running.delete(subscription.id);
          this.remove(session, subscription.id);
          session.store();
        }
      }
    }
  }
}
