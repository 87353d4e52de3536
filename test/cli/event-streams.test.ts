/** graphql-sse's own client, unchanged, and whoever builds on it, against `npm start`. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, createClient, NetworkError } from 'graphql-sse';
import { type RunningStart, runStart } from '../browser/running-start.ts';
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import { assertSubscriptions } from './assert-subscriptions.ts';
import { assertGoesOn, assertTwoAtOnce, type Priced, priceOf } from './living-prices.ts';

let start: RunningStart;
let proxy: CuttableProxy;
let client: Client;

before(async () => {
  start = await runStart();
  proxy = await startCuttableProxy(start.gatewayUrl);
  client = createClient({ url: `${proxy.url}/graphql`, retryAttempts: 1, retry: async () => undefined });
});

after(async () => {
  client?.dispose();
  await proxy?.close();
  await start?.interrupt();
});

const watch = (symbol: string) => client.iterate<Priced>({ query: priceOf(symbol) });

test('two streams at once tell the prices of a living market, until they are completed', () =>
  assertTwoAtOnce(watch));

test('a stream goes on over a connection that broke', () => assertGoesOn(watch, () => proxy.cut()));

test('a query is answered and completed', async () => {
  const results = [];
  for await (const result of client.iterate({ query: '{ price(symbol: "BTC") { symbol } }' }))
    results.push(result);
  assert.deepEqual(results, [{ data: { price: { symbol: 'BTC' } } }]);
});

test('a document with a mistake is refused by status, and the answer says why', async () => {
  const error = await client
    .iterate({ query: 'subscription { nobody }' })
    .next()
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof NetworkError);
  const response = error.response as Response;
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
  const codes = errors.map(({ extensions }) => extensions.code);
  assert.deepEqual([response.status, codes], [400, ['BAD_USER_INPUT']]);
});

test('Apollo Client and urql watch prices by document, over graphql-ws and graphql-sse', async () => {
  await assertSubscriptions([`${start.gatewayUrl}/graphql`], 'BAD_USER_INPUT');
});
