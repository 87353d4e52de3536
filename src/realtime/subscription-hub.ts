/**
 * One of several hubs that hold sockets: it accepts, initialises and closes them. `hub-operations.ts` runs their
 * operations.
 *
 * Guaranteed: sockets and their subscriptions outlive the hub's memory. A connection that is not initialised in time is
 * closed, and so is one with private subscriptions when its viewer's token has expired or their session has ended. A
 * silent connection is pinged from time to time, also after the hub has hibernated, and closed if it does not answer.
 */
import { type RequestClient, requestClientOf } from '../auth/request-client.ts';
import {
  HUB_BEHIND_MAX_MS,
  HUB_MAX_SOCKETS,
  SOCKET_INITIALISATION_MS,
  SOCKET_UNANSWERED_MAX_MS,
} from '../config.ts';
import { countryOf } from '../metrics/country-of.ts';
import type { HubState } from '../metrics/live-counts.ts';
import { errorFields, log } from '../observability/log.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import { closeSlowest } from './close-slowest.ts';
import { ClosedSockets } from './closed-sockets.ts';
import { type EventValue, isSourceName } from './feeds.ts';
import { HubOperations, type OperationSources } from './hub-operations.ts';
import { initialiseSession } from './initialise-session.ts';
import { LiveSubscriptions } from './live-subscriptions.ts';
import { setAlarmBy } from './object-storage.ts';
import type { Attachment } from './socket-attachment.ts';
import { type HubEffect, SocketSession } from './socket-session.ts';
import type { TopicChange } from './topic-log.ts';
import {
  ABNORMAL_CLOSURE,
  CLOSE_CODES,
  EVENT_STREAM_URL,
  PING,
  PONG,
  TRANSPORT_SUBPROTOCOL,
} from './transport-messages.ts';
import { UnreadBytes } from './unread-bytes.ts';

export interface HubSources extends OperationSources {
  state: Pick<
    DurableObjectState,
    | 'acceptWebSocket'
    | 'getWebSockets'
    | 'getWebSocketAutoResponseTimestamp'
    | 'setWebSocketAutoResponse'
    | 'storage'
  >;
  /** Background work that is due; `stateOf` gives the hub's state for metrics. */
  keepUp(stateOf: () => HubState): void;
}

export class Hub {
  readonly #sources: HubSources;
  readonly #sessions = new Map<WebSocket, SocketSession>();
  readonly #live: LiveSubscriptions;
  readonly #operations: HubOperations;
  readonly #unread: UnreadBytes;
  readonly #closed: ClosedSockets;

  constructor(sources: HubSources) {
    this.#sources = sources;
    const { state, nowMs } = sources;
    this.#live = new LiveSubscriptions(sources);
    this.#closed = new ClosedSockets(sources.recorder.live);
    this.#unread = new UnreadBytes({
      ...sources,
      closeSlowest: (excessBytes) => this.#makeRoom(excessBytes),
    });
    this.#operations = new HubOperations(sources, this.#live, this.#unread);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    for (const socket of state.getWebSockets()) {
      // A closed socket stays in the list until its client answers, which may be never.
      if (socket.readyState !== WebSocket.OPEN) continue;
      const session = new SocketSession(
        socket,
        socket.deserializeAttachment() as Attachment,
        nowMs(),
        this.#unread,
      );
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
    } else {
      const isEventStream = request.url === EVENT_STREAM_URL;
      const about = { country: countryOf(request), ...(isEventStream ? { isEventStream } : {}) };
      const { headers: sent } = request;
      await this.accept(server, readClientIdentity(sent), requestClientOf(sent), about);
    }
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Accepts a socket, which must be initialised in time. */
  async accept(
    socket: WebSocket,
    client: ClientIdentity,
    requestClient: RequestClient,
    about: Pick<Attachment, 'country' | 'isEventStream'> = {},
  ): Promise<void> {
    const { state, nowMs } = this.#sources;
    state.acceptWebSocket(socket);
    const openedAtMs = nowMs();
    const unknown = { isReady: false, authorization: null, viewer: null, subscriptions: [] };
    const attachment = { ...unknown, openedAtMs, client, requestClient, ...about };
    const session = new SocketSession(socket, attachment, openedAtMs, this.#unread);
    session.store();
    this.#sessions.set(socket, session);
    this.#sources.recorder.live.opened();
    await setAlarmBy(this.#sources.state.storage, openedAtMs + SOCKET_INITIALISATION_MS);
  }

  /**
   * Closes sockets that were not initialised in time, those whose viewer's token has expired and those that do not read,
   * and pings silent ones.
   */
  async alarm(): Promise<void> {
    const nowMs = this.#sources.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    this.#closeSlowest();
    for (const session of this.#sessions.values()) {
      this.#check(session, nowMs);
      if (!session.isClosed) nextMs = Math.min(nextMs, this.#dueMs(session));
    }
    nextMs = Math.min(nextMs, this.#closed.releaseUnanswered(nowMs));
    await this.#leaveClosed();
    this.#keepUp();
    if (Number.isFinite(nextMs)) await setAlarmBy(this.#sources.state.storage, nextMs);
  }

  #check(session: SocketSession, nowMs: number): void {
    if (session.isClosed) return;
    session.keepTimesBefore(nowMs);
    if (session.phase !== 'ready') {
      if (this.#dueMs(session) <= nowMs) session.on({ kind: 'initialisation-timed-out' }, nowMs);
    } else if ((session.expiresAtMs ?? nowMs + 1) <= nowMs) session.on({ kind: 'forbidden' }, nowMs);
    else {
      if (this.#dueMs(session) <= nowMs) session.checkLiveness(nowMs);
      // The hub may hibernate before the answer comes.
      if (!session.isClosed && session.askedAtMs !== null) session.store();
    }
  }

  #dueMs(session: SocketSession): number {
    if (session.phase !== 'ready') return session.openedAtMs + SOCKET_INITIALISATION_MS;
    const respondedAt = this.#sources.state.getWebSocketAutoResponseTimestamp(session.socket);
    const livenessMs = session.livenessDueMs(respondedAt?.getTime() ?? 0);
    return Math.min(livenessMs, session.expiresAtMs ?? livenessMs);
  }

  /** Not `async`, which would keep the message's text beside its payload for as long as its operation waits. */
  message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const session = this.#sessions.get(socket);
    if (session === undefined) return Promise.resolve();
    const nowMs = this.#sources.nowMs();
    const effects = session.on({ kind: 'received', data, atMs: nowMs }, nowMs);
    return this.#performAll(session, effects, typeof data === 'string' ? data.length : data.byteLength);
  }

  async #performAll(session: SocketSession, effects: HubEffect[], messageBytes: number): Promise<void> {
    const { nowMs } = this.#sources;
    try {
      for (const effect of effects) await this.#perform(session, effect, messageBytes);
    } catch (error) {
      log.error('socket.message_failed', errorFields(error));
      session.on({ kind: 'failed' }, nowMs());
    }
    if (session.phase === 'closed') await this.#leave([session]);
    else if (session.expiresAtMs !== null) await setAlarmBy(this.#sources.state.storage, session.expiresAtMs);
    await this.#watchAsked();
    this.#keepUp();
  }

  /** @param code that the client closed it with, or answered the hub's close with */
  async closed(socket: WebSocket, code: number): Promise<void> {
    const session = this.#sessions.get(socket) ?? this.#closed.heldBy(socket);
    if (session !== undefined) {
      await this.#leave([session], code);
      this.#closed.release(session);
      await this.#setNextAlarm();
    }
    // It closed while the hub hibernated: its topics may be watched no more.
    else {
      if (!this.#closed.count(socket, code)) return this.#keepUp();
      const { subscriptions = [] } = (socket.deserializeAttachment() as Attachment | null) ?? {};
      const sources = subscriptions.map(({ feed }) => feed).filter(isSourceName);
      await this.#live.updateSources(sources);
    }
    this.#keepUp();
  }

  #keepUp(): void {
    this.#sources.keepUp(() => {
      const sessions = [...this.#sessions.values()];
      const operations = sessions.reduce((sum, session) => sum + session.operationCount, 0);
      return { sockets: sessions.length, operations };
    });
  }

  /**
   * Sends each change to its subscribers; rejects if the source must publish them again.
   *
   * @param lostUpTo changes up to here were evicted before the hub had taken them; 0 if none were.
   */
  async publish(source: string, changes: readonly TopicChange<EventValue>[], lostUpTo = 0): Promise<void> {
    if (!isSourceName(source)) {
      // A later deployment publishes it, and nobody here can watch it.
      log.warn('hub.unknown_source', { feed: source });
      return;
    }
    try {
      await this.#live.publish(source, changes, lostUpTo);
    } finally {
      this.#closeSlowest();
      await this.#leaveClosed();
      await this.#watchAsked();
      this.#keepUp();
    }
  }

  /**
   * Closes every socket that was initialised in a session that has ended. One that waits for an answer gets it first: it
   * may be the answer to the mutation that has ended the session.
   */
  async endSessions(sessionIds: readonly string[]): Promise<void> {
    const { nowMs } = this.#sources;
    const ids = new Set(sessionIds);
    const ended = [...this.#sessions.values()].filter(({ viewer }) => viewer && ids.has(viewer.sessionId));
    await Promise.all(
      ended.map(async (session) => {
        if (session.beginning.size > 0) await this.#operations.untilAnswered(session);
        session.on({ kind: 'forbidden' }, nowMs());
      }),
    );
    await this.#leaveClosed();
  }

  async #perform(session: SocketSession, effect: HubEffect, messageBytes: number): Promise<void> {
    switch (effect.kind) {
      case 'initialise':
        return initialiseSession(session, effect.payload, this.#sources);
      case 'start':
        return this.#operations.start(session, effect.id, effect.payload, messageBytes);
      case 'stop':
        return this.#operations.stop(session, effect.id);
      default:
        throw new Error(`unknown effect ${effect satisfies never}`);
    }
  }

  #leaveClosed(): Promise<void> {
    return this.#leave([...this.#sessions.values()].filter(({ phase }) => phase === 'closed'));
  }

  async #leave(sessions: readonly SocketSession[], code = ABNORMAL_CLOSURE): Promise<void> {
    const nowMs = this.#sources.nowMs();
    const left = sessions.filter(({ socket }) => this.#sessions.delete(socket));
    for (const session of left) this.#closed.add(session, session.closeCode ?? code, nowMs);
    await this.#operations.leave(left);
    await this.#setNextAlarm();
  }

  async #setNextAlarm(): Promise<void> {
    const { state, nowMs } = this.#sources;
    if (this.#sessions.size + this.#closed.heldCount === 0) await state.storage.deleteAlarm();
    else if (this.#closed.heldCount > 0) await setAlarmBy(state.storage, nowMs() + SOCKET_UNANSWERED_MAX_MS);
  }

  /** Closes sockets that do not read, and the slowest others until the hub has so many bytes less. */
  #closeSlowest(excessBytes = this.#unread.excessOf(0)): void {
    closeSlowest(this.#sessions.values(), excessBytes, this.#sources.nowMs());
  }

  /** For an answer that waits: operations of closed sockets end at once. */
  #makeRoom(excessBytes: number): void {
    this.#closeSlowest(excessBytes);
    this.#leaveClosed().catch((error: unknown) => log.error('hub.leave_failed', errorFields(error)));
  }

  /** A socket that was pinged is looked at again, also if nothing else happens. */
  async #watchAsked(): Promise<void> {
    if (!this.#unread.takeAsked()) return;
    await setAlarmBy(this.#sources.state.storage, this.#sources.nowMs() + HUB_BEHIND_MAX_MS);
  }
}
