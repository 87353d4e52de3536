/** The clients of graphql-ws and graphql-sse, unchanged, and whoever builds on them, against one `npm start`. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createClient as createSseClient, NetworkError, type Client as SseClient } from 'graphql-sse';
import { createClient as createWsClient, type Client as WsClient } from 'graphql-ws';
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import { assertSubscriptions } from './assert-subscriptions.ts';
import { assertGoesOn, assertTwoAtOnce, type Priced, priceOf } from './living-prices.ts';

let start: RunningStart;

before(async () => {
  start = await runQuickStart({ PRICE_POLL_SECONDS: '1' });
});

after(() => start?.interrupt());

suite('graphql-ws', () => {
  let client: WsClient;

  before(() => {
    client = createWsClient({
      url: `${start.gatewayUrl.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      shouldRetry: () => true,
      retryWait: async () => undefined,
    });
  });

  after(() => client?.dispose());

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
});

suite('graphql-sse', () => {
  let proxy: CuttableProxy;
  let client: SseClient;

  before(async () => {
    proxy = await startCuttableProxy(start.gatewayUrl);
    client = createSseClient({
      url: `${proxy.url}/graphql`,
      retryAttempts: 1,
      retry: async () => undefined,
    });
  });

  after(async () => {
    client?.dispose();
    await proxy?.close();
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
});

test('Apollo Client and urql watch prices by document, over graphql-ws and graphql-sse', async () => {
  await assertSubscriptions([`${start.gatewayUrl}/graphql`], 'BAD_USER_INPUT');
});
