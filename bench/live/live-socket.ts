/**
 * One client that watches: a socket or an event stream on a connection of its own, opened, subscribed, and from then on
 * counted. It looks at what arrives no closer than it takes to tell an event from the rest.
 */
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

/** The protocol by which a client watches. */
export type Protocol = 'graphql-transport-ws' | 'bare' | 'event-stream';

export interface LiveSocketOptions {
  protocol: Protocol;
  /** The server's address, with the path. */
  url: string;
  /** The subscription. */
  document: string;
  /** True if the server sends the current state at once. */
  currentFirst: boolean;
  onEvent(bytes: Buffer): void;
  /** Any message that is sent, the handshake aside. */
  onSend(): void;
  onFailure(error: Error): void;
}

export interface LiveSocket {
  send(text: string): void;
}

/** Acknowledgements, pings and pongs; a message with a result is longer. */
const CONTROL_MAX_BYTES = 64;
const OPENING_MAX_MS = 30_000;

/** Resolves once it watches. */
export async function openLiveSocket(options: LiveSocketOptions): Promise<LiveSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isOpen = false;
  const fail = (error: Error) => {
    reject(error);
    if (isOpen) options.onFailure(error);
  };
  const timer = setTimeout(() => fail(new Error('a socket did not open in time')), OPENING_MAX_MS);
  const open = options.protocol === 'event-stream' ? openEventStream : openWebSocket;
  const socket = open(options, resolve, fail);
  await promise.finally(() => clearTimeout(timer));
  isOpen = true;
  return socket;
}

type Open = (options: LiveSocketOptions, opened: () => void, fail: (error: Error) => void) => LiveSocket;

const openWebSocket: Open = (options, opened, fail) => {
  const isBare = options.protocol === 'bare';
  const settings = { perMessageDeflate: false, skipUTF8Validation: true };
  const socket = new WebSocket(options.url, isBare ? [] : ['graphql-transport-ws'], settings);
  const send = (message: unknown) => {
    options.onSend();
    socket.send(JSON.stringify(message));
  };
  let isWatching = isBare;
  const onControl = (text: string) => {
    const { type } = JSON.parse(text) as { type: string };
    if (type === 'ping') send({ type: 'pong' });
    else if (type === 'connection_ack') {
      // As unique as clients make them.
      send({ type: 'subscribe', id: crypto.randomUUID(), payload: { query: options.document } });
      // Nobody acknowledges a subscription; a ping is answered after it.
      if (!options.currentFirst) send({ type: 'ping' });
    } else if (type === 'pong' && !isWatching) {
      isWatching = true;
      opened();
    } else throw new Error(`an unexpected message: ${text}`);
  };
  const onMessage = (payload: Buffer) => {
    if (payload.length <= CONTROL_MAX_BYTES && !isBare) onControl(payload.toString());
    else if (isWatching) options.onEvent(payload);
    else if (payload.includes('"errors"')) throw new Error(`refused: ${payload}`);
    else {
      isWatching = true;
      opened();
    }
  };
  socket.on('open', () => (isBare ? opened() : send({ type: 'connection_init' })));
  socket.on('message', (payload: Buffer) => {
    try {
      onMessage(payload);
    } catch (error) {
      fail(error as Error);
    }
  });
  socket.on('error', fail);
  socket.on('close', (code) => fail(new Error(`the server closed a socket with ${code}`)));
  return socket;
};

const openEventStream: Open = (options, opened, fail) => {
  const url = new URL(options.url);
  url.searchParams.set('query', options.document);
  get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
    if (response.statusCode !== 200) return fail(new Error(`a stream was refused: ${response.statusCode}`));
    createInterface({ input: response }).on('line', (line) => {
      if (line.startsWith('data: {')) options.onEvent(Buffer.from(line));
    });
    response.on('close', () => fail(new Error('the server closed a stream')));
    opened();
  }).on('error', fail);
  return { send: () => fail(new Error('an event stream sends nothing')) };
};
