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

/** A running subscription, as the socket remembers it. */
export interface Subscription {
  /** The client's, unique on its socket. */
  id: string;
  sent: Pick<OperationRequest, 'documentIds' | 'document' | 'operationName' | 'variables'>;
  symbols: string[];
  /** Of the last event that it was sent, or at least of the first. */
  position: number;
}

export interface Attachment {
  openedAtMs: number;
  isReady: boolean;
  client: ClientIdentity;
  authorization: string | null;
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
  #connection: Connection;

  constructor(socket: WebSocket, attachment: Attachment, nowMs: number) {
    this.socket = socket;
    this.openedAtMs = attachment.openedAtMs;
    this.client = attachment.client;
    this.authorization = attachment.authorization;
    for (const subscription of attachment.subscriptions)
      this.subscriptions.set(subscription.id, subscription);
    const opened = openedConnection(nowMs);
    const active = new Set(this.subscriptions.keys());
    this.#connection = attachment.isReady ? { ...opened, phase: 'ready', active } : opened;
  }

  get phase(): Connection['phase'] {
    return this.#connection.phase;
  }

  /** Sends and closes as the protocol asks, and returns what else is to be done. */
  on(event: ConnectionEvent): Exclude<Effect, { kind: 'send' | 'close' }>[] {
    const { connection, effects } = transition(this.#connection, event);
    this.#connection = connection;
    const others: Exclude<Effect, { kind: 'send' | 'close' }>[] = [];
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(effect.frame);
      else if (effect.kind === 'close') this.socket.close(effect.code, effect.reason);
      else others.push(effect);
    }
    return others;
  }

  /** @throws GraphQLError where the socket can remember no more; it remembers what it did, then. */
  remember(subscription?: Subscription): void {
    const subscriptions = [...this.subscriptions.values(), ...(subscription ? [subscription] : [])];
    const attachment: Attachment = {
      openedAtMs: this.openedAtMs,
      isReady: this.phase === 'ready',
      client: this.client,
      authorization: this.authorization,
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

  #send(frame: string): void {
    try {
      this.socket.send(frame);
    } catch {
      // It has closed since; its close event ends what it watched.
    }
  }
}

const TOO_LARGE =
  'The subscriptions of this connection are too large together: send ids in place of documents, or connect again.';
