/**
 * One socket: its connection by the protocol, and what the platform keeps of it while the hub sleeps.
 *
 * What is remembered is whole or not at all: a subscription that no longer fits in the socket's attachment is refused,
 * and the others stay.
 */
import { GraphQLError } from 'graphql';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import {
  type Connection,
  type ConnectionEvent,
  type Effect,
  openedConnection,
  transition,
} from './graphql-transport-ws.ts';
import { SlowConsumer } from './slow-consumer.ts';
import { PING } from './transport-messages.ts';
import type { Feed } from './watch.ts';

/** A running subscription, as the socket remembers it. */
export interface Subscription {
  /** The client's, unique on its socket. */
  id: string;
  sent: Pick<OperationRequest, 'documentIds' | 'document' | 'operationName' | 'variables'>;
  feed: Feed;
  topics: string[];
  /** Whose it is, where its answers are one viewer's own; '' where that is nobody. Null where they are everybody's. */
  owner: string | null;
  /** Of the last event that it was sent, or at least of the first. */
  position: number;
}

/** Who has introduced themselves, and until when they are believed. */
export interface SocketViewer {
  id: string;
  sessionId: string;
  /** Unix seconds. */
  expiresAt: number;
}

/** What a socket asks of its hub. */
export type HubEffect = Exclude<Effect, { kind: 'send' | 'close' | 'answered' }>;

export interface Attachment {
  openedAtMs: number;
  isReady: boolean;
  client: ClientIdentity;
  authorization: string | null;
  viewer: SocketViewer | null;
  subscriptions: Subscription[];
}

export class SocketSession {
  readonly socket: WebSocket;
  readonly subscriptions = new Map<string, Subscription>();
  /** By operation id, what is running: another operation may come to have the same id. */
  readonly running = new Map<string, symbol>();
  readonly openedAtMs: number;
  readonly client: ClientIdentity;
  authorization: string | null;
  viewer: SocketViewer | null;
  readonly #slowConsumer: SlowConsumer;
  #connection: Connection;

  constructor(socket: WebSocket, attachment: Attachment, nowMs: number) {
    this.socket = socket;
    this.openedAtMs = attachment.openedAtMs;
    this.client = attachment.client;
    this.authorization = attachment.authorization;
    this.viewer = attachment.viewer;
    this.#slowConsumer = new SlowConsumer(nowMs);
    for (const subscription of attachment.subscriptions)
      this.subscriptions.set(subscription.id, subscription);
    const opened = openedConnection(nowMs);
    const active = new Set(this.subscriptions.keys());
    this.#connection = attachment.isReady ? { ...opened, phase: 'ready', active } : opened;
  }

  get phase(): Connection['phase'] {
    return this.#connection.phase;
  }

  /** When what it watches of its viewer's own must end, in Unix milliseconds; null where it watches no such thing. */
  get expiresAtMs(): number | null {
    if (this.viewer === null || ![...this.subscriptions.values()].some(({ owner }) => owner)) return null;
    return this.viewer.expiresAt * 1000;
  }

  isExpired(nowMs: number): boolean {
    return this.viewer === null || this.viewer.expiresAt * 1000 <= nowMs;
  }

  /** Sends and closes as the protocol asks, and returns what else is to be done. */
  on(event: ConnectionEvent, nowMs: number): HubEffect[] {
    const { connection, effects } = transition(this.#connection, event);
    this.#connection = connection;
    const others: HubEffect[] = [];
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(effect.frame, nowMs);
      else if (effect.kind === 'close') this.socket.close(effect.code, effect.reason);
      else if (effect.kind === 'answered') this.#slowConsumer.answered(nowMs);
      else others.push(effect);
    }
    return others;
  }

  /** The same as a `result` would: events go to thousands of sockets, and most of the work would be the reducer's. */
  sendEvent(id: string, frame: string, nowMs: number): void {
    if (this.#connection.active.has(id)) this.#send(frame, nowMs);
  }

  /** @throws GraphQLError where the socket can remember no more; it remembers what it did, then. */
  remember(subscription?: Subscription): void {
    const subscriptions = [...this.subscriptions.values(), ...(subscription ? [subscription] : [])];
    const attachment: Attachment = {
      openedAtMs: this.openedAtMs,
      isReady: this.phase === 'ready',
      client: this.client,
      authorization: this.authorization,
      viewer: this.viewer,
      subscriptions,
    };
    try {
      this.socket.serializeAttachment(attachment);
    } catch (error) {
      // The platform takes 16 KB (developers.cloudflare.com/durable-objects/api/state, serializeAttachment).
      throw new GraphQLError(TOO_LARGE, {
        originalError: error instanceof Error ? error : undefined,
        extensions: { code: 'PAYLOAD_TOO_LARGE' },
      });
    }
    if (subscription) this.subscriptions.set(subscription.id, subscription);
  }

  #send(frame: string, nowMs: number): void {
    try {
      this.socket.send(frame);
      // Characters stand for bytes: the bounds are rough ones.
      const verdict = this.#slowConsumer.sent(frame.length + WAITING_FRAME_BYTES, nowMs);
      if (verdict === 'ask') this.socket.send(PING);
      else if (verdict === 'does not read') this.on({ kind: 'not-reading' }, nowMs);
    } catch {
      // It has closed since; its close event ends what it watched.
    }
  }
}

/** What a frame that waits to be read takes of workerd's memory beside its own bytes; measured, with frames of 600 bytes. */
const WAITING_FRAME_BYTES = 1024;

const TOO_LARGE =
  'The subscriptions of this connection are too large together: send ids in place of documents, or connect again.';
