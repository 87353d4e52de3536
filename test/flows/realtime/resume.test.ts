/** What `extensions.resumeFrom` and `extensions.gap` promise. */
import { evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { TOPIC_LOG_MAX_AGE_MS } from '../../../src/config.ts';
import type { ClientSocket } from '../../support/client-socket.ts';
import { PRICES, poll, price, untilFeedRests, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();
const SYMBOLS = ['BTC', 'ETH'];

/** Reads so many events, and answers the last one's position. */
async function read(socket: ClientSocket, ...prices: [string, number][]): Promise<string> {
  let position = '';
  for (const [symbol, priceUsd] of prices) {
    const { payload } = await socket.next();
    expect(payload).toMatchObject(price(symbol, priceUsd));
    expect(payload.extensions).not.toHaveProperty('gap');
    position = payload.extensions.position;
  }
  return position;
}

async function watching(): Promise<{ socket: ClientSocket; position: string }> {
  await live.setPrice('BTC', 50_000);
  await live.setPrice('ETH', 2_000);
  const socket = await live.connected('hub-0');
  socket.subscribe('a', PRICES, { symbols: SYMBOLS });
  return { socket, position: await read(socket, ['BTC', 50_000], ['ETH', 2_000]) };
}

async function resumed(hubName: string, resumeFrom: unknown, symbols = SYMBOLS): Promise<ClientSocket> {
  const socket = await live.connected(hubName);
  socket.subscribe('a', PRICES, { symbols }, { resumeFrom });
  return socket;
}

test('the latest value of what has changed comes once, in order, from another hub too', async () => {
  const { socket, position } = await watching();
  // Somebody goes on watching.
  await live.watcher('hub-2');
  socket.close();
  await live.setPrice('BTC', 50_001);
  await poll();
  await live.setPrice('ETH', 2_001);
  await live.setPrice('BTC', 50_002);
  await poll();
  for (const hubName of ['hub-1', 'hub-0']) {
    const again = await resumed(hubName, position);
    const latest = new Map<string, number>();
    let last = Number(position);
    // A price API that is slow to answer may leave an older price before the latest one.
    while (latest.get('BTC') !== 50_002 || latest.get('ETH') !== 2_001) {
      const { data, extensions } = (await again.next()).payload;
      latest.set(data.priceUpdated.symbol, data.priceUpdated.priceUsd);
      expect(Number(extensions.position)).toBeGreaterThan(last);
      last = Number(extensions.position);
      expect(extensions).not.toHaveProperty('gap');
    }
    await again.expectSilence();
  }
});

test('what changed while nobody watched is told', async () => {
  const { socket, position } = await watching();
  socket.close();
  await untilFeedRests();
  await live.setPrice('ETH', 2_001);
  const again = await resumed('hub-3', position, ['ETH']);
  await read(again, ['ETH', 2_001]);
  await again.expectSilence();
});

test('where nothing has changed nothing comes but what changes then', async () => {
  const { socket, position } = await watching();
  socket.close();
  const again = await resumed('hub-1', position);
  await vi.waitFor(async () => expect(await live.polledSymbols()).toEqual([SYMBOLS]));
  await again.expectSilence();
  await live.setPrice('BTC', 50_001);
  await poll();
  await read(again, ['BTC', 50_001]);
});

test('a restart of feed and hubs makes no gap', async () => {
  const { socket, position } = await watching();
  socket.close();
  await evictAllDurableObjects();
  await live.setPrice('BTC', 50_001);
  const again = await resumed('hub-0', position);
  await read(again, ['BTC', 50_001]);
});

test('who resumes within the first state is sent all of it again', async () => {
  await live.setPrice('BTC', 50_000);
  await live.setPrice('ETH', 2_000);
  const socket = await live.connected('hub-0');
  socket.subscribe('a', PRICES, { symbols: SYMBOLS });
  const { position } = (await socket.next()).payload.extensions;
  const again = await resumed('hub-1', position);
  expect((await again.next()).payload).toMatchObject({ ...price('BTC', 50_000), extensions: { gap: true } });
  await read(again, ['ETH', 2_000]);
});

test.each([
  ['from long ago', '3'],
  ['of nobody', '900000000000000'],
  ['that is none', 'yesterday'],
  ['that is no text', 7],
])(
  'a position %s is answered by the state, the first event of which says that there may be a gap',
  async (_, resumeFrom) => {
    const { socket } = await watching();
    socket.close();
    const again = await resumed('hub-1', resumeFrom);
    const first = (await again.next()).payload;
    expect(first).toMatchObject({ ...price('BTC', 50_000), extensions: { gap: true } });
    await read(again, ['ETH', 2_000]);
  },
);

test('a symbol that was not watched before makes a gap', async () => {
  const { socket, position } = await watching();
  socket.close();
  await live.setPrice('SOL', 100);
  const again = await resumed('hub-1', position, ['SOL']);
  expect((await again.next()).payload).toMatchObject({ ...price('SOL', 100), extensions: { gap: true } });
});

test('what was kept for too long is forgotten, and makes a gap', async () => {
  const { socket, position } = await watching();
  socket.close();
  await untilFeedRests();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + TOPIC_LOG_MAX_AGE_MS + 1 });
  try {
    // Whenever it writes, the feed forgets.
    const other = await live.connected('hub-1');
    other.subscribe('a', PRICES, { symbols: ['SOL'] });
    await other.next();
    other.close();
    const again = await resumed('hub-1', position);
    expect((await again.next()).payload.extensions).toMatchObject({ gap: true });
    await again.next();
    again.close();
    await untilFeedRests();
  } finally {
    vi.useRealTimers();
  }
});

test('symbols that nobody can be asked about while the price API fails are watched all the same', async () => {
  const rare = live.unheldSymbol();
  await live.setPrice(rare, 7);
  const socket = await live.connected('hub-0');
  socket.subscribe('a', PRICES, { symbols: ['BTC', rare] });
  await socket.next();
  const { payload } = await socket.next();
  expect(payload).toMatchObject(price(rare, 7));
  socket.close();
  await untilFeedRests();
  await evictAllDurableObjects();
  for (const kv of [env.CACHE_KV, env.PRICES_KV])
    for (const { name } of (await kv.list()).keys) await kv.delete(name);
  await live.upstream.fault({ route: 'prices-batch', kind: '500' });
  const again = await resumed('hub-1', payload.extensions.position, ['BTC', rare]);
  await vi.waitFor(async () => expect(await live.polledSymbols()).toContainEqual(['BTC', rare].sort()), {
    timeout: 20_000,
  });
  await live.upstream.clearFaults();
  await live.setPrice(rare, 8);
  await poll();
  const told = [(await again.next()).payload, (await again.next()).payload];
  expect(told).toContainEqual(expect.objectContaining(price(rare, 8)));
});
