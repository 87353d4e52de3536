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
/**
 * By its own bound, 1008, if the socket is sent that much within `HUB_BEHIND_MAX_MS`; by the one of all sockets, 1013, on
 * a machine that is slower. `test/unit/realtime` tells them apart by a driven clock.
 */
const CLOSED_AS_UNREAD = [1008, 1013];
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

async function poll(): Promise<void> {
  server.prices.change();
  await (await fetch(server.eventUrl, { method: 'POST' })).arrayBuffer();
}

/** @param isDone asked once the time is over: a slow machine needs more of it. */
async function mostMemoryWhilePolling(durationMs: number, isDone = () => true): Promise<number> {
  let most = server.memoryBytes();
  const endAtMs = Date.now() + durationMs;
  while (Date.now() < endAtMs || !isDone()) {
    await poll();
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
  await poll();
  while (reading.bytes === sent) await sleep(50);
  for (const { closeCode, bytes } of unread) {
    assert.ok(CLOSED_AS_UNREAD.includes(closeCode ?? 0), `closed with ${closeCode}`);
    assert.ok(bytes < sent, `${bytes} of ${sent} bytes`);
  }
  assert.ok(most - before < bound, `grown by ${most - before} bytes`);
  for (const watcher of [reading, ...unread]) watcher.end();
});
