/**
 * The operations of one hub's sockets: queries and mutations are answered at once, subscriptions run until they end. The
 * same function as over HTTP decides whether an operation may run.
 */
import { OperationTypeNode } from 'graphql';
import { presented } from '../graphql/error-policy.ts';
import { type OperationRequest, toOperationRequest } from '../operations/operation-request.ts';
import type { Preparation, PreparedOperation } from '../serving/prepare-operation.ts';
import type { FeedName } from './feeds.ts';
import { type JoinSources, joinSubscription, type Run } from './join-subscription.ts';
import type { LiveSubscriptions, LiveSubscriptionsSources } from './live-subscriptions.ts';
import type { SocketSession } from './socket-session.ts';
import type { OperationPayload } from './transport-messages.ts';

export interface OperationSources extends LiveSubscriptionsSources, JoinSources {
  prepare(sent: OperationRequest): Promise<Preparation>;
  /** Counts the use of a registered operation, or its refusal. */
  count(preparation: Preparation): void;
  /**
   * The answer to a query that anybody may have, as JSON text; null for every other operation. Rejects with a
   * GraphQLError if it may not run.
   */
  sharedAnswer(prepared: PreparedOperation, requestId: string): Promise<string | null>;
}

export class HubOperations {
  readonly #sources: OperationSources;
  readonly #live: LiveSubscriptions;

  constructor(sources: OperationSources, live: LiveSubscriptions) {
    this.#sources = sources;
    this.#live = live;
  }

  async start(session: SocketSession, id: string, payload: OperationPayload): Promise<void> {
    const token = Symbol(id);
    session.running.set(id, token);
    const isOver = () => session.running.get(id) !== token;
    await session.inTurn(async () => {
      if (!isOver()) await this.#begin(session, id, payload, isOver);
    });
  }

  async #begin(
    session: SocketSession,
    id: string,
    payload: OperationPayload,
    isOver: () => boolean,
  ): Promise<void> {
    const { randomId, prepare, count, sharedAnswer, viewerOf } = this.#sources;
    const requestId = randomId();
    try {
      const sent = toOperationRequest(payload, session.client);
      const preparation = await prepare(sent);
      count(preparation);
      if (!preparation.ok) throw preparation.error;
      const { prepared } = preparation;
      const shared = await sharedAnswer(prepared, requestId);
      if (shared !== null) return this.#complete(session, id, shared, isOver);
      const viewer = await viewerOf(session.authorization);
      if (isOver()) return;
      const run = { session, id, prepared, requestId, viewer, isOver };
      if (prepared.operation.operation === OperationTypeNode.SUBSCRIPTION)
        await joinSubscription(run, this.#live, this.#sources);
      else await this.#answer(run);
    } catch (error) {
      if (isOver()) return;
      this.#live.refuse(session, id, JSON.stringify(presented([error], requestId)));
      await this.stop(session, id);
    }
  }

  async stop(session: SocketSession, id: string): Promise<void> {
    const feed = this.#remove(session, id);
    session.store();
    if (feed !== undefined) await this.#live.updateFeed(feed);
  }

  /** Ends all operations of closed sockets, and then updates each of their feeds once. */
  async leave(sessions: readonly SocketSession[]): Promise<void> {
    const feeds = sessions.flatMap((session) => {
      session.running.clear();
      return [...session.subscriptions.keys()].flatMap((id) => this.#remove(session, id) ?? []);
    });
    await this.#live.updateFeeds(new Set(feeds));
  }

  /** Executes a query or a mutation for its caller. */
  async #answer({ session, id, prepared, requestId, viewer, isOver }: Run): Promise<void> {
    const { execute, createContext } = this.#sources;
    const result = await execute(prepared, createContext(requestId, viewer));
    if (result.data !== undefined) return this.#complete(session, id, JSON.stringify(result), isOver);
    if (isOver()) return;
    session.running.delete(id);
    // Without data its variables did not fit: it never ran.
    this.#live.refuse(session, id, JSON.stringify(result.errors));
  }

  #complete(session: SocketSession, id: string, payload: string, isOver: () => boolean): void {
    if (isOver()) return;
    session.running.delete(id);
    const nowMs = this.#sources.nowMs();
    session.on({ kind: 'result', id, payload }, nowMs);
    session.on({ kind: 'completed', id }, nowMs);
  }

  #remove(session: SocketSession, id: string): FeedName | undefined {
    session.running.delete(id);
    return this.#live.remove(session, id);
  }
}
