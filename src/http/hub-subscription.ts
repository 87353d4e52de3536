/**
 * The Worker as a client of a hub: one operation over one `graphql-transport-ws` socket, so that the hub may sleep
 * while a stream that ends in the Worker stays open. What may run is for the hub to decide.
 */
import type { GraphQLFormattedError } from 'graphql';
import { type RequestClient, requestClientHeaders } from '../auth/request-client.ts';
import { clientIdentityHeaders } from '../operations/client-identity.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import {
  ABNORMAL_CLOSURE,
  EVENT_STREAM_URL,
  PONG,
  TRANSPORT_SUBPROTOCOL,
} from '../realtime/transport-messages.ts';

export interface HubResult {
  data?: unknown;
  errors?: readonly GraphQLFormattedError[];
  extensions?: { position?: string };
}

export type HubEvent =
  | { kind: 'next'; result: HubResult }
  | { kind: 'error'; errors: readonly GraphQLFormattedError[] }
  | { kind: 'complete' }
  /** By the hub, or by an accident (1006). */
  | { kind: 'closed'; code: number; reason: string };

type HubMessage =
  | { type: 'connection_ack' | 'complete' | 'pong' }
  | { type: 'ping'; payload?: unknown }
  | { type: 'next'; payload: HubResult }
  | { type: 'error'; payload: readonly GraphQLFormattedError[] };

export interface HubSubscriptionOptions {
  /** The handshake. */
  openSocket(request: Request): Promise<Response>;
  client: ClientIdentity;
  requestClient: RequestClient;
  authorization: string | null;
  /** As a POST body has it. */
  payload: Record<string, unknown>;
  /** Is called for each event in turn; all but `next` are the last. */
  onEvent(event: HubEvent): void;
}

const OPERATION_ID = '1';
const NORMAL_CLOSURE = 1000;

/** Resolves once the socket is open; nothing comes of it any more after `close`. */
export async function subscribeToHub(options: HubSubscriptionOptions): Promise<{ close(): void }> {
  const { client, requestClient, authorization, payload } = options;
  const headers = new Headers([
    ...Object.entries(clientIdentityHeaders(client)),
    ...requestClientHeaders(requestClient),
  ]);
  headers.set('Upgrade', 'websocket');
  headers.set('Sec-WebSocket-Protocol', TRANSPORT_SUBPROTOCOL);
  const { webSocket: socket, status } = await options.openSocket(new Request(EVENT_STREAM_URL, { headers }));
  if (socket === null) throw new Error(`a hub answered ${status} in place of a socket`);

  let isOver = false;
  const close = () => {
    isOver = true;
    socket.close(NORMAL_CLOSURE);
  };
  const end = (event: HubEvent) => {
    if (isOver) return;
    close();
    options.onEvent(event);
  };
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  socket.addEventListener('message', ({ data }) => {
    if (isOver) return;
    const message = JSON.parse(String(data)) as HubMessage;
    switch (message.type) {
      case 'connection_ack':
        return send({ type: 'subscribe', id: OPERATION_ID, payload });
      case 'ping':
        return message.payload === undefined
          ? socket.send(PONG)
          : send({ type: 'pong', payload: message.payload });
      case 'pong':
        return;
      case 'next':
        return options.onEvent({ kind: 'next', result: message.payload });
      case 'error':
        return end({ kind: 'error', errors: message.payload });
      case 'complete':
        return end({ kind: 'complete' });
      default:
        throw new Error(`unknown message ${message satisfies never}`);
    }
  });
  socket.addEventListener('close', ({ code, reason }) => end({ kind: 'closed', code, reason }));
  socket.addEventListener('error', () => end({ kind: 'closed', code: ABNORMAL_CLOSURE, reason: '' }));
  socket.accept();
  send({ type: 'connection_init', payload: authorization === null ? {} : { authorization } });
  return { close };
}
