import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { faults, startServing } from '../support/serving-bench.ts';

const PAGE = `{
  projects(first: 2) { nodes { name } }
  price(symbol: "BTC") { symbol }
  candles(symbol: "BTC") { time }
  __typename
}`;

describe('an unexpected failure', () => {
  test('is masked, numbered, and logged once under that number', async () => {
    const serving = await startServing();
    serving.db.fail('D1_ERROR: no such column: the_real_reason');
    const { status, headers, data, errors } = await serving.gateway.query(
      '{ projects(first: 2) { nodes { name } } price(symbol: "BTC") { symbol } __typename }',
    );
    const requestId = headers.get('x-request-id');
    expect(status).toBe(200);
    expect(data).toEqual({ projects: null, price: { symbol: 'BTC' }, __typename: 'Query' });
    expect(errors).toEqual([
      {
        message: 'Unexpected error.',
        locations: [{ line: 1, column: 3 }],
        path: ['projects'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId, traceId: headers.get('x-trace-id') },
      },
    ]);
    const complaints = serving.complaints();
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatchObject({
      level: 'error',
      event: 'graphql.error',
      requestId,
      path: 'projects',
      error: 'D1_ERROR: no such column: the_real_reason',
    });
    expect(complaints[0]?.stack).toContain('the_real_reason');
    expect(headers.get('cache-control')).toContain('no-store');
  });

  test('in a nested list is one fault and one line, and costs that field of each item alone', async () => {
    const serving = await startServing();
    const query = '{ projects(first: 20) { nodes { name idoPools { id } price { symbol } } } }';
    let calls = 0;
    const prepare = serving.db.binding.prepare.bind(serving.db.binding);
    Object.assign(serving.db.binding, {
      prepare: (sql: string) => {
        calls += 1;
        serving.db.fail(calls > 1 ? 'lost after the first call' : null);
        return prepare(sql);
      },
    });
    const { data, errors } = await serving.gateway.query<{
      projects: { nodes: { name: string; idoPools: null; price: unknown }[] };
    }>(query);
    expect(data.projects.nodes).toHaveLength(20);
    expect(data.projects.nodes.every(({ name, idoPools, price }) => name && idoPools === null && price)).toBe(
      true,
    );
    expect(errors).toHaveLength(20);
    expect(new Set(errors?.map(({ extensions }) => extensions.requestId)).size).toBe(1);
    expect(serving.complaints()).toMatchObject([
      { event: 'graphql.error', error: 'lost after the first call' },
    ]);
  });

  test('of each kind of source costs its own field and not the page', async () => {
    const serving = await startServing();
    serving.db.fail('D1 is gone');
    const withoutD1 = await serving.gateway.query(PAGE);
    expect(withoutD1.data).toEqual({
      projects: null,
      price: { symbol: 'BTC' },
      candles: null,
      __typename: 'Query',
    });
    expect(faults(withoutD1)).toEqual([
      ['candles', 'INTERNAL_SERVER_ERROR'],
      ['projects', 'INTERNAL_SERVER_ERROR'],
    ]);

    serving.db.fail(null);
    serving.pricesKv.fail('KV is gone');
    await serving.market.fault({ route: '*', kind: '503' });
    serving.gateway.coldIsolate();
    const withoutPrices = await serving.gateway.query(PAGE);
    expect(withoutPrices.data).toMatchObject({ projects: { nodes: [{}, {}] }, price: null, candles: [] });
    expect(faults(withoutPrices)).toEqual([['price', 'UPSTREAM_UNAVAILABLE']]);
  });

  test('has a number of its own in every request', async () => {
    const serving = await startServing();
    serving.db.fail('gone');
    const answers = await Promise.all(
      [1, 2, 3].map(() => serving.gateway.query('{ projects { totalCount } }')),
    );
    const numbers = answers.map(({ headers, errors }) => {
      expect(errors?.[0]?.extensions.requestId).toBe(headers.get('x-request-id'));
      return headers.get('x-request-id');
    });
    expect(new Set(numbers).size).toBe(3);
    expect(new Set(serving.complaints().map(({ requestId }) => requestId))).toEqual(new Set(numbers));
  });

  test('ignores a number that the client brings', async () => {
    const serving = await startServing({ crons: [] });
    const { headers } = await serving.gateway.post({ query: '{ __typename }' }, { 'x-request-id': 'mine' });
    expect(headers.get('x-request-id')).not.toBe('mine');
  });
});

describe('a value that no scalar can show', () => {
  test('is the gateway’s fault, not the caller’s', async () => {
    const serving = await startServing();
    await serving.pricesKv.binding.put(
      'prices',
      JSON.stringify({ asOf: 1, rates: {}, prices: { BTC: { symbol: 'BTC', lastUpdate: 1 } } }),
    );
    serving.gateway.coldIsolate();
    const answer = await serving.gateway.query(
      '{ price(symbol: "BTC") { price } eth: price(symbol: "HEX") { symbol } }',
    );
    expect(answer.data).toEqual({ price: null, eth: { symbol: 'HEX' } });
    expect(faults(answer)).toEqual([['price.price', 'INTERNAL_SERVER_ERROR']]);
    expect(answer.errors?.[0]?.message).toBe('Unexpected error.');
  });
});

describe('with each fault of the upstream in turn', () => {
  test.each(['429', '500', '503', 'reset', 'truncated', 'wrong-shape', 'bad-record'] as const)(
    'with %s everywhere, a page of what is held is whole but for what only upstream has',
    async (kind) => {
      const serving = await startServing();
      const query = `{
        projects(first: 5) { totalCount nodes { name price { price } idoPools(first: 1) { id } } }
        project(by: { slug: "ethereum" }) { name price(currency: EUR) { price } detail { about } }
        price(symbol: "HEX") { price }
        searchProjects(query: "bit") { name price { price } }
        idoPools { nodes { name project { name } } }
      }`;
      const healthy = await serving.gateway.query<Record<string, object>>(query);
      expect(healthy.errors).toBeUndefined();
      await serving.gateway.advance(5_000);
      await serving.market.fault({ route: '*', kind });
      await env.PRICES_KV.delete('prices:on-demand');
      const answer = await serving.gateway.query(query);
      expect(answer.status).toBe(200);
      expect(faults(answer)).toEqual([
        ['price', 'UPSTREAM_UNAVAILABLE'],
        ['project.detail', 'UPSTREAM_UNAVAILABLE'],
      ]);
      expect(answer.data).toEqual({
        ...healthy.data,
        price: null,
        project: { ...healthy.data.project, detail: null },
      });
    },
  );
});

test('an upstream slower than anybody waits costs only what it alone has', async () => {
  const serving = await startServing();
  await serving.market.fault({ route: '*', kind: 'latency', latencyMs: 4_000 });
  const answer = await serving.gateway.query(
    '{ prices(symbols: ["BTC", "HEX"]) { symbol } project(by: { slug: "bitcoin" }) { name detail { about } } }',
  );
  expect(answer.data).toEqual({
    prices: [{ symbol: 'BTC' }, null],
    project: { name: 'Bitcoin', detail: null },
  });
  expect(faults(answer)).toEqual([
    ['prices.1', 'UPSTREAM_UNAVAILABLE'],
    ['project.detail', 'UPSTREAM_UNAVAILABLE'],
  ]);
  expect(await serving.upstreamCalls()).toEqual({ 'prices-batch': 1, 'project-detail': 1 });
});
