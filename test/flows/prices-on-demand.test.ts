import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { ON_DEMAND_MISSES_PER_MINUTE } from '../../src/config.ts';
import { CRONS } from '../support/gateway.ts';
import { faults, type Serving, startServing } from '../support/serving-bench.ts';

type Quote = { symbol: string; price: number; updatedAt?: string } | null;

const ON_DEMAND_KEY = 'prices:on-demand';

async function symbolsAsked({ market }: Serving): Promise<string[]> {
  const asked = (await market.calls()).last.filter(({ route }) => route === 'prices-batch');
  return asked.map(({ query }) => (query as unknown as { symbols: string }).symbols);
}

const PRICES = 'query ($symbols: [String!]!) { prices(symbols: $symbols) { symbol price } }';
const prices = async ({ gateway }: Serving, symbols: string[]) =>
  gateway.query<{ prices: Quote[] | null }>(PRICES, { symbols });
const symbolsOf = (list: Quote[] | null) => list?.map((quote) => quote?.symbol ?? null);

describe('symbols that the snapshot holds', () => {
  test('are answered without asking upstream, position by position', async () => {
    const serving = await startServing();
    const { data, errors } = await prices(serving, ['eth', 'BTC', 'eTh', 'btc', 'BTC']);
    expect(errors).toBeUndefined();
    expect(symbolsOf(data.prices)).toEqual(['ETH', 'BTC', 'ETH', 'BTC', 'BTC']);
    expect(await serving.upstreamCalls()).toEqual({});
  });

  test('cost an isolate one KV read a minute while nothing newer is known of, and one for each newer snapshot', async () => {
    const serving = await startServing();
    const get = vi.spyOn(serving.pricesKv.binding, 'get');
    for (const seconds of [0, 14, 16, 29]) {
      await serving.gateway.advance(seconds);
      await prices(serving, ['BTC', 'ETH']);
    }
    expect(get).toHaveBeenCalledTimes(1);
    await serving.gateway.advance(1);
    await prices(serving, ['BTC']);
    expect(get).toHaveBeenCalledTimes(2);
    await serving.gateway.scheduled(CRONS.prices);
    get.mockClear();
    await serving.gateway.advance(15);
    await prices(serving, ['BTC']);
    expect(get).toHaveBeenCalledTimes(1);
  });
});

describe('symbols outside the snapshot', () => {
  test('are fetched in one call for all that a request misses, in any case and any field', async () => {
    const serving = await startServing();
    const { data, errors } = await serving.gateway.query(`{
      price(symbol: "hex") { symbol }
      euro: price(symbol: "HEX", currency: EUR) { symbol currency }
      prices(symbols: ["BTC", "DGB", "nobody", "HEX", "dgb"]) { symbol }
      comparePrices(symbols: ["xvg", "BTC", "Nowhere"]) { unknownSymbols entries { price { symbol } } unrankedSymbols }
    }`);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      price: { symbol: 'HEX' },
      euro: { symbol: 'HEX', currency: 'EUR' },
      prices: [{ symbol: 'BTC' }, { symbol: 'DGB' }, null, { symbol: 'HEX' }, { symbol: 'DGB' }],
      comparePrices: { unknownSymbols: ['NOWHERE'] },
    });
    expect(await symbolsAsked(serving)).toEqual(['HEX,DGB,NOBODY,XVG,NOWHERE']);
  });

  test('are found by everybody who asks for a known one at once, however many', async () => {
    const serving = await startServing();
    const asking = Array.from({ length: 2 * ON_DEMAND_MISSES_PER_MINUTE }, () => prices(serving, ['HEX']));
    for (const { data, errors } of await Promise.all(asking)) {
      expect(errors).toBeUndefined();
      expect(symbolsOf(data.prices)).toEqual(['HEX']);
    }
  });

  test('are fetched in one call for a whole list of projects', async () => {
    const serving = await startServing();
    await env.PRICES_KV.delete('prices');
    serving.gateway.coldIsolate();
    const { data, errors } = await serving.gateway.query<{ projects: { nodes: { price: Quote }[] } }>(
      '{ projects(first: 100) { nodes { price { symbol } again: price { price } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.projects.nodes.filter(({ price }) => price !== null)).toHaveLength(30);
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
  });

  test('are kept for every isolate, for 300 seconds', async () => {
    const serving = await startServing();
    for (const _ of ['first', 'second', 'third']) {
      const { data, errors } = await prices(serving, ['HEX']);
      expect(errors).toBeUndefined();
      expect(symbolsOf(data.prices)).toEqual(['HEX']);
      serving.gateway.coldIsolate();
    }
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
    expect(serving.pricesKv.puts.slice(-1)).toMatchObject([{ key: ON_DEMAND_KEY, expirationTtl: 300 }]);
    await serving.gateway.advance(299);
    await prices(serving, ['HEX']);
    expect(await serving.upstreamCalls()).toEqual({});
    await serving.gateway.advance(1);
    await prices(serving, ['HEX']);
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
  });

  test('that no source knows are remembered for 60 seconds, and cost no KV write', async () => {
    const serving = await startServing();
    const putsBefore = serving.pricesKv.puts.length;
    for (const seconds of [0, 30, 29]) {
      await serving.gateway.advance(seconds);
      expect(symbolsOf((await prices(serving, ['nobody', 'Nowhere'])).data.prices)).toEqual([null, null]);
    }
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
    await serving.gateway.advance(1);
    await prices(serving, ['NOBODY']);
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
    expect(serving.pricesKv.puts).toHaveLength(putsBefore);
  });

  test('of all kinds are asked for without breaking the call', async () => {
    const serving = await startServing();
    const odd = [
      ' ',
      'a b',
      'é',
      '日本',
      'x'.repeat(64),
      'é'.repeat(64),
      '\u0390'.repeat(64),
      '__proto__',
      'constructor',
      'toString',
      '\ud800',
      '\udfff',
      '\0',
      '.',
      '..',
      '&symbols=BTC',
      '/',
      '%2C',
    ];
    const { data, errors } = await prices(serving, [...odd, 'HEX', 'BTC,ETH', 'ETH,']);
    expect(errors).toBeUndefined();
    expect(symbolsOf(data.prices)).toEqual([...odd.map(() => null), 'HEX', null, null]);
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
    expect(serving.complaints()).toEqual([]);
    await prices(serving, [...odd, 'HEX']);
    expect(await serving.upstreamCalls()).toEqual({});
  });

  test.each(['hex ', ' HEX', 'HEX\n', '\u00a0hex'])('are found with blanks around them: %j', async (odd) => {
    const serving = await startServing();
    const { data, errors } = await prices(serving, [odd, 'btc ', 'DGB', 'nobody ']);
    expect(errors).toBeUndefined();
    expect(symbolsOf(data.prices)).toEqual(['HEX', 'BTC', 'DGB', null]);
    expect(await symbolsAsked(serving)).toEqual(['HEX,DGB,NOBODY']);
  });

  test('that no call can ask for cost no call', async () => {
    const serving = await startServing();
    const impossible = [',', 'BTC,ETH', ' ', 'BTC\0', 'B\nTC'];
    expect(symbolsOf((await prices(serving, impossible)).data.prices)).toEqual(impossible.map(() => null));
    expect(await serving.upstreamCalls()).toEqual({});
  });

  test('are at most 500 in a request', async () => {
    const serving = await startServing();
    const field = (at: number) => `p${at}: prices(symbols: $s${at}) { symbol }`;
    const parts = [0, 1, 2, 3, 4, 5];
    const query = `query (${parts.map((at) => `$s${at}: [String!]!`)}) { ${parts.map(field).join(' ')} price(symbol: "BTC") { symbol } }`;
    const variables = Object.fromEntries(
      parts.map((at) => [`s${at}`, Array.from({ length: 100 }, (_, index) => `S${at}X${index}`)]),
    );
    const { data, errors } = await serving.gateway.query(query, variables);
    expect(data.price).toEqual({ symbol: 'BTC' });
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(
      new Set(['OPERATION_TOO_COMPLEX']),
    );
    expect(errors).toHaveLength(100);
    expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
  });
});

describe('while the price API fails', () => {
  test.each(['429', '500', '503', 'reset', 'truncated', 'huge', 'wrong-shape'] as const)(
    'with %s, known symbols are answered, missing ones are null with an error, and nothing is taken for absent',
    async (kind) => {
      const serving = await startServing();
      await serving.market.fault({ route: 'prices-batch', kind });
      const answer = await prices(serving, ['BTC', 'HEX', 'NOBODY']);
      expect(answer.status).toBe(200);
      expect(symbolsOf(answer.data.prices)).toEqual(['BTC', null, null]);
      expect(faults(answer)).toEqual([
        ['prices.1', 'UPSTREAM_UNAVAILABLE'],
        ['prices.2', 'UPSTREAM_UNAVAILABLE'],
      ]);
      expect(serving.complaints()).toMatchObject([
        { level: 'warn', event: 'prices.on_demand_failed', symbols: 2 },
      ]);
      await serving.market.clearFaults();
      const { data, errors } = await prices(serving, ['BTC', 'HEX', 'NOBODY']);
      expect(errors).toBeUndefined();
      expect(symbolsOf(data.prices)).toEqual(['BTC', 'HEX', null]);
    },
  );

  test('a comparison is null as a whole, for it cannot tell unknown from unreachable', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'prices-batch', kind: '500' });
    const answer = await serving.gateway.query(
      '{ comparePrices(symbols: ["BTC", "HEX"]) { entries { rank } } price(symbol: "ETH") { symbol } }',
    );
    expect(answer.data).toEqual({ comparePrices: null, price: { symbol: 'ETH' } });
    expect(faults(answer)).toEqual([['comparePrices', 'UPSTREAM_UNAVAILABLE']]);
  });

  test('a slow answer is waited for', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'prices-batch', kind: 'latency', latencyMs: 200 });
    expect(symbolsOf((await prices(serving, ['HEX'])).data.prices)).toEqual(['HEX']);
  });

  test('a malformed record costs its symbol alone, and is not remembered as absent', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'prices-batch', kind: 'bad-record', recordId: 'HEX' });
    const answer = await prices(serving, ['HEX', 'DGB']);
    expect(symbolsOf(answer.data.prices)).toEqual([null, 'DGB']);
    expect(faults(answer)).toEqual([['prices.0', 'UPSTREAM_UNAVAILABLE']]);
    await serving.market.clearFaults();
    expect(symbolsOf((await prices(serving, ['HEX'])).data.prices)).toEqual(['HEX']);
  });
});

describe('while KV is not as it should be', () => {
  test.each([
    '',
    'not JSON',
    '5',
    '{}',
    '{"asOf":1,"rates":{},"prices":[1]}',
    '{"asOf":1,"rates":null,"prices":{}}',
  ])('a snapshot of %j is logged, and prices come on demand', async (snapshot) => {
    const serving = await startServing();
    await env.PRICES_KV.put('prices', snapshot);
    serving.gateway.coldIsolate();
    const answer = await serving.gateway.query(
      `{ price(symbol: "BTC") { symbol } euro: price(symbol: "BTC", currency: EUR) { symbol }
           unknown: price(symbol: "NOBODY", currency: EUR) { symbol } }`,
    );
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ price: { symbol: 'BTC' }, euro: null, unknown: null });
    expect(faults(answer)).toEqual([['euro', 'UPSTREAM_UNAVAILABLE']]);
    expect(serving.complaints()).toMatchObject([{ level: 'error', event: 'prices.snapshot_unreadable' }]);
  });

  test.each(['x', '{}', '5', '[5]', '[{"fetchedAtMs":1}]', '[{"fetchedAtMs":"1","record":{"priceUsd":1}}]'])(
    'malformed on-demand prices count as none: %s',
    async (value) => {
      const serving = await startServing();
      await env.PRICES_KV.put(ON_DEMAND_KEY, value);
      expect(symbolsOf((await prices(serving, ['HEX'])).data.prices)).toEqual(['HEX']);
      expect(serving.complaints()).toMatchObject([{ event: 'kv.value_malformed', key: ON_DEMAND_KEY }]);
      serving.gateway.coldIsolate();
      await prices(serving, ['HEX']);
      expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1 });
    },
  );

  test('the snapshot that an isolate holds goes on serving while KV fails', async () => {
    const serving = await startServing();
    await prices(serving, ['BTC']);
    serving.pricesKv.fail('KV GET failed: 500');
    await serving.gateway.advance(600);
    const { data, errors } = await prices(serving, ['BTC', 'HEX']);
    expect(errors).toBeUndefined();
    expect(symbolsOf(data.prices)).toEqual(['BTC', 'HEX']);
    expect(await symbolsAsked(serving)).toEqual(['HEX']);
  });
});
