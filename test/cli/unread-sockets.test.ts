/** Clients that never read, over real connections to workerd: nothing but its memory would take what they are sent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { bundleLiveWorkers, type GatewayServer, startGateway } from '../../bench/live/live-servers.ts';
import { SOCKET_BEHIND_MAX_MS, SOCKET_UNANSWERED_MAX_BYTES } from '../../src/config.ts';

/** Of a hundred symbols, so that one poll is some 50 KB. */
const SYMBOLS = Array.from({ length: 100 }, (_, number) => `S${number}`);
const FIELDS = Array.from({ length: 25 }, (_, number) => `a${number}: price`).join(' ');
const QUERY = `subscription ($symbols: [String!]!) { priceUpdated(symbols: $symbols) { symbol ${FIELDS} } }`;
const UNREAD_SOCKETS = 30;
const POLICY_VIOLATION = 1008;
const WARM_UP_MS = 5_000;

let server: GatewayServer;

before(async () => {
  const { gateway } = await bundleLiveWorkers(new AbortController().signal);
  server = await startGateway(gateway, { hubs: ['hub-0'], polls: 'by hand', synced: SYMBOLS });
});

after(() => server?.stop());

class Watcher {
  readonly #socket: WebSocket;
  bytes = 0;
  closeCode: number | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(): Promise<Watcher> {
    const socket = new WebSocket(server.urls[0] ?? '', 'graphql-transport-ws', {
      perMessageDeflate: false,
    });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    const payload = { query: QUERY, variables: { symbols: SYMBOLS } };
    socket.send(JSON.stringify({ type: 'subscribe', id: 'a', payload }));
    socket.pause();
    return new Watcher(socket);
  }

  /** From here on, and what has come until now. */
  read(): this {
    this.#socket.on('message', (message: Buffer) => {
      this.bytes += message.length;
      if (message.toString() === '{"type":"ping"}') this.#socket.send('{"type":"pong"}');
    });
    this.#socket.on('close', (code: number) => {
      this.closeCode = code;
    });
    this.#socket.resume();
    return this;
  }

  end(): void {
    this.#socket.terminate();
  }
}

const openMany = () => Promise.all(Array.from({ length: UNREAD_SOCKETS }, () => Watcher.open()));

/** @param isDone asked once the time is over: a slow machine needs more of it. */
async function mostMemoryWhilePolling(durationMs: number, isDone = () => true): Promise<number> {
  let most = server.memoryBytes();
  const endAtMs = Date.now() + durationMs;
  while (Date.now() < endAtMs || !isDone()) {
    await (await fetch(server.eventUrl, { method: 'POST' })).arrayBuffer();
    most = Math.max(most, server.memoryBytes());
  }
  return most;
}

test('a socket that never reads is closed, memory stays bounded, and who reads is told on', {
  timeout: 240_000,
}, async () => {
  const reading = (await Watcher.open()).read();
  // As many that read: the garbage of the events themselves is in the memory of before.
  const warmingUp = (await openMany()).map((watcher) => watcher.read());
  const before = await mostMemoryWhilePolling(WARM_UP_MS);
  for (const watcher of warmingUp) watcher.end();
  reading.bytes = 0;
  const unread = await openMany();
  // A frame that waits takes more than its bytes; all that was sent would be several times as much.
  const bound = 2 * UNREAD_SOCKETS * SOCKET_UNANSWERED_MAX_BYTES;
  const most = await mostMemoryWhilePolling(
    1.5 * SOCKET_BEHIND_MAX_MS,
    () => UNREAD_SOCKETS * reading.bytes > 2 * bound,
  );
  const sent = reading.bytes;
  for (const watcher of unread) watcher.read();
  while (unread.some(({ closeCode }) => closeCode === null)) await sleep(50);

  assert.equal(reading.closeCode, null);
  await (await fetch(server.eventUrl, { method: 'POST' })).arrayBuffer();
  while (reading.bytes === sent) await sleep(50);
  for (const { closeCode, bytes } of unread) {
    assert.equal(closeCode, POLICY_VIOLATION);
    assert.ok(bytes < sent, `${bytes} of ${sent} bytes`);
  }
  assert.ok(most - before < bound, `grown by ${most - before} bytes`);
  for (const watcher of [reading, ...unread]) watcher.end();
});

const ALIAS = 'a'.repeat(300);
const LONG_FIELDS = Array.from({ length: 28 }, (_, number) => `${ALIAS}${number}: price`).join(' ');
/** Some 900 KB. */
const LONG_QUERY = `query ($symbols: [String!]!) { prices(symbols: $symbols) { ${LONG_FIELDS} } }`;
const LONG_ANSWER_MIN_BYTES = 800_000;
const QUERIES_AT_ONCE = 49;
const PASSES = 4;
const SETTLED_MS = 4_000;

const askLong = (socket: WebSocket, id: string) => {
  const payload = { query: LONG_QUERY, variables: { symbols: SYMBOLS } };
  socket.send(JSON.stringify({ type: 'subscribe', id, payload }));
};

async function introduced(): Promise<WebSocket> {
  const socket = new WebSocket(server.urls[0] ?? '', 'graphql-transport-ws', { perMessageDeflate: false });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  return socket;
}

/** Asks, and reads nothing. */
async function askAndReadNothing(): Promise<WebSocket> {
  const socket = await introduced();
  socket.pause();
  for (let id = 0; id < QUERIES_AT_ONCE; id += 1) askLong(socket, `${id}`);
  return socket;
}

/** The length of the answer to one query of a socket that reads. */
async function answerBytes(): Promise<number> {
  const socket = await introduced();
  askLong(socket, 'read');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return answer.length;
}

test('queries that nobody reads take a bounded memory, the same in each pass', {
  timeout: 240_000,
}, async () => {
  assert.ok((await answerBytes()) > LONG_ANSWER_MIN_BYTES);
  const grown: number[] = [];
  const before = server.memoryBytes();
  for (let pass = 0; pass < PASSES; pass += 1) {
    const sockets = await Promise.all(Array.from({ length: UNREAD_SOCKETS }, askAndReadNothing));
    let most = 0;
    const endAtMs = Date.now() + SETTLED_MS;
    while (Date.now() < endAtMs) {
      most = Math.max(most, server.memoryBytes());
      await sleep(50);
    }
    grown.push(most - before);
    for (const socket of sockets) socket.terminate();
    // Who reads is answered as before.
    assert.ok((await answerBytes()) > LONG_ANSWER_MIN_BYTES);
  }
  const all = grown.map((bytes) => `${Math.round(bytes / 1024 / 1024)} MB`).join(', ');
  // All answers of one pass are more than a gigabyte. The first passes bring compiled code and garbage too.
  const [, second = 0] = grown;
  assert.ok(Math.max(...grown) < 300 * 1024 * 1024, `grown by ${all}`);
  assert.ok((grown.at(-1) ?? 0) < second + 80 * 1024 * 1024, `grown by ${all}`);
});
