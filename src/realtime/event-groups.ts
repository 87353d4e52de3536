/**
 * Groups of equal subscriptions of one hub: an event is executed and serialised once for a group, and each member is
 * sent the same bytes behind its own id. A private subscription is executed as its viewer, for their sockets alone.
 *
 * D1 is asked for the sessions and rights of all these viewers once for each delivery, after the changes have happened.
 * A socket whose session has ended is closed, and is sent no event.
 *
 * An operation that is switched off ends with the error that refuses it, in place of its next event.
 *
 * A member is not sent the same result twice in a row: the changed fields may not be among the selected ones. Of a feed
 * whose every change is an event (`Journal`) it is sent each, and no result is remembered.
 */

import { GraphQLError } from 'graphql';
import pLimit from 'p-limit';
import { TimeoutError } from 'p-timeout';
import { UNKNOWN_CLIENT } from '../auth/request-client.ts';
import { EVENT_TIMEOUT_MS } from '../config.ts';
import type {
  EventSources,
  GatewayContext,
  RequestClient,
  SentRequest,
  Viewer,
  ViewerOf,
  ViewersOf,
} from '../graphql/context.ts';
import { presented } from '../graphql/error-policy.ts';
import { UNNAMED_CLIENT } from '../operations/client-identity.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import { carriedId } from '../operations/registered-operation.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import type { Serving } from '../serving/serving.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { type EventValue, feedOf, type SourceName } from './feeds.ts';
import type { Subscription } from './socket-attachment.ts';
import type { SocketSession } from './socket-session.ts';
import type { TopicChange } from './topic-log.ts';
import { nextFrameHead } from './transport-messages.ts';

export interface Member {
  session: SocketSession;
  frameHead: string;
}

export interface Group {
  sent: OperationRequest;
  feed: SourceName;
  topics: ReadonlySet<string>;
  owner: string | null;
  /** Null if the hub has hibernated since. */
  prepared: PreparedOperation | null;
  members: Map<Subscription, Member>;
  /** An event is being executed for which nobody waits any more. */
  isLate: boolean;
  /** The last event was executed too late: the group is executed after the others. */
  wasLate: boolean;
  /**
   * By entity, the result that all members were last sent, as JSON text; absent if they were not sent the same. Null if
   * each change is sent.
   */
  lastResults: Map<string, string> | null;
}

/** An event for the members of a group that have not been sent the same result. */
export interface GroupEvent {
  group: Group;
  entity: string;
  position: number;
  /** JSON text of a result, or of the list of errors that end the operation. */
  text: string;
  isEnd: boolean;
}

export interface EventGroupsSources {
  /** Rejects with a GraphQLError if it may run no more; after another error the next event tries again. */
  prepareAgain(sent: OperationRequest): Promise<PreparedOperation>;
  /** The operators' changes of operations. */
  steering(): Promise<Steering>;
  execute: Serving['execute'];
  viewerOf: ViewerOf;
  viewersOf: ViewersOf;
  createContext(request: SentRequest, viewer: Viewer | null, events?: EventSources): GatewayContext;
  randomId(): string;
  nowMs(): number;
}

/** The operations that are switched off, and the time limits of others. */
export interface Steering {
  off: ReadonlySet<string>;
  timeLimitMs(operationId: string): number | null;
}

/** Each holds a context and its sources' answers, and after hibernation reads its document, for which KV has a budget. */
const GROUPS_AT_ONCE = 50;

export class EventGroups {
  readonly #sources: EventGroupsSources;
  readonly #groups = new Map<SourceName, Map<string, Group>>();

  constructor(sources: EventGroupsSources) {
    this.#sources = sources;
  }

  /**
   * @param sentResults by entity, the result that it was sent, as JSON text; null if it has seen everything up to
   *   `latest`, the position of the last change of its topics.
   */
  join(
    session: SocketSession,
    subscription: Subscription,
    prepared: PreparedOperation | null,
    sentResults: ReadonlyMap<string, string> | null,
    latest = 0,
  ): void {
    const key = groupKey(subscription);
    const groups = this.#groups.get(subscription.feed) ?? new Map<string, Group>();
    this.#groups.set(subscription.feed, groups);
    const group = groups.get(key);
    const member = { session, frameHead: nextFrameHead(subscription.id) };
    if (group === undefined) {
      const { feed, owner } = subscription;
      groups.set(key, {
        sent: {
          ...subscription.sent,
          extensions: undefined,
          client: session.client,
          release: UNNAMED_CLIENT,
        },
        feed,
        topics: new Set(subscription.topics),
        owner,
        prepared,
        members: new Map([[subscription, member]]),
        isLate: false,
        wasLate: false,
        lastResults: feedOf(feed).feed.journal ? null : new Map(sentResults),
      });
      return;
    }
    // The others may be behind: their last results are not what this one has seen.
    const isCaughtUp =
      sentResults === null && group.members.keys().every(({ position }) => position >= latest);
    group.members.set(subscription, member);
    if (isCaughtUp || group.lastResults === null) return;
    for (const [entity, result] of group.lastResults) {
      if (sentResults?.get(entity) !== result) group.lastResults.delete(entity);
    }
  }

  *membersOf(source: SourceName): Iterable<[Subscription, Member]> {
    for (const { members } of this.#groups.get(source)?.values() ?? []) yield* members;
  }

  leave(subscription: Subscription): void {
    const key = groupKey(subscription);
    const groups = this.#groups.get(subscription.feed);
    const group = groups?.get(key);
    group?.members.delete(subscription);
    if (group?.members.size === 0) groups?.delete(key);
    if (groups?.size === 0) this.#groups.delete(subscription.feed);
  }

  /**
   * Executes changes once for each group that watches them, several groups at a time, and sends each event as soon as it
   * is executed. No group waits for another one, and none is sent a change before an earlier one. Private groups come
   * after the others: they wait for D1.
   *
   * @returns for each group that has not been sent all of them in time, the reason: it must be sent the others again.
   */
  async deliver(
    feed: SourceName,
    changes: readonly TopicChange<EventValue>[],
    send: (event: GroupEvent) => void,
  ): Promise<unknown[]> {
    const groups = [...(this.#groups.get(feed)?.values() ?? [])];
    groups.sort((a, b) => lateness(a) - lateness(b));
    const isDue = (group: Group) => changes.some((change) => isBehind(group, change));
    const viewers = this.#viewersOf(groups.filter((group) => group.owner && isDue(group)));
    const steering = this.#sources.steering();
    // Each group meets the failures itself.
    viewers.catch(() => undefined);
    steering.catch(() => undefined);
    const failures: unknown[] = [];
    await pLimit(GROUPS_AT_ONCE).map(groups, async (group) => {
      try {
        for (const change of changes)
          if (isBehind(group, change)) await this.#deliverTo(group, change, { viewers, steering }, send);
      } catch (error) {
        failures.push(error);
      }
    });
    return failures;
  }

  /** An event that is executed too late is still sent, and until then the group is sent no other. */
  async #deliverTo(
    group: Group,
    change: TopicChange<EventValue>,
    known: Known,
    send: (event: GroupEvent) => void,
  ): Promise<void> {
    if (group.isLate) throw new Error('an earlier event is still being executed');
    const sending = this.#eventOf(group, change, known).then((event) => {
      if (event !== null) send(event);
    });
    try {
      await answerWithin(EVENT_TIMEOUT_MS, 'execution of an event', () => sending);
      group.wasLate = false;
    } catch (error) {
      if (error instanceof TimeoutError) {
        group.isLate = true;
        group.wasLate = true;
        const isOver = () => {
          group.isLate = false;
        };
        // If it fails it is executed again: its feed publishes the change again.
        sending.then(isOver, isOver);
      }
      throw error;
    }
  }

  async #eventOf(
    group: Group,
    { position, entity, value }: TopicChange<EventValue>,
    { viewers, steering }: Known,
  ): Promise<GroupEvent | null> {
    const context = await this.#contextFor(group, viewers);
    if (context === null) return null;
    // Prepared again, it is refused, or has another time limit.
    if (isSteered(group.prepared, await steering)) group.prepared = null;
    try {
      group.prepared ??= await this.#sources.prepareAgain(group.sent);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const text = JSON.stringify(presented([error], context));
      return { group, entity, position, text, isEnd: true };
    }
    const text = JSON.stringify(await this.#sources.execute(group.prepared, context, value));
    return { group, entity, position, text, isEnd: false };
  }

  /** The viewers of sockets that have not expired, by session id; null for a session that has ended. */
  async #viewersOf(groups: readonly Group[]): Promise<Viewers> {
    const { viewersOf, nowMs } = this.#sources;
    const sockets = new Set(
      groups.flatMap(({ members }) => [...members.values()].map(({ session }) => session)),
    );
    const tokens = [...sockets].flatMap((socket) => {
      const { viewer } = socket;
      const isOver = viewer === null || socket.isClosed || socket.isExpired(nowMs());
      return isOver ? [] : { ...viewer, userId: viewer.id };
    });
    if (tokens.length === 0) return new Map();
    const found = await viewersOf(tokens);
    return new Map(tokens.map(({ sessionId }) => [sessionId, found.get(sessionId) ?? null]));
  }

  /** A context for the group's viewer; null if none of its sockets has one any more: those are closed. */
  async #contextFor({ owner, members }: Group, viewers: Promise<Viewers>): Promise<GatewayContext | null> {
    const { createContext, randomId, nowMs } = this.#sources;
    const request = (client: RequestClient) => ({ requestId: randomId(), client });
    if (owner === null || owner === '') return createContext(request(UNKNOWN_CLIENT), null);
    const known = await viewers;
    let context: GatewayContext | null = null;
    for (const { session } of members.values()) {
      const viewer = known.get(session.viewer?.sessionId ?? '');
      // One that has joined since then is sent later events alone.
      if (viewer === undefined && !session.isExpired(nowMs())) continue;
      if (viewer?.id === owner) context ??= createContext(request(session.requestClient), viewer);
      else session.on({ kind: 'forbidden' }, nowMs());
    }
    return context;
  }
}

type Viewers = ReadonlyMap<string, Viewer | null>;
/** The same for all groups of a delivery. */
interface Known {
  viewers: Promise<Viewers>;
  steering: Promise<Steering>;
}

/** True if an operator has changed the operation since it was prepared. */
function isSteered(prepared: PreparedOperation | null, steering: Steering): boolean {
  const found = prepared?.chosen.found;
  if (!found) return false;
  const id = carriedId(found.operation);
  return steering.off.has(id) || steering.timeLimitMs(id) !== found.timeLimitMs;
}

const isBehind = ({ topics, members }: Group, { topic, position }: TopicChange<EventValue>) =>
  topics.has(topic) && members.keys().some((subscription) => subscription.position < position);

const lateness = ({ wasLate, owner }: Group) => (wasLate ? 2 : 0) + (owner ? 1 : 0);

const groupKey = ({ sent, topics, owner }: Subscription) =>
  JSON.stringify([sent.documentIds, sent.document, sent.operationName, sent.variables, topics, owner]);
