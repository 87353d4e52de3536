/** graphql-sse's own client, unchanged, and whoever builds on it, against `npm start`. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient, NetworkError } from 'graphql-sse';
import { type RunningStart, runStart } from '../browser/running-start.ts';
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import { assertSubscriptions } from './assert-subscriptions.ts';

interface Priced {
  priceUpdated: { symbol: string; priceUsd: number };
}
type Result = FormattedExecutionResult<Priced, { position: string }>;

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

const watch = (symbol: string) =>
  client.iterate<Priced>({
    query: `subscription { priceUpdated(symbols: ["${symbol}"]) { symbol priceUsd } }`,
  });

async function nextPrice(events: ReturnType<typeof watch>) {
  const { value } = await events.next();
  const { data, errors, extensions } = value as Result;
  assert.equal(errors, undefined);
  assert.ok(data);
  return { ...data.priceUpdated, position: Number(extensions?.position) };
}

test('two streams at once tell the prices of a living market, until they are completed', async () => {
  const [bitcoin, ether] = [watch('BTC'), watch('ETH')];
  for (const [events, symbol] of [
    [bitcoin, 'BTC'],
    [ether, 'ETH'],
  ] as const) {
    const first = await nextPrice(events);
    const second = await nextPrice(events);
    assert.deepEqual([first.symbol, second.symbol], [symbol, symbol]);
    assert.notEqual(first.priceUsd, second.priceUsd);
    assert.ok(second.position > first.position);
  }
  await bitcoin.return?.();
  assert.equal((await nextPrice(ether)).symbol, 'ETH');
  await ether.return?.();
});

test('a stream goes on over a connection that broke', async () => {
  const events = watch('BTC');
  await nextPrice(events);
  proxy.cut();
  assert.equal((await nextPrice(events)).symbol, 'BTC');
  await events.return?.();
});

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
