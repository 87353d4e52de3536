/**
 * One client that watches: a socket or an event stream on a connection of its own, opened, subscribed, and from then on
 * counted. What arrives is looked at no closer than it takes to tell an event from the rest.
 */
import { connect, type Socket } from 'node:net';
import { EventStreamReader } from './event-stream.ts';
import { clientFrame, FrameReader, OPCODES } from './frames.ts';

/** How a client watches. */
export type Protocol = 'graphql-transport-ws' | 'bare' | 'event-stream';

export interface LiveSocketOptions {
  protocol: Protocol;
  /** Of its server, with the path. */
  url: string;
  /** What it subscribes to. */
  document: string;
  /** Whether its server tells it the current state at once. */
  currentFirst: boolean;
  /** @param bytes from where the event's message begins; overwritten afterwards. */
  onEvent(bytes: Buffer): void;
  /** Any message that is sent, the handshake aside. */
  onSend(): void;
  onFailure(error: Error): void;
}

const HEAD_END = '\r\n\r\n';
/** Every read of every socket goes into it, and is done with before the next. */
const buffer = Buffer.allocUnsafe(256 * 1024);
/** Of RFC 6455 the server hashes it; nobody here looks at the hash. */
const KEY = Buffer.alloc(16, 7).toString('base64');
/** Acknowledgements, pings and pongs; a message with a result is longer. */
const CONTROL_MAX_BYTES = 64;
const OPENING_MAX_MS = 30_000;

/** Resolves once it watches. */
export async function openLiveSocket(options: LiveSocketOptions): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isOpen = false;
  const fail = (error: Error) => {
    reject(error);
    if (isOpen) options.onFailure(error);
  };
  const opening = options.protocol === 'event-stream' ? eventStream : webSocket;
  const url = new URL(options.url);
  let take: (bytes: Buffer) => void = () => undefined;
  const onread = {
    buffer,
    callback: (length: number) => {
      try {
        take(buffer.subarray(0, length));
      } catch (error) {
        fail(error as Error);
      }
      return true;
    },
  };
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true, onread });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed a connection')));
  const { head, status, reader } = opening(url, options, socket, resolve);
  take = afterHead(status, reader, (next) => {
    take = next;
  });
  socket.write(head);
  const timer = setTimeout(() => fail(new Error('a socket did not open in time')), OPENING_MAX_MS);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  isOpen = true;
  return socket;
}

interface Opening {
  head: string;
  /** That the server answers with. */
  status: number;
  /** Called once it has; takes what follows. */
  reader(): (bytes: Buffer) => void;
}

function afterHead(
  status: number,
  reader: Opening['reader'],
  become: (take: (bytes: Buffer) => void) => void,
) {
  let received = Buffer.alloc(0);
  return (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    const end = received.indexOf(HEAD_END);
    if (end < 0) return;
    if (!received.toString('latin1', 0, end).startsWith(`HTTP/1.1 ${status}`))
      throw new Error(`a handshake was refused: ${received.toString('latin1', 0, 200)}`);
    const take = reader();
    become(take);
    take(received.subarray(end + HEAD_END.length));
  };
}

function webSocket(url: URL, options: LiveSocketOptions, socket: Socket, opened: () => void): Opening {
  const isBare = options.protocol === 'bare';
  const send = (message: unknown) => {
    options.onSend();
    socket.write(clientFrame(OPCODES.text, JSON.stringify(message)));
  };
  // As unique as clients make them.
  const id = crypto.randomUUID();
  let isWatching = isBare;
  const onControl = (text: string) => {
    const { type } = JSON.parse(text) as { type: string };
    if (type === 'ping') send({ type: 'pong' });
    else if (type === 'connection_ack') {
      send({ type: 'subscribe', id, payload: { query: options.document } });
      // Nobody acknowledges a subscription; a ping is answered after it.
      if (!options.currentFirst) send({ type: 'ping' });
    } else if (type === 'pong' && !isWatching) {
      isWatching = true;
      opened();
    } else throw new Error(`an unexpected message: ${text}`);
  };
  return {
    head: [
      `GET ${url.pathname} HTTP/1.1`,
      `Host: ${url.host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${KEY}`,
      ...(isBare ? [] : ['Sec-WebSocket-Protocol: graphql-transport-ws']),
      HEAD_END.slice(2),
    ].join('\r\n'),
    status: 101,
    reader: () => {
      const frames = new FrameReader((opcode, payload) => {
        if (opcode === OPCODES.ping) socket.write(clientFrame(OPCODES.pong, payload.toString()));
        else if (opcode !== OPCODES.text)
          throw new Error(`a frame of the kind ${opcode}: ${payload.subarray(2)}`);
        else if (payload.length <= CONTROL_MAX_BYTES && !isBare) onControl(payload.toString());
        else if (isWatching) options.onEvent(payload);
        else {
          if (payload.includes('"errors"')) throw new Error(`refused: ${payload}`);
          isWatching = true;
          opened();
        }
      });
      if (isBare) opened();
      else send({ type: 'connection_init' });
      return (bytes) => frames.take(bytes);
    },
  };
}

function eventStream(url: URL, options: LiveSocketOptions, _: Socket, opened: () => void): Opening {
  const query = new URLSearchParams({ query: options.document });
  return {
    head: [
      `GET ${url.pathname}?${query} HTTP/1.1`,
      `Host: ${url.host}`,
      'Accept: text/event-stream',
      HEAD_END.slice(2),
    ].join('\r\n'),
    status: 200,
    reader: () => {
      const events = new EventStreamReader(options.onEvent);
      opened();
      return (bytes) => events.take(bytes);
    },
  };
}
