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
  /** A second one, of a feed that begins with nothing. It resumes, so it is sent what its feed has, of which there must be one event. */
  resumed?: string | undefined;
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
const OPENING_MAX_MS = 120_000;
/** No feed issues this position, so the whole state is sent. */
const FROM_THE_BEGINNING = '0';

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
  const subscribe = (query: string, extensions?: object) =>
    // As unique as clients make them.
    send({ type: 'subscribe', id: crypto.randomUUID(), payload: { query, extensions } });
  let isWatching = isBare;
  /** The subscriptions that have had an event. */
  const begun = new Set<string>();
  const subscriptions = options.resumed === undefined ? 1 : 2;
  const onControl = (text: string) => {
    const { type } = JSON.parse(text) as { type: string };
    if (type === 'ping') send({ type: 'pong' });
    else if (type === 'connection_ack') {
      subscribe(options.document);
      if (options.resumed !== undefined) subscribe(options.resumed, { resumeFrom: FROM_THE_BEGINNING });
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
      const { id, type } = JSON.parse(payload.toString()) as { id: string; type: string };
      if (type === 'error') throw new Error(`refused: ${payload}`);
      begun.add(id);
      if (begun.size < subscriptions) return;
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
