/**
 * The facts of a socket that the platform keeps while its hub hibernates.
 *
 * An attachment is stored whole or not at all: a subscription that no longer fits in it is refused, and the others stay.
 */
import { GraphQLError } from 'graphql';
import type { RequestClient } from '../auth/request-client.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import type { SourceName } from './feeds.ts';

/** A running subscription, as the socket's attachment holds it. */
export interface Subscription {
  /** The client's, unique on its socket. */
  id: string;
  sent: Pick<OperationRequest, 'documentIds' | 'document' | 'operationName' | 'variables'>;
  /** Its source, under the name that deployed hubs have stored. */
  feed: SourceName;
  topics: string[];
  /** The viewer's id if its answers are private, '' for a private operation of nobody. Null if they are public. */
  owner: string | null;
  /** The position of the last event that it was sent, or at least of the first. */
  position: number;
  /** Others have been sent later events, which it is still owed. */
  isLagging?: true;
}

/** The viewer by the token of `connection_init`, which expires. */
export interface SocketViewer {
  id: string;
  sessionId: string;
  /** Unix seconds. */
  expiresAt: number;
}

export interface Attachment {
  openedAtMs: number;
  /** The last message that is known to have come; absent from sockets of earlier deployments. */
  heardAtMs?: number;
  /** When a ping was sent that waits for its answer. */
  askedAtMs?: number | null;
  isReady: boolean;
  client: ClientIdentity;
  /** The sender of the handshake; absent from sockets of earlier deployments. */
  requestClient?: RequestClient;
  /** The sender's country, two letters; absent if it is not known. */
  country?: string;
  /** True if the Worker opened it for an event stream. */
  isEventStream?: boolean;
  authorization: string | null;
  viewer: SocketViewer | null;
  subscriptions: Subscription[];
}

/** The number of open sockets' subscriptions to a source, by their attachments: no hub needs to be restored for it. */
export function watchersIn(sockets: readonly WebSocket[], source: string): number {
  const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
  const watched = open.flatMap((socket) => (socket.deserializeAttachment() as Attachment).subscriptions);
  return watched.filter(({ feed }) => feed === source).length;
}

/** @throws GraphQLError if the attachment is too large; the last one stays, then. */
export function storeAttachment(socket: WebSocket, attachment: Attachment): void {
  try {
    socket.serializeAttachment(attachment);
  } catch (error) {
    // The platform takes 16 KB (developers.cloudflare.com/durable-objects/api/state, serializeAttachment).
    throw new GraphQLError(TOO_LARGE, {
      originalError: error instanceof Error ? error : undefined,
      extensions: { code: 'PAYLOAD_TOO_LARGE' },
    });
  }
}

const TOO_LARGE =
  'The subscriptions of this connection are too large together: send ids in place of documents, or connect again.';
