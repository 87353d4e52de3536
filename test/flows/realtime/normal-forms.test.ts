/** Sockets and streams in `safelist`: a subscription is found by its form, and runs on by what was registered. */
import { createExecutionContext, evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import gatewayWorker from '../../../src/index.ts';
import { EventStreamClient } from '../../support/event-stream-client.ts';
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

test('so is a stream of events', async () => {
  await live.setPrice('BTC', 52_000);
  const [path, init] = wireRequest(
    'POST',
    { query: TICKER, variables },
    { headers: { Accept: 'text/event-stream' } },
  );
  const request = new Request(new URL(path, 'https://gateway.test'), init) as Parameters<
    typeof gatewayWorker.fetch
  >[0];
  const answer = await gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext());
  const stream = new EventStreamClient(answer);
  try {
    expectTold(JSON.parse((await stream.next())?.data ?? 'null').data, 52_000);
  } finally {
    await stream.leave();
  }
});
