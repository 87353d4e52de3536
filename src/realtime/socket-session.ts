/**
 * One socket: its connection by the protocol, and its attachment, which the platform keeps while the hub hibernates.
 */
import pLimit from 'p-limit';
import { type RequestClient, UNKNOWN_CLIENT } from '../auth/request-client.ts';
import {
  SOCKET_SILENT_PING_AFTER_MS,
  SOCKET_SOURCES_BURST,
  SOCKET_SOURCES_PER_SECOND,
  SOCKET_STARTS_AT_ONCE,
} from '../config.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import { type Rate, TokenBucket } from '../storage/token-bucket.ts';
import {
  type Connection,
  type ConnectionEvent,
  type Effect,
  openedConnection,
  transition,
} from './graphql-transport-ws.ts';
import { SlowConsumer } from './slow-consumer.ts';
import {
  type Attachment,
  type SocketViewer,
  type Subscription,
  storeAttachment,
} from './socket-attachment.ts';
import { PING } from './transport-messages.ts';
import type { UnreadBytes } from './unread-bytes.ts';

/** An effect that the hub performs, not the socket itself. */
export type HubEffect = Exclude<Effect, { kind: 'send' | 'close' | 'answered' }>;

export class SocketSession {
  readonly socket: WebSocket;
  readonly subscriptions = new Map<string, Subscription>();
  /** A token by operation id: a later operation may have the same id. */
  readonly running = new Map<string, symbol>();
  /** Begins its operations, a few at a time. An operation waits for others of its socket, and for no other socket. */
  readonly inTurn = pLimit(SOCKET_STARTS_AT_ONCE);
  /** Operations that are not answered yet, and subscriptions that do not run yet. */
  readonly beginning = new Set<Promise<void>>();
  /** Sources that it is the first of its hub to watch: an object is called for each, and again when it leaves. */
  readonly newSources = new TokenBucket(SOURCE_RATE);
  #openedAtMs: number;
  readonly client: ClientIdentity;
  readonly requestClient: RequestClient;
  readonly country: string;
  readonly isEventStream: boolean;
  /** The code that the hub closed it with; null if it did not. */
  closeCode: number | null = null;
  authorization: string | null;
  viewer: SocketViewer | null;
  readonly #slowConsumer: SlowConsumer;
  #isAskedStored: boolean;
  /** At least then; the hub's memory of later messages may be lost. */
  #heardAtMs: number;
  readonly #hub: UnreadBytes;
  /** The part of the hub's bytes that are this socket's. */
  #countedBytes = 0;
  #closedBytes = 0;
  reservedBytes = 0;
  #isNew = true;
  /** The bytes of messages that the hub holds: their operations wait to begin or to be answered. */
  waitingBytes = 0;
  #connection: Connection;

  constructor(socket: WebSocket, attachment: Attachment, nowMs: number, hub: UnreadBytes) {
    this.socket = socket;
    this.#hub = hub;
    this.#openedAtMs = attachment.openedAtMs;
    this.#isAskedStored = (attachment.askedAtMs ?? null) !== null;
    this.#heardAtMs = attachment.heardAtMs ?? nowMs;
    this.client = attachment.client;
    this.requestClient = attachment.requestClient ?? UNKNOWN_CLIENT;
    this.country = attachment.country ?? '';
    this.isEventStream = attachment.isEventStream ?? false;
    this.authorization = attachment.authorization;
    this.viewer = attachment.viewer;
    this.#slowConsumer = new SlowConsumer(attachment.heardAtMs ?? nowMs, attachment.askedAtMs);
    for (const subscription of attachment.subscriptions)
      this.subscriptions.set(subscription.id, subscription);
    const opened = openedConnection(nowMs);
    const active = new Set(this.subscriptions.keys());
    this.#connection = attachment.isReady ? { ...opened, phase: 'ready', active } : opened;
  }

  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  get phase(): Connection['phase'] {
    return this.#connection.phase;
  }

  /** When its private subscriptions must end, in Unix milliseconds; null if it has none. */
  get expiresAtMs(): number | null {
    if (this.viewer === null || ![...this.subscriptions.values()].some(({ owner }) => owner)) return null;
    return this.viewer.expiresAt * 1000;
  }

  isExpired(nowMs: number): boolean {
    return this.viewer === null || this.viewer.expiresAt * 1000 <= nowMs;
  }

  /** Sends and closes as the protocol asks, and returns the other effects. */
  on(event: ConnectionEvent, nowMs: number): HubEffect[] {
    const { connection, effects } = transition(this.#connection, event);
    this.#connection = connection;
    if (event.kind === 'received') this.#heardAtMs = nowMs;
    const others: HubEffect[] = [];
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(effect.frame, nowMs);
      else if (effect.kind === 'close') {
        this.closeCode = effect.code;
        this.socket.close(effect.code, effect.reason);
      } else if (effect.kind === 'answered') {
        this.#slowConsumer.answered(nowMs);
        if (this.hasAnswered) this.#endNew();
        this.#count();
        // After hibernation it would seem to be asked still.
        if (this.#isAskedStored) this.store();
      } else others.push(effect);
    }
    return others;
  }

  /** Operations that begin or run. */
  get operationCount(): number {
    return this.#connection.active.size;
  }

  get isClosed(): boolean {
    return this.#connection.phase === 'closed';
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  get hasAnswered(): boolean {
    return this.#slowConsumer.hasAnswered;
  }

  get unreadBytes(): number {
    return this.#slowConsumer.unreadBytes;
  }

  /** When the ping was sent that waits for its answer; null if none does. */
  get askedAtMs(): number | null {
    return this.#slowConsumer.askedAtMs;
  }

  /**
   * When it must be pinged, or closed because it did not answer, in Unix milliseconds.
   *
   * @param autoRespondedAtMs when the platform last answered a ping of the client; 0 if it never did.
   */
  livenessDueMs(autoRespondedAtMs: number): number {
    const answerDueMs = this.#slowConsumer.answerDueMs;
    if (answerDueMs !== null) return answerDueMs;
    return Math.max(this.#heardAtMs, autoRespondedAtMs) + SOCKET_SILENT_PING_AFTER_MS;
  }

  /** A clock may be set back: nothing that happened is later than now. */
  keepTimesBefore(nowMs: number): void {
    this.#openedAtMs = Math.min(this.#openedAtMs, nowMs);
    this.#heardAtMs = Math.min(this.#heardAtMs, nowMs);
    this.#slowConsumer.keepTimesBefore(nowMs);
  }

  /** Pings it, or closes it if it did not answer the last ping in time. */
  checkLiveness(nowMs: number): void {
    if (this.askedAtMs === null) this.#ask(nowMs);
    else this.closeUnlessReading(nowMs);
  }

  /** Pings it if it has answered no ping yet and none waits for its answer. */
  askIfNew(nowMs: number): void {
    if (this.hasAnswered || this.askedAtMs !== null || this.isClosed) return;
    this.#ask(nowMs);
    this.#count();
  }

  /** Closes it if it did not answer the last ping in time. */
  closeUnlessReading(nowMs: number): void {
    if (!this.#slowConsumer.reads(nowMs)) this.on({ kind: 'not-reading' }, nowMs);
  }

  /** Resolves when it has read enough to be sent more, or when nobody waits for that any more. */
  async untilRead(isOver: () => boolean): Promise<void> {
    if (this.unreadBytes > 0) await this.#hub.untilRead(this, isOver);
  }

  /** It is closed, and holds what it has not read until its client has answered. */
  holdUntilClosed(): void {
    this.#endNew();
    this.#hub.addClosed(this.#countedBytes);
    this.#closedBytes = this.#countedBytes;
  }

  /** Takes its unread bytes out of the hub's count. */
  leave(): void {
    this.#hub.add(this, -this.#countedBytes);
    this.#hub.addClosed(-this.#closedBytes);
    this.#countedBytes = 0;
    this.#closedBytes = 0;
  }

  /**
   * Does the same as a `result`: events go to thousands of sockets, and the reducer would take most of the time.
   *
   * @returns false if the subscription is over.
   */
  sendEvent(id: string, frame: string, nowMs: number): boolean {
    const isActive = this.#connection.active.has(id);
    if (isActive) this.#send(frame, nowMs);
    return isActive;
  }

  /** @throws GraphQLError if the attachment would be too large; it stays as it was, then. */
  store(subscription?: Subscription): void {
    const subscriptions = [...this.subscriptions.values(), ...(subscription ? [subscription] : [])];
    const attachment: Attachment = {
      openedAtMs: this.#openedAtMs,
      heardAtMs: this.#heardAtMs,
      askedAtMs: this.#slowConsumer.askedAtMs,
      isReady: this.phase === 'ready',
      client: this.client,
      requestClient: this.requestClient,
      ...(this.country === '' ? {} : { country: this.country }),
      ...(this.isEventStream ? { isEventStream: true } : {}),
      authorization: this.authorization,
      viewer: this.viewer,
      subscriptions,
    };
    storeAttachment(this.socket, attachment);
    this.#isAskedStored = attachment.askedAtMs !== null;
    if (subscription) this.subscriptions.set(subscription.id, subscription);
  }

  #ask(nowMs: number): void {
    if (this.#slowConsumer.askedAtMs === null) this.#slowConsumer.asked(nowMs);
    this.#connection = transition(this.#connection, { kind: 'asked' }).connection;
    this.#hub.noteAsked();
    this.socket.send(PING);
  }

  #endNew(): void {
    if (this.#isNew) this.#hub.removeNew(this.#countedBytes + this.reservedBytes);
    this.#isNew = false;
  }

  /** Has the hub count what this socket has not read. */
  #count(): void {
    const { unreadBytes } = this.#slowConsumer;
    this.#hub.add(this, unreadBytes - this.#countedBytes);
    this.#countedBytes = unreadBytes;
  }

  #send(frame: string, nowMs: number): void {
    try {
      this.socket.send(frame);
      // Characters stand for bytes: the bounds are rough ones.
      const verdict = this.#slowConsumer.sent(frame.length + WAITING_FRAME_BYTES, nowMs);
      if (verdict === 'ask') this.#ask(nowMs);
      else if (verdict === 'does not read') this.on({ kind: 'not-reading' }, nowMs);
      if (this.#slowConsumer.unreadBytes > 0) this.#count();
    } catch {
      // It has closed; its close event ends its subscriptions.
    }
  }
}

/** Memory that workerd takes for a waiting frame beside its own bytes; measured with frames of 600 bytes. */
const WAITING_FRAME_BYTES = 1024;

const SOURCE_RATE: Rate = { burst: SOCKET_SOURCES_BURST, perSecond: SOCKET_SOURCES_PER_SECOND };
