/**
 * The server's side of a `graphql-transport-ws` connection as a pure reducer of events to effects.
 *
 * Exact to the protocol's document: which message may be sent when, and the close code of each breach. The gateway adds
 * its limits: the size and rate of messages, and the number of operations at once. It executes nothing, knows no socket
 * and no clock, and has no effects after it has closed a connection.
 */
import {
  SOCKET_MAX_SUBSCRIPTIONS,
  SOCKET_MESSAGE_MAX_BYTES,
  SOCKET_MESSAGES_BURST,
  SOCKET_MESSAGES_PER_SECOND,
} from '../config.ts';
import { type Rate, refilled } from '../storage/token-bucket.ts';
import {
  ACKNOWLEDGED,
  CLOSE_CODES,
  type ClientMessage,
  type CloseCode,
  completeFrame,
  errorFrame,
  nextFrame,
  type OperationPayload,
  parseClientMessage,
} from './transport-messages.ts';

export interface Connection {
  phase: 'opened' | 'initialising' | 'ready' | 'closed';
  /** Ids of the operations that have not ended. */
  active: ReadonlySet<string>;
  /** The number of messages that may still come at once, as of an instant. */
  allowance: { messages: number; atMs: number };
}

export type ConnectionEvent =
  | { kind: 'received'; data: string | ArrayBuffer; atMs: number }
  | { kind: 'initialised' }
  /** Its authorization is not valid, or not any more. */
  | { kind: 'forbidden' }
  | { kind: 'not-reading' }
  /** Its hub has no room for what it does not read. */
  | { kind: 'too-slow' }
  /** It has missed events that its hub does not have any more: its client is sent them, or a gap, when it resumes. */
  | { kind: 'behind' }
  /** It was sent a ping. */
  | { kind: 'asked' }
  | { kind: 'initialisation-timed-out' }
  /** `payload` is the JSON text of a result. */
  | { kind: 'result'; id: string; payload: string }
  | { kind: 'completed'; id: string }
  /** The operation ends with errors: `payload` is their list as JSON text. */
  | { kind: 'refused'; id: string; payload: string }
  | { kind: 'failed' };

export type Effect =
  | { kind: 'send'; frame: string }
  | { kind: 'close'; code: CloseCode; reason: string }
  /** Must be followed by `initialised` or `forbidden`. */
  | { kind: 'initialise'; payload: Record<string, unknown> }
  /** Must be followed by results and an end. */
  | { kind: 'start'; id: string; payload: OperationPayload }
  | { kind: 'stop'; id: string }
  /** The client reads the frames that it is sent. */
  | { kind: 'answered' };

export interface Transition {
  connection: Connection;
  effects: Effect[];
}

export function openedConnection(atMs: number): Connection {
  return { phase: 'opened', active: new Set(), allowance: { messages: SOCKET_MESSAGES_BURST, atMs } };
}

export function transition(connection: Connection, event: ConnectionEvent): Transition {
  if (connection.phase === 'closed') return unchanged(connection);
  switch (event.kind) {
    case 'received':
      return received(connection, event.data, event.atMs);
    case 'initialised':
      if (connection.phase !== 'initialising') return unchanged(connection);
      return { connection: { ...connection, phase: 'ready' }, effects: [send(ACKNOWLEDGED)] };
    case 'forbidden':
      return closed(connection, 'forbidden', 'Forbidden');
    case 'not-reading':
      return closed(connection, 'policyViolation', 'Pings are not answered');
    case 'too-slow':
      return closed(connection, 'tryAgainLater', 'Too much is unread: try again');
    case 'behind':
      return closed(connection, 'tryAgainLater', 'Events were lost: resume');
    case 'asked':
      return unchanged({ ...connection, allowance: withOneMore(connection.allowance) });
    case 'initialisation-timed-out':
      // A client that has sent the message in time may wait for its answer.
      if (connection.phase !== 'opened') return unchanged(connection);
      return closed(connection, 'initialisationTimeout', 'Connection initialisation timeout');
    case 'result':
      if (!connection.active.has(event.id)) return unchanged(connection);
      return { connection, effects: [send(nextFrame(event.id, event.payload))] };
    case 'completed':
      return ended(connection, event.id, completeFrame(event.id));
    case 'refused':
      return ended(connection, event.id, errorFrame(event.id, event.payload));
    case 'failed':
      return closed(connection, 'internalError', 'Internal server error');
    default:
      throw new Error(`unknown event ${event satisfies never}`);
  }
}

function received(before: Connection, data: string | ArrayBuffer, atMs: number): Transition {
  const connection = { ...before, allowance: spent(before.allowance, atMs) };
  if (connection.allowance.messages < 0) {
    const reason = `More than ${SOCKET_MESSAGES_PER_SECOND} messages a second`;
    return closed(connection, 'policyViolation', reason);
  }
  if (isTooBig(data)) {
    return closed(connection, 'messageTooBig', `A message holds at most ${SOCKET_MESSAGE_MAX_BYTES} bytes`);
  }
  if (typeof data !== 'string') return closed(connection, 'badRequest', 'The message is binary.');
  const parsed = parseClientMessage(data);
  return 'problem' in parsed
    ? closed(connection, 'badRequest', parsed.problem)
    : receivedMessage(connection, parsed.message);
}

function receivedMessage(connection: Connection, message: ClientMessage): Transition {
  const { phase, active } = connection;
  switch (message.type) {
    case 'connection_init':
      if (phase !== 'opened')
        return closed(connection, 'tooManyInitialisations', 'Too many initialisation requests');
      return {
        connection: { ...connection, phase: 'initialising' },
        effects: [{ kind: 'initialise', payload: message.payload ?? {} }],
      };
    case 'ping':
      return { connection, effects: [send(pong(message.payload))] };
    case 'pong':
      return { connection, effects: [{ kind: 'answered' }] };
    case 'subscribe':
      if (phase !== 'ready') return closed(connection, 'unauthorized', 'Unauthorized');
      return started(connection, message.id, message.payload);
    case 'complete':
      // Both sides may end an operation at once: an unknown id is no breach.
      if (!active.has(message.id)) return unchanged(connection);
      return { connection: without(connection, message.id), effects: [{ kind: 'stop', id: message.id }] };
    default:
      throw new Error(`unknown message ${message satisfies never}`);
  }
}

function started(connection: Connection, id: string, payload: OperationPayload): Transition {
  if (connection.active.has(id)) {
    return closed(connection, 'subscriberAlreadyExists', `Subscriber for ${id} already exists`);
  }
  if (connection.active.size >= SOCKET_MAX_SUBSCRIPTIONS) {
    return { connection, effects: [send(errorFrame(id, TOO_MANY_OPERATIONS))] };
  }
  return {
    connection: { ...connection, active: new Set([...connection.active, id]) },
    effects: [{ kind: 'start', id, payload }],
  };
}

const TOO_MANY_OPERATIONS = JSON.stringify([
  {
    message: `One connection carries at most ${SOCKET_MAX_SUBSCRIPTIONS} operations at once.`,
    extensions: { code: 'RATE_LIMITED' },
  },
]);

function ended(connection: Connection, id: string, frame: string): Transition {
  if (!connection.active.has(id)) return unchanged(connection);
  return { connection: without(connection, id), effects: [send(frame)] };
}

function without(connection: Connection, id: string): Connection {
  return { ...connection, active: new Set([...connection.active].filter((other) => other !== id)) };
}

function closed(connection: Connection, code: keyof typeof CLOSE_CODES, reason: string): Transition {
  return {
    connection: { ...connection, phase: 'closed', active: new Set() },
    effects: [{ kind: 'close', code: CLOSE_CODES[code], reason: asReason(reason) }],
  };
}

const unchanged = (connection: Connection): Transition => ({ connection, effects: [] });
const send = (frame: string): Effect => ({ kind: 'send', frame });
const pong = (payload: Record<string, unknown> | null | undefined) =>
  JSON.stringify(payload == null ? { type: 'pong' } : { type: 'pong', payload });

const MESSAGE_RATE: Rate = { burst: SOCKET_MESSAGES_BURST, perSecond: SOCKET_MESSAGES_PER_SECOND };

/** A token bucket as a value: it holds as many messages as a client sends after it reconnects. */
function spent({ messages, atMs: thenMs }: Connection['allowance'], atMs: number): Connection['allowance'] {
  return { messages: refilled(messages, atMs - thenMs, MESSAGE_RATE) - 1, atMs };
}

/** The pong that answers a ping is not one of the client's own messages. */
const withOneMore = ({ messages, atMs }: Connection['allowance']) => ({ messages: messages + 1, atMs });

function isTooBig(data: string | ArrayBuffer): boolean {
  if (typeof data !== 'string') return data.byteLength > SOCKET_MESSAGE_MAX_BYTES;
  if (data.length > SOCKET_MESSAGE_MAX_BYTES) return true;
  // No character takes more than three bytes of UTF-8 for each of its UTF-16 units.
  return data.length * 3 > SOCKET_MESSAGE_MAX_BYTES && utf8.encode(data).length > SOCKET_MESSAGE_MAX_BYTES;
}

const utf8 = new TextEncoder();
/** RFC 6455, section 5.5: a control frame carries 125 bytes, two of which are the code. */
const REASON_MAX_BYTES = 123;

function asReason(text: string): string {
  const bytes = new Uint8Array(REASON_MAX_BYTES);
  const { read } = utf8.encodeInto(text, bytes);
  return text.slice(0, read);
}
