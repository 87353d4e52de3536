/** Projects and prices by `/api`: one question is one entry of the cache, and what is missing or has failed is in none. */
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { CRONS } from '../../support/gateway.ts';
import { RestMarket } from '../../support/rest-market.ts';

let market: RestMarket;
beforeAll(async () => {
  market = await RestMarket.start();
});

const ONE_QUESTION: [string, string, string[]][] = [
  [
    'a list of projects',
    '/api/projects',
    ['', '?page=1', '?limit=20&page=1', '?sortOrder=desc&sortBy=market_cap&status=live&limit=20', '?page=01'],
  ],
  [
    'projects that trend',
    '/api/projects/trending',
    ['?category=all', '?limit=10', '?limit=10&category=all', '?category=all&limit=10', '?limit=010'],
  ],
  ['a search', '/api/projects/search', ['?q=bit', '?q=bit&limit=20', '?limit=20&q=bit', '?q=%62it']],
  ['a history', '/api/projects/bitcoin/price-history', ['', '?period=24h', '?period=%324h']],
  [
    'prices',
    '/api/prices',
    [
      '?symbols=ADA,DOT',
      '?symbols=DOT,ADA',
      '?symbols=dot,Ada',
      '?symbols=DOT%2CADA,dot',
      '?symbols=ADA,%20dot%20',
      '?currency=usd&symbols=ADA,DOT',
      '?symbols=ada,dot&currency=usd',
    ],
  ],
  [
    'a comparison',
    '/api/prices/compare',
    [
      '?symbols=ADA,DOT',
      '?symbols=dot,ada',
      '?period=24h&symbols=dot,ADA',
      '?symbols=Dot,ada,DOT&period=24h',
    ],
  ],
  [
    'a price',
    '/api/prices/ADA',
    ['', '?currency=usd', '?include_history=false', '?include_history=false&currency=usd'],
  ],
];

test.each(ONE_QUESTION)(
  '%s: one question is one cache entry, however it is asked',
  async (_, path, queries) => {
    market.serving.gateway.coldIsolate();
    await market.serving.gateway.advance(4_000);
    await market.serving.gateway.scheduled(CRONS.prices);
    const etags = new Set<string | null>();
    const seen: unknown[] = [];
    for (const query of queries) {
      const { status, headers } = await market.get(path + query);
      etags.add(headers.get('etag'));
      seen.push([query, status, headers.get('x-cache')]);
    }
    expect(seen).toEqual(queries.map((query, at) => [query, 200, at === 0 ? 'MISS' : 'HIT']));
    expect(etags.size).toBe(1);
    const [etag = ''] = etags;
    const same = await market.get(path + queries[0], { 'If-None-Match': String(etag) });
    expect([same.status, same.body]).toEqual([304, null]);
  },
);

test('a symbol in another case is the same entry', async () => {
  await market.ok('/api/prices/xrp');
  const { headers } = await market.get('/api/prices/XRP');
  expect(headers.get('x-cache')).toBe('HIT');
});

test('a fixed path comes before an id; a project whose slug it is has its id', async () => {
  const { projects } = await market.serving.market.records();
  const last = projects.at(-1);
  await market.serving.market.patchProject(String(last?.id), { slug: 'search' });
  await market.serving.gateway.scheduled(CRONS.projects);
  expect((await market.get('/api/projects/search')).status).toBe(400);
  expect(await market.ok(`/api/projects/${last?.id}`)).toMatchObject({ id: last?.id, slug: 'search' });
});

test.each([
  '/api/prices/NOBODY',
  '/api/prices/NOBODY?include_history=true',
  '/api/projects/nobody/price-history',
  '/api/projects/prj_nobody/price-history',
  `/api/projects/${encodeGlobalId('Project', 'prj_nobody')}/price-history`,
])('nothing is at %s', async (path) => {
  for (let time = 0; time < 2; time += 1) {
    const { status, headers, body } = await market.get(path);
    expect([status, body.error.code]).toEqual([404, 'NOT_FOUND']);
    expect([headers.get('x-cache'), headers.get('cache-control')]).toEqual(['BYPASS', 'private, no-store']);
  }
});

describe('while a source fails', () => {
  /** Twice, to see that nothing is kept. */
  async function twice(path: string) {
    const answers = [await market.get(path), await market.get(path)];
    for (const { headers } of answers)
      expect([headers.get('x-cache'), headers.get('cache-control'), headers.get('etag')]).toEqual([
        'BYPASS',
        'private, no-store',
        null,
      ]);
    return answers.map(({ status, body }) => ({ status, body }));
  }

  beforeAll(async () => {
    market = await RestMarket.start();
  });

  test('the prices that are there are answered, with a warning for each other one', async () => {
    await market.serving.market.fault({ route: 'prices-batch', kind: '500' });
    const path = '/api/prices?symbols=BTC,HEX,DGB';
    for (const { status, body } of await twice(path)) {
      expect([status, Object.keys(body.prices), body.totalCount]).toEqual([200, ['BTC'], 1]);
      expect(body.warnings.map(({ code, path }: Record<string, string>) => [path, code]).sort()).toEqual([
        ['prices.1', 'UPSTREAM_UNAVAILABLE'],
        ['prices.2', 'UPSTREAM_UNAVAILABLE'],
      ]);
    }
    await market.serving.market.clearFaults();
    expect((await market.ok(path)).totalCount).toBe(3);
  });

  test.each(['/api/prices?symbols=HEX,DGB', '/api/prices/HEX', '/api/prices/compare?symbols=BTC,HEX'])(
    '502 where all of it is missing, which no cache keeps: %s',
    async (path) => {
      market.serving.gateway.coldIsolate();
      await market.serving.pricesKv.binding.put('prices:on-demand', '[]');
      await market.serving.market.fault({ route: 'prices-batch', kind: '500' });
      for (const { status, body } of await twice(path))
        expect([status, body.error.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
      await market.serving.market.clearFaults();
      await market.ok(path);
    },
  );

  test('a price is without what D1 has of it, and a comparison without names', async () => {
    market.serving.gateway.coldIsolate();
    await market.ok('/api/prices/BTC?currency=gbp');
    market.serving.db.fail('D1 is down');
    const warned = async (path: string) =>
      (await twice(path)).map(({ status, body: { warnings, ...body } }) => ({
        body: { status, ...body },
        paths: warnings.map((warning: { path: string }) => warning.path).sort(),
      }));
    for (const { body, paths } of await warned('/api/prices/SOL?include_history=true')) {
      expect(body).toMatchObject({
        status: 200,
        symbol: 'SOL',
        technicalIndicators: null,
        priceHistory: null,
      });
      expect(paths).toEqual(['price.history', 'price.indicators']);
    }
    for (const { body, paths } of await warned('/api/prices/compare?symbols=BTC,SOL')) {
      expect(body.comparison.map(({ name }: { name: unknown }) => name)).toEqual([null, null]);
      expect(paths).toEqual([0, 1].map((at) => `comparePrices.entries.${at}.price.project`));
    }
    market.serving.db.fail(null);
  });

  test.each(['/api/projects/trending', '/api/projects/search?q=co', '/api/projects/bitcoin/price-history'])(
    'a project is nowhere but in D1: %s',
    async (path) => {
      market.serving.db.fail('D1 is down');
      for (const { status, body } of await twice(path))
        expect([status, body.error.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
      market.serving.db.fail(null);
      await market.ok(path);
    },
  );
});
