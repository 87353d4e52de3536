/**
 * One of several hubs that hold sockets: it accepts, initialises and closes them. `hub-operations.ts` runs their
 * operations.
 *
 * Guaranteed: sockets and their subscriptions outlive the hub's memory. A connection that is not initialised in time is
 * closed, and so is one with private subscriptions when its viewer's token has expired or their session has ended.
 */
import { GraphQLError } from 'graphql';
import { HUB_MAX_SOCKETS, SOCKET_INITIALISATION_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import type { EventValue, FeedName } from './feeds.ts';
import { HubOperations, type OperationSources } from './hub-operations.ts';
import { LiveSubscriptions } from './live-subscriptions.ts';
import { setAlarmBy } from './object-storage.ts';
import { type Attachment, type HubEffect, SocketSession } from './socket-session.ts';
import type { TopicChange } from './topic-log.ts';
import { CLOSE_CODES, PING, PONG, TRANSPORT_SUBPROTOCOL } from './transport-messages.ts';

export interface HubSources extends OperationSources {
  state: Pick<
    DurableObjectState,
    'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse' | 'storage'
  >;
}

export class Hub {
  readonly #sources: HubSources;
  readonly #sessions = new Map<WebSocket, SocketSession>();
  readonly #live: LiveSubscriptions;
  readonly #operations: HubOperations;

  constructor(sources: HubSources) {
    this.#sources = sources;
    const { state, nowMs } = sources;
    this.#live = new LiveSubscriptions(sources);
    this.#operations = new HubOperations(sources, this.#live);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    for (const socket of state.getWebSockets()) {
      // A closed socket stays in the list until its client answers, which may be never.
      if (socket.readyState !== WebSocket.OPEN) continue;
      const session = new SocketSession(socket, socket.deserializeAttachment() as Attachment, nowMs());
      this.#sessions.set(socket, session);
      this.#live.restore(session);
    }
  }

  /** The handshake. */
  async open(request: Request): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    const headers = { 'Sec-WebSocket-Protocol': TRANSPORT_SUBPROTOCOL };
    if (this.#sessions.size >= HUB_MAX_SOCKETS) {
      server.accept();
      server.close(CLOSE_CODES.tryAgainLater, 'Too many connections: try again');
    } else await this.accept(server, readClientIdentity(request.headers));
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Accepts a socket, which must be initialised in time. */
  async accept(socket: WebSocket, client: ClientIdentity): Promise<void> {
    const { state, nowMs } = this.#sources;
    state.acceptWebSocket(socket);
    const openedAtMs = nowMs();
    const unknown = { isReady: false, authorization: null, viewer: null, subscriptions: [] };
    const session = new SocketSession(socket, { ...unknown, openedAtMs, client }, openedAtMs);
    session.store();
    this.#sessions.set(socket, session);
    await setAlarmBy(this.#sources.state.storage, openedAtMs + SOCKET_INITIALISATION_MS);
  }

  /** Closes sockets that were not initialised in time, and those whose viewer's token has expired. */
  async alarm(): Promise<void> {
    const nowMs = this.#sources.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const session of this.#sessions.values()) {
      const isReady = session.phase === 'ready';
      const dueMs = isReady ? session.expiresAtMs : session.openedAtMs + SOCKET_INITIALISATION_MS;
      if (dueMs === null) continue;
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
      else session.on({ kind: isReady ? 'forbidden' : 'initialisation-timed-out' }, nowMs);
    }
    await this.#leaveClosed();
    if (Number.isFinite(nextMs)) await setAlarmBy(this.#sources.state.storage, nextMs);
  }

  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const session = this.#sessions.get(socket);
    if (session === undefined) return;
    const { nowMs } = this.#sources;
    const effects = session.on({ kind: 'received', data, atMs: nowMs() }, nowMs());
    try {
      for (const effect of effects) await this.#perform(session, effect);
    } catch (error) {
      log.error('socket.message_failed', errorFields(error));
      session.on({ kind: 'failed' }, nowMs());
    }
    if (session.phase === 'closed') await this.#leave([session]);
    else if (session.expiresAtMs !== null) await setAlarmBy(this.#sources.state.storage, session.expiresAtMs);
  }

  async closed(socket: WebSocket): Promise<void> {
    const session = this.#sessions.get(socket);
    if (session !== undefined) await this.#leave([session]);
    // It closed while the hub hibernated: its topics may be watched no more.
    else await this.#live.updateFeeds();
  }

  /** Sends each change to its subscribers; rejects if the feed must publish them again. */
  async publish(feed: FeedName, changes: readonly TopicChange<EventValue>[]): Promise<void> {
    await this.#live.publish(feed, changes);
    await this.#leaveClosed();
  }

  /** Closes every socket that was initialised in a session that has ended. */
  async endSession(sessionId: string): Promise<void> {
    const nowMs = this.#sources.nowMs();
    for (const session of this.#sessions.values())
      if (session.viewer?.sessionId === sessionId) session.on({ kind: 'forbidden' }, nowMs);
    await this.#leaveClosed();
  }

  async #perform(session: SocketSession, effect: HubEffect): Promise<void> {
    switch (effect.kind) {
      case 'initialise':
        return this.#initialise(session, effect.payload);
      case 'start':
        return this.#operations.start(session, effect.id, effect.payload);
      case 'stop':
        return this.#operations.stop(session, effect.id);
      default:
        throw new Error(`unknown effect ${effect satisfies never}`);
    }
  }

  async #initialise(session: SocketSession, { authorization }: Record<string, unknown>): Promise<void> {
    const { viewerOf, nowMs } = this.#sources;
    session.authorization = typeof authorization === 'string' ? authorization : null;
    try {
      // An authorization that does not fit in the attachment could not be checked later.
      session.store();
      const viewer = await viewerOf(session.authorization);
      if (viewer !== null) {
        const { id, sessionId, expiresAt } = viewer;
        session.viewer = { id, sessionId, expiresAt };
      }
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      session.on({ kind: 'forbidden' }, nowMs());
      return;
    }
    session.on({ kind: 'initialised' }, nowMs());
    session.store();
  }

  #leaveClosed(): Promise<void> {
    return this.#leave([...this.#sessions.values()].filter(({ phase }) => phase === 'closed'));
  }

  #leave(sessions: readonly SocketSession[]): Promise<void> {
    return this.#operations.leave(sessions.filter(({ socket }) => this.#sessions.delete(socket)));
  }
}
