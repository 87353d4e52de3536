/** Sockets that keep a hub and its feed busy, and others that must not wait for them. A test drives the clock. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  EVENT_TIMEOUT_MS,
  PRICE_FEED_FETCH_TIMEOUT_MS,
  SOCKET_MAX_SUBSCRIPTIONS,
  SOCKET_STARTS_AT_ONCE,
} from '../../../src/config.ts';
import { LiveWorld } from '../../support/live-world.ts';
import type { ServerSocket } from '../../support/server-socket.ts';

interface PriceEvent {
  data: { priceUpdated: { symbol: string; priceUsd: number } };
}

const CHURNING = 4;
/** By variable `symbols` of the operation, what its next executions and look-ups wait for. */
let holds: Map<string, Promise<void>>;
let world: LiveWorld;

beforeAll(() => {
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  holds = new Map();
  world = new LiveWorld(1, async () => undefined);
  world.holdOf = (symbols) => holds.get(symbols.join()) ?? Promise.resolve();
  setPrice('BTC', 1);
});

afterEach(() => {
  vi.useRealTimers();
});

function setPrice(symbol: string, priceUsd: number): void {
  world.nowMs += 1_000;
  world.setPrice(symbol, priceUsd);
}

async function connected(): Promise<ServerSocket> {
  const socket = await world.connect(0);
  await world.receive(0, socket, { type: 'connection_init' });
  return socket;
}

const subscribe = (socket: ServerSocket, id: string, symbols: string[]) =>
  world.receive(0, socket, { type: 'subscribe', id, payload: { query: '{}', variables: { symbols } } });

const seen = (socket: ServerSocket) =>
  socket
    .read(Number.POSITIVE_INFINITY)
    .filter(({ type }) => type === 'next')
    .map(({ payload }) => (payload as PriceEvent).data.priceUpdated);

/** Lets everything happen that needs no time. */
const settled = () => vi.advanceTimersByTimeAsync(0);

/** Sockets that subscribe to new symbols, for which the price API never answers, and complete after a while. */
async function churn(rounds: number): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: CHURNING }, connected));
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, socket] of sockets.entries()) {
      const symbol = `X${at}N${round}`;
      world.setPrice(symbol, 1);
      world.unansweredSymbols.add(symbol);
      void subscribe(socket, `${round}`, [symbol]);
      if (round >= 6) void world.receive(0, socket, { type: 'complete', id: `${round - 6}` });
    }
    await settled();
    world.nowMs += 100;
  }
}

test('a symbol that is watched has its first event at once, whatever others ask the price API for', async () => {
  const watcher = await connected();
  await subscribe(watcher, 'a', ['BTC']);
  await churn(30);
  const other = await connected();
  void subscribe(other, 'a', ['BTC']);
  await settled();
  expect(seen(other)).toEqual([{ symbol: 'BTC', priceUsd: 1 }]);
});

test('a symbol that nobody watched waits for the price API no longer than it would alone', async () => {
  await churn(30);
  const other = await connected();
  void subscribe(other, 'a', ['BTC']);
  await vi.advanceTimersByTimeAsync(PRICE_FEED_FETCH_TIMEOUT_MS);
  expect(seen(other)).toEqual([{ symbol: 'BTC', priceUsd: 1 }]);
});

test('a completed subscription is ended without the price API', async () => {
  await churn(30);
  const socket = await connected();
  void subscribe(socket, 'a', ['BTC']);
  await settled();
  let isEnded = false;
  void world.receive(0, socket, { type: 'complete', id: 'a' }).then(() => {
    isEnded = true;
  });
  await settled();
  expect(isEnded).toBe(true);
});

test('an operation whose event takes long keeps no other from its event, and has its own when it is executed', async () => {
  setPrice('ETH', 1);
  const [slow, prompt] = [await connected(), await connected()];
  await subscribe(slow, 'a', ['BTC', 'ETH']);
  await subscribe(prompt, 'a', ['BTC']);
  for (const socket of [slow, prompt]) seen(socket);
  const execution = Promise.withResolvers<void>();
  holds.set('BTC,ETH', execution.promise);
  setPrice('BTC', 2);
  const polling = world.poll();
  await settled();
  expect(seen(prompt)).toEqual([{ symbol: 'BTC', priceUsd: 2 }]);
  await vi.advanceTimersByTimeAsync(EVENT_TIMEOUT_MS);
  await polling;

  setPrice('BTC', 3);
  await world.poll();
  expect(seen(prompt)).toEqual([{ symbol: 'BTC', priceUsd: 3 }]);
  expect(seen(slow)).toEqual([]);

  holds.clear();
  execution.resolve();
  await settled();
  expect(seen(slow)).toEqual([{ symbol: 'BTC', priceUsd: 2 }]);
  await world.poll();
  expect(seen(slow)).toEqual([{ symbol: 'BTC', priceUsd: 3 }]);
  expect(seen(prompt)).toEqual([]);
});

test('operations of one socket begin a few at a time, one that has ended never does, and no other socket waits', async () => {
  const eager = await connected();
  const held = Promise.withResolvers<void>();
  holds.set('BTC', held.promise);
  for (let id = 0; id < SOCKET_MAX_SUBSCRIPTIONS; id += 1) void subscribe(eager, `${id}`, ['BTC']);
  await settled();
  expect(world.mostRunning).toBe(SOCKET_STARTS_AT_ONCE);
  // It may send 20 messages a second.
  world.nowMs += 2_000;
  for (let id = SOCKET_STARTS_AT_ONCE; id < SOCKET_MAX_SUBSCRIPTIONS; id += 1)
    if (id % 2 === 0) void world.receive(0, eager, { type: 'complete', id: `${id}` });
  setPrice('ETH', 1);
  const other = await connected();
  await subscribe(other, 'a', ['ETH']);
  expect(seen(other)).toEqual([{ symbol: 'ETH', priceUsd: 1 }]);
  const before = world.started;
  held.resolve();
  await settled();
  expect(world.started - before).toBe((SOCKET_MAX_SUBSCRIPTIONS - SOCKET_STARTS_AT_ONCE) / 2);
});
