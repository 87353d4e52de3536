import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SOCKET_INITIALISATION_MS, SUBSCRIPTION_HUBS } from '../../src/config.ts';
import { executionCounts } from '../../src/execution/execute.ts';
import { bundledOperationNamed } from '../../src/operations/manifest.ts';
import { alarmOf, type ClientSocket, connect, openSocket, post } from '../support/client-socket.ts';
import { createMarket, type TestMarket } from '../support/market.ts';

const PRICES = `subscription Prices($symbols: [String!]!) {
  priceUpdated(symbols: $symbols) { symbol priceUsd }
}`;

let market: TestMarket;
let sockets: ClientSocket[];

beforeEach(async () => {
  market = await createMarket();
  sockets = [];
  // The Durable Objects have the environment's own upstream: they are led to this test's market.
  const realFetch = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const led = url.startsWith(env.PRICE_API_URL) ? url.replace(env.PRICE_API_URL, market.priceApiUrl) : url;
    const headers = new Headers(init?.headers);
    if (led !== url) headers.set('Authorization', `Bearer ${market.apiKey}`);
    return realFetch(led, { ...init, headers });
  });
});

afterEach(async () => {
  for (const socket of sockets) socket.close();
  // The next test has another market.
  await vi.waitFor(async () => expect(await alarmOf(feed())).toBeNull());
  await runInDurableObject(feed(), (_, { storage }) => storage.deleteAll());
  await evictAllDurableObjects();
  vi.restoreAllMocks();
});

async function connected(hubName?: string): Promise<ClientSocket> {
  const socket = await connect(hubName);
  sockets.push(socket);
  return socket;
}

/** What the alarm does each time it goes off. */
const poll = () => runDurableObjectAlarm(feed());

const feed = () => env.PRICE_FEED.getByName('prices');
const price = (symbol: string, priceUsd: number) => ({ data: { priceUpdated: { symbol, priceUsd } } });

async function setPrice(symbol: string, priceUsd: number): Promise<void> {
  await market.advance(5);
  await market.pinPrice(symbol, priceUsd);
}

describe('priceUpdated', () => {
  test('begins with the current price, and tells each new one with a greater position', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    socket.subscribe('a', PRICES, { symbols: ['btc'] });
    const first = await socket.next();
    expect(first).toMatchObject({ id: 'a', type: 'next', payload: price('BTC', 50_000) });
    await setPrice('BTC', 51_000);
    expect(await poll()).toBe(true);
    const second = await socket.next();
    expect(second).toMatchObject({ id: 'a', type: 'next', payload: price('BTC', 51_000) });
    const positions = [first, second].map(({ payload }) => Number(payload.extensions.position));
    expect(positions[1]).toBeGreaterThan(Number(positions[0]));
  });

  test('tells of a symbol once for each change, and of nothing that did not change', async () => {
    await setPrice('BTC', 50_000);
    await setPrice('ETH', 2_000);
    const socket = await connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC', 'ETH', 'btc'] });
    expect((await socket.next()).payload).toMatchObject(price('BTC', 50_000));
    expect((await socket.next()).payload).toMatchObject(price('ETH', 2_000));
    await poll();
    await setPrice('ETH', 2_001);
    await poll();
    expect((await socket.next()).payload).toMatchObject(price('ETH', 2_001));
    await setPrice('ETH', 2_002);
    await poll();
    expect((await socket.next()).payload).toMatchObject(price('ETH', 2_002));
  });

  test('is executed once for all who ask the same, and all are sent the same payload', async () => {
    await setPrice('BTC', 50_000);
    const [one, other] = [await connected('hub-0'), await connected('hub-0')];
    const asked: [ClientSocket, string][] = [
      [one, 'a'],
      [one, 'b'],
      [other, 'a'],
    ];
    for (const [socket, id] of asked) {
      socket.subscribe(id, PRICES, { symbols: ['BTC'] });
      await socket.next();
    }
    const before = executionCounts();
    await setPrice('BTC', 51_000);
    await poll();
    const texts = [await one.nextText(), await one.nextText(), await other.nextText()];
    const payloads = texts.map((text) => text.slice(text.indexOf('"payload"')));
    expect(new Set(payloads).size).toBe(1);
    expect(texts.map((text) => JSON.parse(text).id).sort()).toEqual(['a', 'a', 'b']);
    expect(executionCounts().fellBack - before.fellBack).toBe(1);
  });

  test('ends where the client completes it, and with the last one the feed rests', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    socket.subscribe('b', PRICES, { symbols: ['BTC'] });
    await socket.next();
    await socket.next();
    socket.send({ type: 'complete', id: 'a' });
    await setPrice('BTC', 51_000);
    await poll();
    expect((await socket.next()).id).toBe('b');
    socket.send({ type: 'complete', id: 'b' });
    await vi.waitFor(async () => expect(await alarmOf(feed())).toBeNull());
    expect(await poll()).toBe(false);
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({ id: 'a', payload: price('BTC', 51_000) });
  });

  test('asks the price API only for what is watched, in one call', async () => {
    const [one, other] = [await connected(), await connected()];
    one.subscribe('a', PRICES, { symbols: ['BTC', 'ETH'] });
    other.subscribe('a', PRICES, { symbols: ['ETH', 'SOL'] });
    for (const socket of [one, one, other, other]) await socket.next();
    await market.resetCalls();
    await poll();
    const { last } = await market.calls();
    expect(last.map(({ query }) => new URLSearchParams(query).get('symbols')?.split(',').sort())).toEqual([
      ['BTC', 'ETH', 'SOL'],
    ]);
  });

  test('is quiet where what changed is not what was selected', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    socket.subscribe('price', PRICES, { symbols: ['BTC'] });
    socket.subscribe('change', 'subscription { priceUpdated(symbols: ["BTC"]) { changePercent } }');
    const first = [await socket.next(), await socket.next()];
    const change = first.find(({ id }) => id === 'change')?.payload.data.priceUpdated.changePercent;
    // A pinned price stands still while the day that it is compared with moves on.
    await market.advance(86_400);
    await poll();
    const next = await socket.next();
    expect(next.id).toBe('change');
    expect(next.payload.data.priceUpdated.changePercent).not.toBe(change);
    socket.send({ type: 'ping', payload: {} });
    expect((await socket.next()).type).toBe('pong');
  });

  test('goes on after the price API has failed', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    await socket.next();
    await market.fault({ route: 'prices-batch', kind: '500' });
    await poll();
    await market.clearFaults();
    await setPrice('BTC', 51_000);
    await poll();
    expect((await socket.next()).payload).toMatchObject(price('BTC', 51_000));
  });

  test('says that there may be a gap where a client asks to resume', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    const payload = {
      query: PRICES,
      variables: { symbols: ['BTC', 'ETH'] },
      extensions: { resumeFrom: '3' },
    };
    socket.send({ type: 'subscribe', id: 'a', payload });
    expect((await socket.next()).payload).toMatchObject({
      ...price('BTC', 50_000),
      extensions: { gap: true },
    });
    expect((await socket.next()).payload.extensions).not.toHaveProperty('gap');
  });
});

describe('eviction', () => {
  test('leaves sockets open: what was subscribed before gets events, and messages are answered', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    await socket.next();
    await evictAllDurableObjects();
    await setPrice('BTC', 51_000);
    expect(await poll()).toBe(true);
    expect(await socket.next()).toMatchObject({ id: 'a', payload: price('BTC', 51_000) });
    await evictAllDurableObjects();
    socket.subscribe('b', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({ id: 'b', payload: price('BTC', 51_000) });
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for a already exists' });
  });

  test('has a connection that never introduced itself closed all the same', async () => {
    const socket = await openSocket();
    await evictAllDurableObjects();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + SOCKET_INITIALISATION_MS });
    for (let at = 0; at < SUBSCRIPTION_HUBS; at += 1)
      await runDurableObjectAlarm(env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`));
    vi.useRealTimers();
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });
});

describe('what else a socket carries', () => {
  test('a query is answered and completed', async () => {
    const socket = await connected();
    socket.subscribe('a', 'query ($symbol: String!) { price(symbol: $symbol) { symbol } }', {
      symbol: 'btc',
    });
    expect(await socket.next()).toEqual({
      id: 'a',
      type: 'next',
      payload: { data: { price: { symbol: 'BTC' } } },
    });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
  });

  test('pings, with a payload and without', async () => {
    const socket = await connected();
    socket.send('{"type":"ping"}');
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.send({ type: 'ping', payload: { at: 1 } });
    expect(await socket.next()).toEqual({ type: 'pong', payload: { at: 1 } });
  });
});

describe('refusals', () => {
  const refused: [string, Record<string, unknown>, string][] = [
    ['a field that nobody has', { query: 'subscription { nobody }' }, 'BAD_USER_INPUT'],
    ['an unknown id', { documentId: `sha256:${'0'.repeat(64)}` }, 'PERSISTED_QUERY_NOT_FOUND'],
    [
      'an id beside another document',
      { documentId: `sha256:${'0'.repeat(64)}`, query: '{ a }' },
      'PERSISTED_QUERY_HASH_MISMATCH',
    ],
    ['neither a document nor an id', { query: '' }, 'BAD_USER_INPUT'],
    ['no symbols', { query: PRICES, variables: { symbols: [] } }, 'BAD_USER_INPUT'],
    ['a variable that is missing', { query: PRICES }, 'BAD_USER_INPUT'],
    ['symbols that nobody knows', { query: PRICES, variables: { symbols: ['NOBODY'] } }, 'NOT_FOUND'],
    ['a pool that is none', { query: 'subscription { idoPoolUpdated(id: "a") { id } }' }, 'NOT_FOUND'],
    ['investments of nobody', { query: 'subscription { investmentUpdated { id } }' }, 'UNAUTHENTICATED'],
  ];
  test.each(refused)('%s', async (_, payload, code) => {
    const socket = await connected();
    socket.send({ type: 'subscribe', id: 'a', payload });
    const message = await socket.next();
    expect(message).toMatchObject({ id: 'a', type: 'error', payload: [{ extensions: { code } }] });
    expect(message.payload).toHaveLength(1);
    // The connection goes on, and the id is free.
    socket.subscribe('a', '{ __typename }');
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
  });

  test('whatever no release carries, where ids alone run', async () => {
    const search = bundledOperationNamed('Search');
    const variables = { query: 'bitcoin', first: 1 };
    const vars = env as { OPERATIONS_MODE: string };
    vars.OPERATIONS_MODE = 'id_only';
    try {
      await evictAllDurableObjects();
      const socket = await connected();
      const send = (payload: Record<string, unknown>) => socket.send({ type: 'subscribe', id: 'a', payload });
      send({ documentId: search?.id, query: '', variables });
      expect(await socket.next()).toMatchObject({
        id: 'a',
        type: 'next',
        payload: { data: expect.any(Object) },
      });
      expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
      send({ query: PRICES, variables: { symbols: ['BTC'] } });
      expect((await socket.next()).payload[0].extensions.code).toBe('PERSISTED_QUERY_ID_REQUIRED');
      send({ documentId: 'unknown' });
      expect((await socket.next()).payload[0].extensions.code).toBe('PERSISTED_QUERY_NOT_IN_LIST');
    } finally {
      vars.OPERATIONS_MODE = 'open';
      await evictAllDurableObjects();
    }
  });

  test('more than a socket can remember, and what it remembers goes on', async () => {
    await setPrice('BTC', 50_000);
    const socket = await connected();
    const long = (at: number) => `${PRICES} # ${at} ${'x'.repeat(5_000)}`;
    for (const at of [0, 1, 2]) {
      socket.subscribe(`${at}`, long(at), { symbols: ['BTC'] });
      expect(await socket.next()).toMatchObject({ id: `${at}`, type: 'next' });
    }
    socket.subscribe('more', long(3), { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({
      id: 'more',
      type: 'error',
      payload: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
    });
    await evictAllDurableObjects();
    await setPrice('BTC', 51_000);
    await poll();
    const ids = [await socket.next(), await socket.next(), await socket.next()].map(({ id }) => id);
    expect(ids.sort()).toEqual(['0', '1', '2']);
  });

  test('a malformed frame closes its own socket alone', async () => {
    const [one, other] = [await connected(), await connected()];
    one.send('{');
    expect(await one.closed).toEqual({ code: 4400, reason: 'The message is not JSON.' });
    other.send({ type: 'ping', payload: {} });
    expect((await other.next()).type).toBe('pong');
  });

  test('another subprotocol closes with 4406', async () => {
    const socket = await openSocket('graphql-ws');
    expect(await socket.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
  });

  test('over HTTP a subscription is told where to go', async () => {
    const response = await post({ query: PRICES, variables: { symbols: ['BTC'] } });
    expect(response).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(response.errors).toHaveLength(1);
  });
});
