/** graphql-ws's own client, unchanged, against `npm start`. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, createClient } from 'graphql-ws';
import { type RunningStart, runStart } from '../browser/running-start.ts';
import { assertGoesOn, assertTwoAtOnce, type Priced, priceOf } from './living-prices.ts';

let start: RunningStart;
let client: Client;

before(async () => {
  start = await runStart();
  client = createClient({
    url: `${start.gatewayUrl.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    shouldRetry: () => true,
    retryWait: async () => undefined,
  });
});

after(async () => {
  await client?.dispose();
  await start?.interrupt();
});

const watch = (symbol: string) => client.iterate<Priced>({ query: priceOf(symbol) });

test('two subscriptions at once tell the prices of a living market, until they are completed', () =>
  assertTwoAtOnce(watch));

test('a subscription goes on over a connection that broke', () =>
  assertGoesOn(watch, () => client.terminate()));

test('a query is answered, and a document with a mistake is refused', async () => {
  const { value } = await client.iterate({ query: '{ price(symbol: "BTC") { symbol } }' }).next();
  assert.deepEqual(value, { data: { price: { symbol: 'BTC' } } });
  await assert.rejects(client.iterate({ query: 'subscription { nobody }' }).next(), (errors) => {
    assert.ok(Array.isArray(errors));
    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['BAD_USER_INPUT'],
    );
    return true;
  });
});
