/**
 * The operations of one hub's sockets: queries and mutations are answered at once, subscriptions run until they end. The
 * same function as over HTTP decides whether an operation may run.
 */
import { type DocumentNode, OperationTypeNode } from 'graphql';
import pTimeout from 'p-timeout';
import {
  HUB_WAITING_MAX_BYTES,
  SOCKET_LAST_ANSWERS_MS,
  SOCKET_MESSAGE_MAX_BYTES,
  SOCKET_PING_AFTER_BYTES,
} from '../config.ts';
import type { FaultListener } from '../graphql/context.ts';
import { presented } from '../graphql/error-policy.ts';
import type { RequestRecorder } from '../metrics/request-recorder.ts';
import type { CacheResult } from '../observability/request-metrics.ts';
import { asOperation, runningTrace, runWork, type WorkOrigin } from '../observability/running-work.ts';
import { type OperationRequest, toOperationRequest } from '../operations/operation-request.ts';
import {
  measurePreparation,
  type Preparation,
  type PreparedOperation,
} from '../serving/prepare-operation.ts';
import type { SharedText } from '../serving/serving.ts';
import { viewerOfOperation } from '../serving/viewer-of-operation.ts';
import type { SourceName } from './feeds.ts';
import { type JoinSources, joinSubscription, type Run } from './join-subscription.ts';
import type { LiveSubscriptions, LiveSubscriptionsSources } from './live-subscriptions.ts';
import { ObservedOperation } from './observed-operation.ts';
import type { SocketSession } from './socket-session.ts';
import type { OperationPayload } from './transport-messages.ts';
import { NoRoom, type UnreadBytes } from './unread-bytes.ts';

export interface OperationSources extends LiveSubscriptionsSources, JoinSources {
  prepare(sent: OperationRequest): Promise<Preparation>;
  /** The platform's; left out where no spans are made. */
  tracing?: WorkOrigin['tracing'];
  /** Counts the use of a registered operation, or its refusal. */
  count(preparation: Preparation): void;
  /**
   * The answer to a query that anybody may have, as JSON text; null for every other operation. Rejects with a
   * GraphQLError if it may not run.
   */
  sharedAnswer(prepared: PreparedOperation, request: FaultListener): Promise<SharedText | null>;
  recorder: Pick<RequestRecorder, 'record' | 'live'>;
}

const CACHE_RESULT_OF = {
  HIT: 'hit',
  STALE: 'stale',
  MISS: 'miss',
  BYPASS: 'bypass',
} as const satisfies Record<SharedText['outcome'], CacheResult>;
const utf8 = new TextEncoder();

/** A started operation, before its viewer is known. */
type Asked = Omit<Run, 'viewer'> & { request: ObservedOperation };

/** The room that an operation takes whose answers nobody has seen. */
const UNKNOWN_ANSWER_BYTES = SOCKET_PING_AFTER_BYTES;

export class HubOperations {
  readonly #sources: OperationSources;
  readonly #live: LiveSubscriptions;
  readonly #unread: UnreadBytes;
  /** By operation, the length of its longest answer so far. */
  readonly #answerBytes = new WeakMap<DocumentNode, number>();
  /** The bytes of messages that the hub holds, for all sockets: their operations wait to begin or to be answered. */
  #waitingBytes = 0;

  constructor(sources: OperationSources, live: LiveSubscriptions, unread: UnreadBytes) {
    this.#sources = sources;
    this.#live = live;
    this.#unread = unread;
  }

  /** @param messageBytes the length of its message, which is held until the operation is answered or runs. */
  async start(
    session: SocketSession,
    id: string,
    payload: OperationPayload,
    messageBytes: number,
  ): Promise<void> {
    const isInShare = session.waitingBytes + messageBytes <= SOCKET_MESSAGE_MAX_BYTES;
    if (!isInShare && this.#waitingBytes + messageBytes > HUB_WAITING_MAX_BYTES) {
      // Without a line in the log, which a flood would fill.
      const request = this.#observed(session);
      this.#live.refuse(session, id, shownRefusal(new NoRoom(), request));
      this.#record(session, request);
      return;
    }
    const token = Symbol(id);
    session.running.set(id, token);
    const isOver = () => session.running.get(id) !== token;
    this.#wait(session, messageBytes);
    try {
      const beginning = session.inTurn(async () => {
        if (!isOver()) await this.#begin(session, id, payload, isOver);
      });
      session.beginning.add(beginning);
      await beginning.finally(() => session.beginning.delete(beginning));
    } finally {
      this.#wait(session, -messageBytes);
    }
  }

  #wait(session: SocketSession, bytes: number): void {
    session.waitingBytes += bytes;
    this.#waitingBytes += bytes;
  }

  async #begin(
    session: SocketSession,
    id: string,
    payload: OperationPayload,
    isOver: () => boolean,
  ): Promise<void> {
    const { traceparent } = session.requestClient;
    const { randomId, tracing } = this.#sources;
    const requestId = randomId();
    await runWork({ requestId, traceparent, tracing }, async () => {
      const request = this.#observed(session, requestId);
      await asOperation(() => this.#run(request, session, id, payload, isOver));
      this.#record(session, request);
    });
  }

  #observed(session: SocketSession, requestId = this.#sources.randomId()): ObservedOperation {
    const { requestClient, client, country } = session;
    const traceparent = runningTrace()?.traceparent ?? requestClient.traceparent;
    return new ObservedOperation(
      requestId,
      { ...requestClient, traceparent },
      client,
      this.#sources.nowMs,
      country,
    );
  }

  /** The Worker records an operation of its own event streams. */
  #record(session: SocketSession, request: ObservedOperation): void {
    if (!session.isEventStream) this.#sources.recorder.record(request.measured, request.end);
  }

  async #run(
    request: ObservedOperation,
    session: SocketSession,
    id: string,
    payload: OperationPayload,
    isOver: () => boolean,
  ): Promise<void> {
    const { prepare, count } = this.#sources;
    try {
      const sent = toOperationRequest(payload, session.client);
      request.measured.client = sent.client;
      const preparation = await request.timed(() => prepare(sent));
      count(preparation);
      measurePreparation(request.measured, preparation);
      if (!preparation.ok) throw preparation.error;
      const { prepared } = preparation;
      request.prepared = prepared;
      const asked = { session, id, prepared, request, isOver };
      if (prepared.operation.operation === OperationTypeNode.SUBSCRIPTION) await this.#join(asked);
      else await this.#answerInRoom(asked);
    } catch (error) {
      if (isOver()) return;
      this.#live.refuse(session, id, shownRefusal(error, request));
      await this.stop(session, id);
    } finally {
      request.log();
    }
  }

  /** Resolves when the socket waits for no answer any more, or has waited for `SOCKET_LAST_ANSWERS_MS`. */
  async untilAnswered({ beginning }: SocketSession): Promise<void> {
    await pTimeout(Promise.allSettled(beginning), { milliseconds: SOCKET_LAST_ANSWERS_MS, message: false });
  }

  async stop(session: SocketSession, id: string): Promise<void> {
    const source = this.#remove(session, id);
    session.store();
    if (source !== undefined) await this.#live.updateSource(source);
  }

  /** Ends all operations of closed sockets, and then updates each of their sources once. */
  async leave(sessions: readonly SocketSession[]): Promise<void> {
    const sources = sessions.flatMap((session) => {
      session.running.clear();
      return [...session.subscriptions.keys()].flatMap((id) => this.#remove(session, id) ?? []);
    });
    await this.#live.updateSources(sources);
  }

  async #join(asked: Asked): Promise<void> {
    const { isPrivate, viewerOf } = this.#sources;
    // Anybody may have a public one, also when the socket's token has expired.
    const viewer = isPrivate(asked.prepared)
      ? await viewerOf(asked.session.authorization, 'authoritative')
      : null;
    if (asked.isOver()) return;
    const run = { ...asked, viewer };
    await asked.request.timed(() => joinSubscription(run, this.#live, this.#sources));
  }

  async #answerInRoom(asked: Asked): Promise<void> {
    const { session, prepared, isOver } = asked;
    for (let isAnswered = false; !isAnswered && !isOver(); ) {
      const bytes = this.#answerBytes.get(prepared.document) ?? UNKNOWN_ANSWER_BYTES;
      await this.#unread.inRoom(session, bytes, isOver, async () => {
        isAnswered = await asked.request.timed(() => this.#answer(asked, bytes));
      });
    }
  }

  /**
   * Answers a query or a mutation: a shared answer to anybody, any other to its caller.
   *
   * @param reservedBytes the room that it has. False if a shared answer is longer and there is no more room: it is in the
   *   cache, so nobody needs to hold it until there is.
   */
  async #answer({ session, id, prepared, request, isOver }: Asked, reservedBytes: number): Promise<boolean> {
    const { execute, createContext, sharedAnswer, viewerOf } = this.#sources;
    const fits = () => {
      const missingBytes = (this.#answerBytes.get(prepared.document) ?? 0) - reservedBytes;
      return missingBytes <= 0 || this.#unread.hasRoom(session, missingBytes);
    };
    if (!fits()) return false;
    const shared = await sharedAnswer(prepared, request);
    if (shared !== null) {
      this.#noteBytes(prepared, shared.text);
      if (!fits()) return false;
      request.cache = CACHE_RESULT_OF[shared.outcome];
      request.bytes = shared.bytes;
      this.#complete(session, id, shared.text, isOver);
      return true;
    }
    const viewer = await viewerOfOperation(prepared.operation, session.authorization, viewerOf);
    if (isOver()) return true;
    const result = await execute(prepared, createContext(request, viewer));
    if (result.data !== undefined) {
      const text = JSON.stringify(result);
      this.#noteBytes(prepared, text);
      request.bytes = utf8.encode(text).byteLength;
      this.#complete(session, id, text, isOver);
    } else if (!isOver()) {
      session.running.delete(id);
      // Without data its variables did not fit: it never ran.
      this.#live.refuse(session, id, JSON.stringify(result.errors));
    }
    return true;
  }

  #noteBytes({ document }: PreparedOperation, answer: string): void {
    const known = this.#answerBytes.get(document) ?? 0;
    if (answer.length > known) this.#answerBytes.set(document, answer.length);
  }

  #complete(session: SocketSession, id: string, payload: string, isOver: () => boolean): void {
    if (isOver()) return;
    session.running.delete(id);
    const nowMs = this.#sources.nowMs();
    session.on({ kind: 'result', id, payload }, nowMs);
    session.on({ kind: 'completed', id }, nowMs);
  }

  #remove(session: SocketSession, id: string): SourceName | undefined {
    session.running.delete(id);
    return this.#live.remove(session, id);
  }
}

/** Clients decide how much waits in a hub: that there is no room is no fault of the gateway. */
function shownRefusal(error: unknown, request: ObservedOperation): string {
  if (error instanceof NoRoom) request.measured.ofCaller();
  return JSON.stringify(presented([error], request));
}
