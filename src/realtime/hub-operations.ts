/**
 * What the sockets of one hub run: queries and mutations at once, subscriptions from their first event to their end.
 *
 * Guaranteed: what a subscription watches is in its socket's attachment before its first event, so that it outlives the
 * hub's memory. Events of one subscription leave in the order of their positions, each once, the current state or what
 * was missed first; however long the first ones take, nobody else waits for them. What may run is decided by the same
 * function as over HTTP.
 */
import { OperationTypeNode } from 'graphql';
import type { Viewer } from '../graphql/context.ts';
import { presented } from '../graphql/error-policy.ts';
import { errorFields, log } from '../observability/log.ts';
import { type OperationRequest, toOperationRequest } from '../operations/operation-request.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import {
  EventGroups,
  type EventGroupsSources,
  type Group,
  type GroupEvent,
  withExtensions,
} from './event-groups.ts';
import {
  type FirstEvent,
  type FirstEvents,
  latestState,
  missedEvents,
  resumePosition,
  stateEvents,
} from './first-events.ts';
import type { SocketSession, Subscription } from './socket-session.ts';
import type { ToldPositions } from './told-positions.ts';
import type { TopicChange } from './topic-log.ts';
import { nextFrameTail, type OperationPayload } from './transport-messages.ts';
import type { createWatchOf, EventValue, Feed } from './watch.ts';
import { WatchedTopics, type WatchTopics } from './watched-topics.ts';

export interface OperationSources extends EventGroupsSources {
  watchTopics: Readonly<Record<Feed, WatchTopics<EventValue>>>;
  watchOf: ReturnType<typeof createWatchOf>;
  /** Decides what an operation runs; rejects with a GraphQLError where nothing. */
  prepare(sent: OperationRequest): Promise<PreparedOperation>;
  /** Whether its answers are the viewer's own. */
  isPrivate(prepared: PreparedOperation): boolean;
  /** Counts the use of a registered operation. */
  countUse(prepared: PreparedOperation): void;
}

/** Of one started operation. */
interface Run {
  requestId: string;
  viewer: Viewer | null;
  isOver(): boolean;
}

/** Of a subscription that is about to join the others. */
interface Joining {
  session: SocketSession;
  subscription: Subscription;
  prepared: PreparedOperation;
  run: Run;
}

/** What has been executed and not yet sent is held in memory, up to so much. */
const UNSENT_MAX_CHARACTERS = 1_000_000;

export class HubOperations {
  readonly #sources: OperationSources;
  readonly #told: ToldPositions;
  readonly #groups: EventGroups;
  readonly #feeds: Readonly<Record<Feed, WatchedTopics<EventValue>>>;
  /** Events leave one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(sources: OperationSources, told: ToldPositions) {
    this.#sources = sources;
    this.#told = told;
    const { prices, sales } = sources.watchTopics;
    this.#feeds = { prices: new WatchedTopics(prices), sales: new WatchedTopics(sales) };
    this.#groups = new EventGroups(sources);
  }

  /** Goes on with what a socket watched before the hub slept. */
  goOn(session: SocketSession): void {
    for (const subscription of session.subscriptions.values()) {
      const { feed, topics, position } = subscription;
      subscription.position = Math.max(position, this.#told.of(feed));
      this.#feeds[feed].add(topics);
      this.#groups.join(session, subscription, null, new Map());
    }
  }

  async start(session: SocketSession, id: string, payload: OperationPayload): Promise<void> {
    const { randomId, prepare, countUse, viewerOf, execute, createContext } = this.#sources;
    const token = Symbol(id);
    session.running.set(id, token);
    const isOver = () => session.running.get(id) !== token;
    const requestId = randomId();
    try {
      const sent = toOperationRequest(payload, session.client);
      const prepared = await prepare(sent);
      countUse(prepared);
      const viewer = await viewerOf(session.authorization);
      if (isOver()) return;
      if (prepared.operation.operation === OperationTypeNode.SUBSCRIPTION) {
        await this.#subscribe(session, id, prepared, { requestId, viewer, isOver });
        return;
      }
      const result = await execute(prepared, createContext(requestId, viewer));
      if (isOver()) return;
      session.running.delete(id);
      if (result.data === undefined) {
        // Its variables are not what it takes: it never ran.
        this.#refuse(session, id, JSON.stringify(result.errors));
        return;
      }
      this.#send(session, id, JSON.stringify(result));
      session.on({ kind: 'completed', id }, this.#sources.nowMs());
    } catch (error) {
      if (isOver()) return;
      this.#refuse(session, id, JSON.stringify(presented([error], requestId)));
      await this.stop(session, id);
    }
  }

  async stop(session: SocketSession, id: string): Promise<void> {
    const feed = this.#forget(session, id);
    session.remember();
    if (feed !== undefined) await this.#tellFeed(feed);
  }

  /** Ends all of a socket that is no more. */
  async leave(session: SocketSession): Promise<void> {
    session.running.clear();
    const feeds = new Set([...session.subscriptions.keys()].map((id) => this.#forget(session, id)));
    for (const feed of feeds) if (feed !== undefined) await this.#tellFeed(feed);
  }

  /** Tells each feed what is watched, where it may have heard of something else. */
  async tellFeeds(): Promise<void> {
    await this.#tellFeed('prices');
    await this.#tellFeed('sales');
  }

  /** Sends each change, in the order of positions, to whoever watches it; rejects where they must be told again. */
  async publish(feed: Feed, changes: readonly TopicChange<EventValue>[]): Promise<void> {
    await this.#inTurn(async () => {
      this.#feeds[feed].take(changes);
      let unsent: GroupEvent[] = [];
      let characters = 0;
      const failed = new Map<Group, unknown>();
      for (const change of changes) {
        const events = await this.#groups.eventsOf(feed, change, failed);
        for (const { text } of events) characters += text.length;
        unsent.push(...events);
        if (characters < UNSENT_MAX_CHARACTERS) continue;
        this.#sendEvents(feed, unsent, failed.size === 0);
        unsent = [];
        characters = 0;
      }
      this.#sendEvents(feed, unsent, failed.size === 0);
      // The feed tells all of it again: whoever has been sent it is sent nothing more.
      for (const error of failed.values()) throw error;
    });
    // Where this hub could not tell the feed what it let go of, it is told of too much.
    await this.#tellFeed(feed);
  }

  async #subscribe(session: SocketSession, id: string, prepared: PreparedOperation, run: Run): Promise<void> {
    const { createContext, watchOf, isPrivate } = this.#sources;
    const { requestId, viewer, isOver } = run;
    const watch = await watchOf(prepared, (events) => createContext(requestId, viewer, events));
    const from = resumePosition(prepared.sent.extensions?.resumeFrom);
    const feed = this.#feeds[watch.feed];
    const { topics, state } = await watch.load(createContext(requestId, viewer), {
      isResuming: from !== null,
      held: (topic) => feed.changesOf(topic).get(topic)?.value,
    });
    if (isOver()) return;

    const { documentIds, operationName, variables } = prepared.sent;
    const { chosen } = prepared;
    // What is not registered only this hub's memory may know by its id.
    const document = chosen.found === null ? chosen.document : prepared.sent.document;
    const sent = { documentIds, document, operationName, variables };
    const owner = isPrivate(prepared) ? (viewer?.id ?? '') : null;
    const subscription: Subscription = { id, sent, feed: watch.feed, topics, owner, position: 0 };
    session.remember(subscription);
    feed.add(topics, state);
    await feed.tellFeed(from ?? 0);
    const { position } = feed;
    const missed = from === null ? null : feed.since(topics, from);
    let events: FirstEvent[] = [];
    if (missed !== null) events = missedEvents(missed);
    else if (from !== null || watch.beginsWithState) {
      events = stateEvents(latestState(state, feed.changesAfter(topics, 0)), position, from !== null);
    }
    const isWhole = missed === null;
    await this.#joinAfter({ events, position, isWhole }, { session, subscription, prepared, run });
  }

  /** Sends a subscriber its first events, and alone too what changes meanwhile; with nothing left it joins the others. */
  async #joinAfter(first: FirstEvents, { session, subscription, prepared, run }: Joining): Promise<void> {
    const { requestId, viewer, isOver } = run;
    const { id, feed: feedName, topics } = subscription;
    const feed = this.#feeds[feedName];
    const told = new Map<string, string>();
    let { events, position } = first;
    for (let isLevel = false; !isLevel && !isOver(); ) {
      const context = this.#sources.createContext(requestId, viewer);
      for (const { entity, value, extensions } of events) {
        const result = JSON.stringify(await this.#sources.execute(prepared, context, value));
        if (isOver()) return;
        if (told.get(entity) === result) continue;
        told.set(entity, result);
        this.#send(session, id, withExtensions(result, extensions));
      }
      await this.#inTurn(async () => {
        if (isOver()) return;
        events = missedEvents(feed.changesAfter(topics, position));
        position = feed.position;
        isLevel = events.length === 0;
        if (!isLevel) return;
        subscription.position = position;
        session.remember();
        const latest = feed.changesAfter(topics, 0).at(-1)?.position;
        this.#groups.join(session, subscription, prepared, first.isWhole ? told : null, latest);
      });
    }
  }

  /**
   * In one step without a pause: how far subscribers have been told is stored before any of it leaves, since the platform
   * holds what is sent back until it is written. Where somebody has yet to be told, nobody has been: should the hub sleep
   * before that, twice is better than never.
   */
  #sendEvents(feed: Feed, events: readonly GroupEvent[], isWhole: boolean): void {
    const last = events.at(-1);
    if (last === undefined) return;
    if (isWhole) this.#told.store(feed, last.position);
    const nowMs = this.#sources.nowMs();
    for (const { group, entity, position, text, isEnd } of events) {
      const isNews = isEnd || group.told.get(entity) !== text;
      group.told.set(entity, text);
      const tail = isEnd ? text : nextFrameTail(withExtensions(text, { position: String(position) }));
      // Whoever has gone while it was executed is no member any more.
      for (const [subscription, { session, frameHead }] of group.members) {
        if (subscription.position >= position) continue;
        subscription.position = position;
        if (!isNews) continue;
        if (subscription.owner && session.isExpired(nowMs)) session.on({ kind: 'forbidden' }, nowMs);
        else if (!isEnd) session.sendEvent(subscription.id, frameHead + tail, nowMs);
        else {
          this.#refuse(session, subscription.id, text);
          this.#forget(session, subscription.id);
          session.remember();
        }
      }
    }
  }

  #send(session: SocketSession, id: string, payload: string): void {
    session.on({ kind: 'result', id, payload }, this.#sources.nowMs());
  }

  #refuse(session: SocketSession, id: string, payload: string): void {
    session.on({ kind: 'refused', id, payload }, this.#sources.nowMs());
  }

  /** Ends an operation. */
  #forget(session: SocketSession, id: string): Feed | undefined {
    session.running.delete(id);
    const subscription = session.subscriptions.get(id);
    if (subscription === undefined) return undefined;
    session.subscriptions.delete(id);
    this.#feeds[subscription.feed].remove(subscription.topics);
    this.#groups.part(subscription);
    return subscription.feed;
  }

  /** Of less than before: where it fails, the feed's next call finds out. */
  async #tellFeed(feed: Feed): Promise<void> {
    try {
      await this.#feeds[feed].tellFeed();
    } catch (error) {
      log.warn('hub.feed_not_told', { feed, ...errorFields(error) });
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
