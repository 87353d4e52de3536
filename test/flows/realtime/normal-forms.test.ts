/**
 * Sockets and streams in `safelist`: a subscription is found by its form, and runs on by what was registered, until an
 * operator switches it off.
 */
import { createExecutionContext, evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import gatewayWorker from '../../../src/index.ts';
import { ADMIN_KEY, adminOf } from '../../support/admin.ts';
import { EventStreamClient } from '../../support/event-stream-client.ts';
import { startGateway } from '../../support/gateway.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { poll, useLiveMarket } from '../../support/live-market.ts';
import { wireRequest } from '../../support/wire-bench.ts';

const vars = env as { OPERATIONS_MODE: string };
const inMode = async (mode: string) => {
  vars.OPERATIONS_MODE = mode;
  coldIsolate();
  await evictAllDurableObjects();
};
beforeAll(() => inMode('safelist'));
afterAll(() => inMode('open'));

const live = useLiveMarket();

/** `operations/price-ticker.graphql` as caches send it. */
const TICKER = `subscription PriceTicker($symbols: [String!]!, $currency: Currency) {
  priceUpdated(symbols: $symbols, currency: $currency) { symbol currency price changePercent updatedAt __typename }
}`;
const variables = { symbols: ['BTC'] };

/** Its fields as the text has them: the registered text has another order. */
function expectTold(data: Record<string, unknown>, price: number): void {
  const { priceUpdated } = data;
  expect(priceUpdated).toMatchObject({ price, __typename: 'Price' });
  const fields = ['symbol', 'currency', 'price', 'changePercent', 'updatedAt', '__typename'];
  expect(Object.keys(priceUpdated ?? {})).toEqual(fields);
}

test('a socket is told by a form, also after its hub has slept, and nothing else is', async () => {
  await live.setPrice('BTC', 50_000);
  const socket = await live.connected();
  socket.subscribe('a', TICKER, variables);
  expectTold((await socket.next()).payload.data, 50_000);
  await evictAllDurableObjects();
  coldIsolate();
  await live.setPrice('BTC', 51_000);
  expect(await poll()).toBe(true);
  expectTold((await socket.next()).payload.data, 51_000);
  socket.subscribe('b', TICKER.replace('symbol ', ''), variables);
  expect((await socket.next()).payload[0].extensions.code).toBe('QUERY_NOT_IN_SAFELIST');
});

const streamed = async () => {
  const [path, init] = wireRequest(
    'POST',
    { query: TICKER, variables },
    { headers: { Accept: 'text/event-stream' } },
  );
  const request = new Request(new URL(path, 'https://gateway.test'), init) as Parameters<
    typeof gatewayWorker.fetch
  >[0];
  return gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext());
};

test('so is a stream of events', async () => {
  await live.setPrice('BTC', 52_000);
  const stream = new EventStreamClient(await streamed());
  try {
    expectTold(JSON.parse((await stream.next())?.data ?? 'null').data, 52_000);
  } finally {
    await stream.leave();
  }
});

test('one that is switched off ends in place of its next event, is refused meanwhile, and comes back', async () => {
  const id = manifest.operations.find(({ name }) => name === 'PriceTicker')?.id ?? '';
  const query = manifest.operations.find(({ name }) => name === 'WatchlistPrices')?.id ?? '';
  const OFF = { code: 'OPERATION_SWITCHED_OFF', retryAfterSeconds: 60 };
  const startedAtMs = Date.now();
  let atMs = startedAtMs;
  /** Every isolate reads the overlay anew. */
  const steered = async (change: 'on' | 'off') => {
    const admin = adminOf(startGateway(live.upstream, { ADMIN_KEY }));
    for (const each of [id, query])
      expect(await admin.send('POST', `/operations/${change}`, { id: each })).toMatchObject({ status: 200 });
    atMs += 60_000;
    vi.setSystemTime(atMs);
  };
  await live.setPrice('BTC', 53_000);
  const socket = await live.connected();
  socket.subscribe('a', TICKER, variables);
  expectTold((await socket.next()).payload.data, 53_000);
  /** The feed's own alarm may tell of the price again. */
  const nextOf = async (operation: string) => {
    let message = await socket.next();
    for (; message.type === 'next'; message = await socket.next()) expectTold(message.payload.data, 53_000);
    expect(message.id).toBe(operation);
    return message;
  };
  const stream = new EventStreamClient(await streamed());
  expectTold(JSON.parse((await stream.next())?.data ?? 'null').data, 53_000);
  try {
    await steered('off');
    // Their look-ups read the overlay for all hubs of the isolate.
    for (const payload of [
      { documentId: id, variables },
      { documentId: query, variables },
    ]) {
      socket.send({ type: 'subscribe', id: 'b', payload });
      expect(await nextOf('b')).toMatchObject({ type: 'error', payload: [{ extensions: OFF }] });
    }
    await live.setPrice('BTC', 54_000);
    expect(await poll()).toBe(true);
    expect(await nextOf('a')).toMatchObject({ type: 'error', payload: [{ extensions: OFF }] });
    // A client reconnects to a stream that ends without `complete`, and is refused by its status.
    for (const event of await stream.rest()) expectTold(JSON.parse(event.data).data, 53_000);
    const refused = await streamed();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60']);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: OFF }] });
    await live.setPrice('BTC', 55_000);
    await poll();
    await socket.expectSilence();
    await steered('on');
    socket.subscribe('c', TICKER, variables);
    expectTold((await socket.next()).payload.data, 55_000);
  } finally {
    await stream.leave();
    vi.useRealTimers();
  }
});
