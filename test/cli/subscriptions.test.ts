/** graphql-ws's own client, unchanged, against `npm start`. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { type RunningStart, runStart } from '../browser/running-start.ts';

interface Priced {
  priceUpdated: { symbol: string; priceUsd: number };
}

const priceOf = (symbol: string) =>
  `subscription { priceUpdated(symbols: ["${symbol}"]) { symbol priceUsd } }`;

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

type Result = FormattedExecutionResult<Priced, { position: string }>;

async function nextPrice(events: ReturnType<typeof watch>) {
  const { value } = await events.next();
  const { data, errors, extensions } = value as Result;
  assert.equal(errors, undefined);
  assert.ok(data);
  return { ...data.priceUpdated, position: Number(extensions?.position) };
}

test('two subscriptions at once tell the prices of a living market, until they are completed', async () => {
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

test('a subscription goes on over a connection that broke', async () => {
  const events = watch('BTC');
  await nextPrice(events);
  client.terminate();
  assert.equal((await nextPrice(events)).symbol, 'BTC');
  await events.return?.();
});

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
