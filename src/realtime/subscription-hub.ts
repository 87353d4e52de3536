/**
 * Sockets and their subscriptions, in one of several hubs.
 *
 * Guaranteed: what a subscription watches is in its socket's attachment before its first event, so that it outlives the
 * hub's memory; each distinct operation is executed once for an event, and everybody is sent the same payload; events
 * of one subscription leave in the order of their positions, the current state first. What may run is decided by the
 * same function as over HTTP.
 *
 * Not here yet: resuming. Whoever asks to is told of a gap, with the current state.
 */
import { GraphQLError, OperationTypeNode } from 'graphql';
import { HUB_MAX_SOCKETS, SOCKET_INITIALISATION_MS } from '../config.ts';
import type { EventSources, GatewayContext, Viewer } from '../graphql/context.ts';
import type { PreparedRequest } from '../graphql/prepare-request.ts';
import { errorFields, log } from '../observability/log.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import { selectedOperation } from '../operations/operation-cost.ts';
import { type OperationRequest, toOperationRequest } from '../operations/operation-request.ts';
import { EventGroups, withExtensions } from './event-groups.ts';
import type { Effect } from './graphql-transport-ws.ts';
import type { PriceChange } from './price-feed.ts';
import { type Attachment, SocketSession, type Subscription } from './socket-session.ts';
import {
  type createExecutePrepared,
  type createWatchedSymbols,
  presented,
} from './subscription-execution.ts';
import {
  CLOSE_CODES,
  type OperationPayload,
  PING,
  PONG,
  TRANSPORT_SUBPROTOCOL,
} from './transport-messages.ts';
import { WatchedPrices, type WatchPrices } from './watched-prices.ts';

export interface HubSources {
  state: Pick<
    DurableObjectState,
    'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse' | 'storage' | 'waitUntil'
  >;
  watchPrices: WatchPrices;
  watchedSymbols: ReturnType<typeof createWatchedSymbols>;
  /** Decides what an operation runs; rejects with a GraphQLError where nothing. */
  prepare(sent: OperationRequest): Promise<PreparedRequest>;
  execute: ReturnType<typeof createExecutePrepared>;
  /** Counts the use of a registered operation. */
  countUse(prepared: PreparedRequest): void;
  /** Who is asking, by the header that HTTP would carry; rejects with a GraphQLError where it is nobody's. */
  viewerOf(authorization: string | null): Promise<Viewer | null>;
  createContext(requestId: string, viewer: Viewer | null, events?: EventSources): GatewayContext;
  randomId(): string;
  nowMs(): number;
}

export class Hub {
  readonly #sources: HubSources;
  readonly #sessions = new Map<WebSocket, SocketSession>();
  readonly #groups: EventGroups;
  readonly #prices: WatchedPrices;
  /** Events leave one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(sources: HubSources) {
    this.#sources = sources;
    const { state, nowMs } = sources;
    this.#groups = new EventGroups(sources);
    this.#prices = new WatchedPrices(sources.watchPrices);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    for (const socket of state.getWebSockets()) {
      const session = new SocketSession(socket, socket.deserializeAttachment() as Attachment, nowMs());
      this.#sessions.set(socket, session);
      for (const subscription of session.subscriptions.values()) {
        this.#prices.add(subscription.symbols);
        this.#groups.join(session, subscription, null, new Map());
      }
    }
  }

  /** The handshake. */
  async open(request: Request): Promise<Response> {
    const { state, nowMs } = this.#sources;
    const { 0: client, 1: server } = new WebSocketPair();
    const headers = { 'Sec-WebSocket-Protocol': TRANSPORT_SUBPROTOCOL };
    if (this.#sessions.size >= HUB_MAX_SOCKETS) {
      server.accept();
      server.close(CLOSE_CODES.tryAgainLater, 'Too many connections: try again');
      return new Response(null, { status: 101, webSocket: client, headers });
    }
    state.acceptWebSocket(server);
    const openedAtMs = nowMs();
    const attachment: Attachment = {
      openedAtMs,
      isReady: false,
      client: readClientIdentity(request.headers),
      authorization: null,
      subscriptions: [],
    };
    const session = new SocketSession(server, attachment, openedAtMs);
    session.remember();
    this.#sessions.set(server, session);
    if ((await state.storage.getAlarm()) === null)
      await state.storage.setAlarm(openedAtMs + SOCKET_INITIALISATION_MS);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Closes what has not introduced itself in time. */
  async alarm(): Promise<void> {
    const { state, nowMs } = this.#sources;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const session of [...this.#sessions.values()]) {
      if (session.phase === 'ready' || session.phase === 'closed') continue;
      const dueMs = session.openedAtMs + SOCKET_INITIALISATION_MS;
      if (dueMs > nowMs()) nextMs = Math.min(nextMs, dueMs);
      else {
        session.on({ kind: 'initialisation-timed-out' });
        await this.#leave(session);
      }
    }
    if (Number.isFinite(nextMs)) await state.storage.setAlarm(nextMs);
  }

  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const session = this.#sessions.get(socket);
    if (session === undefined) return;
    const effects = session.on({ kind: 'received', data, atMs: this.#sources.nowMs() });
    try {
      for (const effect of effects) await this.#perform(session, effect);
    } catch (error) {
      log.error('socket.message_failed', errorFields(error));
      session.on({ kind: 'failed' });
    }
    if (session.phase === 'closed') await this.#leave(session);
  }

  async closed(socket: WebSocket): Promise<void> {
    const session = this.#sessions.get(socket);
    if (session !== undefined) await this.#leave(session);
  }

  /** Sends each change to whoever watches it; rejects where it must be told again. */
  async publish(changes: readonly PriceChange[]): Promise<void> {
    await this.#inTurn(async () => {
      this.#prices.take(changes);
      const context = this.#sources.createContext(this.#sources.randomId(), null);
      for (const change of changes) {
        for (const { session, subscription, payload } of await this.#groups.send(change, context)) {
          session.on({ kind: 'refused', id: subscription.id, payload });
          this.#forget(session, subscription.id);
          session.remember();
        }
      }
    });
    // Where this hub could not tell the feed what it let go of, it is told of too much.
    await this.#tellFeed();
  }

  async #perform(session: SocketSession, effect: Exclude<Effect, { kind: 'send' | 'close' }>): Promise<void> {
    switch (effect.kind) {
      case 'initialise':
        return this.#initialise(session, effect.payload);
      case 'start':
        return this.#start(session, effect.id, effect.payload);
      case 'stop':
        return this.#stop(session, effect.id);
      default:
        throw new Error(`unknown effect ${effect satisfies never}`);
    }
  }

  async #initialise(session: SocketSession, { authorization }: Record<string, unknown>): Promise<void> {
    session.authorization = typeof authorization === 'string' ? authorization : null;
    try {
      await this.#sources.viewerOf(session.authorization);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      session.on({ kind: 'forbidden' });
      return;
    }
    session.on({ kind: 'initialised' });
    session.remember();
  }

  async #start(session: SocketSession, id: string, payload: OperationPayload): Promise<void> {
    const run = Symbol(id);
    session.running.set(id, run);
    const isOver = () => session.running.get(id) !== run;
    const requestId = this.#sources.randomId();
    try {
      const sent = toOperationRequest(payload, session.client);
      const prepared = await this.#sources.prepare(sent);
      this.#sources.countUse(prepared);
      const viewer = await this.#sources.viewerOf(session.authorization);
      if (isOver()) return;
      const kind = selectedOperation(prepared.document, sent.operationName)?.operation;
      if (kind === OperationTypeNode.SUBSCRIPTION) {
        await this.#subscribe(session, id, prepared, { requestId, viewer, isOver });
        return;
      }
      const result = await this.#sources.execute(prepared, this.#sources.createContext(requestId, viewer));
      if (isOver()) return;
      session.running.delete(id);
      if (result.data === undefined) {
        // Its variables are not what it takes: it never ran.
        session.on({ kind: 'refused', id, payload: JSON.stringify(result.errors) });
        return;
      }
      session.on({ kind: 'result', id, payload: JSON.stringify(result) });
      session.on({ kind: 'completed', id });
    } catch (error) {
      if (isOver()) return;
      session.on({ kind: 'refused', id, payload: JSON.stringify(presented([error], requestId)) });
      await this.#stop(session, id);
    }
  }

  async #subscribe(
    session: SocketSession,
    id: string,
    prepared: PreparedRequest,
    run: { requestId: string; viewer: Viewer | null; isOver(): boolean },
  ): Promise<void> {
    const contextFor = (events?: EventSources) =>
      this.#sources.createContext(run.requestId, run.viewer, events);
    const asked = await this.#sources.watchedSymbols(prepared, contextFor);
    const context = contextFor();
    const known = await this.#prices.current(asked, (symbol) => context.prices.bySymbol(symbol));
    if (run.isOver()) return;

    const { documentIds, document, operationName, variables, extensions } = prepared.sent;
    const sent = { documentIds, document, operationName, variables };
    const subscription: Subscription = { id, sent, symbols: [...known.keys()], position: 0 };
    session.remember(subscription);
    this.#prices.add(subscription.symbols);
    await this.#prices.tellFeed();
    await this.#inTurn(async () => {
      const position = this.#prices.position;
      let isGap = extensions?.resumeFrom != null;
      const told = new Map<string, string>();
      for (const [symbol, record] of known) {
        const current = this.#prices.latest(symbol)?.record ?? record;
        const result = JSON.stringify(await this.#sources.execute(prepared, context, current));
        if (run.isOver()) return;
        told.set(symbol, result);
        const payload = withExtensions(result, { position: `${position}`, ...(isGap ? { gap: true } : {}) });
        session.on({ kind: 'result', id, payload });
        isGap = false;
      }
      subscription.position = position;
      session.remember();
      this.#groups.join(session, subscription, prepared, told);
    });
  }

  async #stop(session: SocketSession, id: string): Promise<void> {
    this.#forget(session, id);
    session.remember();
    await this.#tellFeed();
  }

  async #leave(session: SocketSession): Promise<void> {
    if (!this.#sessions.delete(session.socket)) return;
    session.running.clear();
    for (const id of [...session.subscriptions.keys()]) this.#forget(session, id);
    await this.#tellFeed();
  }

  /** Ends an operation. */
  #forget(session: SocketSession, id: string): void {
    session.running.delete(id);
    const subscription = session.subscriptions.get(id);
    if (subscription === undefined) return;
    session.subscriptions.delete(id);
    this.#prices.remove(subscription.symbols);
    this.#groups.part(subscription);
  }

  /** Of less than before: where it fails, the feed's next call finds out. */
  async #tellFeed(): Promise<void> {
    try {
      await this.#prices.tellFeed();
    } catch (error) {
      log.warn('hub.feed_not_told', errorFields(error));
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
