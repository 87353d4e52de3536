/**
 * The running subscriptions of one hub: the topics that they watch, and the delivery of events to them.
 *
 * Guaranteed: events of one subscription leave in the order of their positions, each once. A change that could not be
 * executed for somebody is published again by its feed, and nobody who has been sent it is sent it twice.
 */
import { upstreamUnavailable } from '../../schema/errors.ts';
import type { LiveCounts } from '../metrics/live-counts.ts';
import { errorFields, log } from '../observability/log.ts';
import { EventGroups, type EventGroupsSources, type GroupEvent } from './event-groups.ts';
import type { Loaded, StateAt } from './feed.ts';
import { type EventValue, feedOf, isSourceName, type SourceName } from './feeds.ts';
import { JournalDelivery } from './journal-delivery.ts';
import { SharedCalls } from './shared-calls.ts';
import type { Subscription } from './socket-attachment.ts';
import type { SocketSession } from './socket-session.ts';
import type { TopicChange } from './topic-log.ts';
import { nextFrameTail, withExtensions } from './transport-messages.ts';
import { WatchedSources, type WatchedSourcesOptions } from './watched-sources.ts';
import type { WatchedTopics } from './watched-topics.ts';

export interface LiveSubscriptionsSources extends EventGroupsSources, WatchedSourcesOptions {
  recorder: { live: LiveCounts };
}

export class LiveSubscriptions {
  readonly groups: EventGroups;
  /** By source, the existence of what is watched, and its state after a gap. */
  readonly loading = new SharedCalls<Loaded<EventValue>>();
  readonly readingState = new SharedCalls<StateAt<EventValue>>();
  readonly #nowMs: () => number;
  readonly #counts: LiveCounts;
  readonly #sources: WatchedSources;
  readonly #journals: JournalDelivery;
  /** By source: an event that takes long delays no other source. */
  readonly #lastTurns = new Map<SourceName, Promise<void>>();

  constructor(sources: LiveSubscriptionsSources) {
    this.groups = new EventGroups(sources);
    this.#nowMs = sources.nowMs;
    this.#counts = sources.recorder.live;
    this.#sources = new WatchedSources(sources);
    this.#journals = new JournalDelivery({
      clock: sources,
      groups: this.groups,
      topicsOf: (source) => this.#sources.find(source),
      inTurn: (source, work) => this.inTurn(source, work),
      send: (event) => this.#send(event),
    });
  }

  topicsOf(source: SourceName): WatchedTopics<EventValue> {
    return this.#sources.topicsOf(source);
  }

  isWatching(source: SourceName): boolean {
    return this.#sources.find(source) !== undefined;
  }

  /** The last known value of a topic that is an entity too. */
  knownValue(source: SourceName, topic: string): EventValue | undefined {
    return this.#sources.find(source)?.changesOf(topic).get(topic)?.value;
  }

  /** Continues the subscriptions of a socket after the hub has hibernated. */
  restore(session: SocketSession): void {
    for (const subscription of [...session.subscriptions.values()]) {
      const { feed, topics, position } = subscription;
      if (!isSourceName(feed)) {
        this.#endUnknown(session, subscription);
        continue;
      }
      // What it was owed is forgotten: its client resumes from what it has.
      if (subscription.isLagging) session.on({ kind: 'behind' }, this.#nowMs());
      subscription.position = Math.max(position, this.#sources.deliveredOf(feed));
      this.topicsOf(feed).add(topics);
      this.groups.join(session, subscription, null, new Map());
    }
  }

  /** Removes a subscription, if it is one, and returns its source, which must be updated. */
  remove(session: SocketSession, id: string): SourceName | undefined {
    const subscription = session.subscriptions.get(id);
    if (subscription === undefined) return undefined;
    session.subscriptions.delete(id);
    this.topicsOf(subscription.feed).remove(subscription.topics);
    this.groups.leave(subscription);
    return subscription.feed;
  }

  /** Asks a source to watch fewer topics than before. If that fails it watches too many until its next update. */
  async updateSource(source: SourceName): Promise<void> {
    try {
      await this.topicsOf(source).update();
    } catch (error) {
      log.warn('hub.feed_not_updated', { feed: source, ...errorFields(error) });
    }
    this.#sources.forgetIdle(source);
  }

  /** Updates sources that may watch other topics than this hub does. */
  async updateSources(sources: Iterable<SourceName>): Promise<void> {
    await Promise.all([...new Set(sources)].map((source) => this.updateSource(source)));
  }

  /**
   * Sends each change, in the order of positions, to its subscribers; rejects if they must be published again.
   *
   * @param lostUpTo changes up to here may never have been published here: sockets that are behind it are closed.
   */
  async publish(
    source: SourceName,
    changes: readonly TopicChange<EventValue>[],
    lostUpTo: number,
  ): Promise<void> {
    const { journal } = feedOf(source).feed;
    // What it takes away is not sent by what waits for the turn before it.
    if (journal !== undefined) this.topicsOf(source).take(changes);
    await this.inTurn(source, async () => {
      if (lostUpTo > 0) this.#closeBehind(source, lostUpTo);
      const topics = this.topicsOf(source);
      topics.take(changes);
      if (journal !== undefined) await this.#journals.deliver(source, topics);
      else {
        const failures = await this.groups.deliver(source, changes, (event) => this.#send(event));
        // The source publishes all of it again: those that have been sent it skip it by its position.
        for (const error of failures) throw error;
      }
      this.#sources.noteDelivered(source, changes.at(-1)?.position ?? 0);
    });
    // If an earlier update failed, the source still publishes topics that nobody here watches. Of a journal it has one: the
    // whole of it is not asked for again each time that the hub wakes.
    if (journal === undefined || !this.topicsOf(source).isWatched) await this.updateSource(source);
  }

  /** Runs work that sends events of one source: one piece after the other. */
  inTurn(source: SourceName, work: () => Promise<void>): Promise<void> {
    const turn = (this.#lastTurns.get(source) ?? Promise.resolve()).then(work);
    const ended = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#lastTurns.get(source) === ended) this.#lastTurns.delete(source);
      });
    this.#lastTurns.set(source, ended);
    return turn;
  }

  /** Ends a subscription with errors, whose list `payload` is as JSON text. */
  refuse(session: SocketSession, id: string, payload: string): void {
    session.on({ kind: 'refused', id, payload }, this.#nowMs());
  }

  /** Their clients resume, and get a gap in place of what was lost. */
  #closeBehind(source: SourceName, lostUpTo: number): void {
    this.topicsOf(source).lose(lostUpTo);
    for (const [{ position }, { session }] of this.groups.membersOf(source))
      if (position < lostUpTo) session.on({ kind: 'behind' }, this.#nowMs());
  }

  /** A later deployment has stored it, and was rolled back. */
  #endUnknown(session: SocketSession, { id, feed }: Subscription): void {
    log.warn('hub.unknown_source', { feed });
    session.subscriptions.delete(id);
    this.refuse(session, id, JSON.stringify([upstreamUnavailable('The events have no source now.')]));
    session.store();
  }

  #send({ group, entity, position, text, isEnd }: GroupEvent): void {
    const nowMs = this.#nowMs();
    const isChanged = isEnd || group.lastResults?.get(entity) !== text;
    group.lastResults?.set(entity, text);
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
