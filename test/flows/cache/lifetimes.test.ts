import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ask,
  CANDLES,
  CATEGORIES,
  type Caching,
  operationId,
  PROJECT_NAMES,
  SALE_OF_POOLS,
  startCaching,
} from '../../support/cache-bench.ts';
import { CRONS } from '../../support/gateway.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching();
});

const at = async (seconds: number, question: Parameters<typeof ask>[1]) => {
  await caching.gateway.advance(seconds);
  const { xCache, age, cacheStatus, status } = await ask(caching.gateway, question);
  return { xCache, age, cacheStatus, status, executed: caching.executions() };
};

test('an answer is fresh for its lifetime, to the second', async () => {
  await at(0, PROJECT_NAMES);
  expect(await at(1, PROJECT_NAMES)).toMatchObject({ xCache: 'HIT', age: 1, executed: 0 });
  expect(await at(298, PROJECT_NAMES)).toMatchObject({ xCache: 'HIT', age: 299, executed: 0 });
  expect(await at(1, PROJECT_NAMES)).toMatchObject({
    xCache: 'STALE',
    age: 300,
    cacheStatus: { cache: 'gateway', hit: true, ttl: 0, detail: 'revalidating' },
    executed: 1,
  });
  expect(await at(0, PROJECT_NAMES)).toMatchObject({ xCache: 'HIT', age: 0 });
});

test('it is stale to the last second of the stretch, and then not served any more', async () => {
  await at(0, SALE_OF_POOLS);
  expect(await at(29, SALE_OF_POOLS)).toMatchObject({ xCache: 'STALE', age: 29 });
  expect(await at(0, SALE_OF_POOLS)).toMatchObject({ xCache: 'HIT', age: 0 });
  caching.executions();
  expect(await at(30, SALE_OF_POOLS)).toMatchObject({
    xCache: 'MISS',
    age: null,
    cacheStatus: { fwd: 'stale', stored: true },
    executed: 1,
  });
});

test('however many ask for a stale answer, one refresh runs, and the next answer is new', async () => {
  await at(0, PROJECT_NAMES);
  const before = await ask(caching.gateway, PROJECT_NAMES);
  await caching.market.patchProject((await caching.market.records()).projects[0]?.id ?? '', {
    name: 'Renamed',
  });
  await caching.gateway.advance(301);
  await caching.gateway.scheduled('*/5 * * * *');
  caching.executions();
  const asked = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      ask(caching.gateway, { ...PROJECT_NAMES, method: index % 2 === 0 ? 'GET' : 'POST' }),
    ),
  );
  for (const { xCache, text } of asked) expect([xCache, text]).toEqual(['STALE', before.text]);
  expect(caching.executions()).toBe(1);
  const after = await ask(caching.gateway, PROJECT_NAMES);
  expect(after.xCache).toBe('HIT');
  expect(after.text).toContain('Renamed');
});

test('a refresh that never ends keeps others from it for 10 s and no longer', async () => {
  await at(0, PROJECT_NAMES);
  await caching.gateway.advance(300);
  const prepare = caching.db.binding.prepare;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  Object.assign(caching.db.binding, {
    prepare: (sql: string) => {
      const statement = prepare(sql);
      if (!sql.includes('FROM project_cache')) return statement;
      const slow = { bind: () => slow, all: () => held.then(() => ({ results: [] })) };
      return slow;
    },
  });
  const first = ask(caching.gateway, PROJECT_NAMES);
  await expect.poll(() => caching.executions()).toBe(1);
  Object.assign(caching.db.binding, { prepare });
  expect(await at(9, PROJECT_NAMES)).toMatchObject({ xCache: 'STALE', executed: 0 });
  expect(await at(1, PROJECT_NAMES)).toMatchObject({ xCache: 'STALE', executed: 1 });
  const newer = await ask(caching.gateway, PROJECT_NAMES);
  expect([newer.xCache, newer.body.data]).not.toEqual(['HIT', { projects: { nodes: [] } }]);
  release();
  await first;
  // What was begun earlier ends later, and does not replace what was begun later.
  const latest = await ask(caching.gateway, PROJECT_NAMES);
  expect([latest.xCache, latest.text]).toEqual(['HIT', newer.text]);
});

describe('a list that shows nothing of a sale, but depends on it, is as old as a sale may be', () => {
  const names = 'nodes { name }';
  const status = `idoPools(filter: $filter) { ${names} }`;
  const active = { filter: { status: 'ACTIVE' } };
  const progress = { field: 'PROGRESS', direction: 'DESC' };
  const questions: [string, { query: string; variables?: Record<string, unknown> }][] = [
    ['by its filter', { query: `{ idoPools(filter: { status: ACTIVE }) { ${names} } }` }],
    ['by its count', { query: '{ idoPools(filter: { status: ACTIVE }) { totalCount } }' }],
    [
      'by a filter in a variable',
      { query: `query ($filter: IdoPoolFilter) { ${status} }`, variables: active },
    ],
    [
      'by a status in a variable',
      {
        query: `query ($status: IdoPoolStatus) { idoPools(filter: { status: $status }) { ${names} } }`,
        variables: { status: 'ACTIVE' },
      },
    ],
    [
      'by the default of a variable',
      { query: `query ($filter: IdoPoolFilter = { status: ACTIVE }) { ${status} }` },
    ],
    ['by its order', { query: `{ idoPools(orderBy: { field: PROGRESS, direction: DESC }) { ${names} } }` }],
    [
      'by an order in a variable',
      {
        query: `query ($order: IdoPoolOrder) { idoPools(orderBy: $order) { ${names} } }`,
        variables: { order: progress },
      },
    ],
    [
      'by a field of its order in a variable',
      {
        query: `query ($field: IdoPoolOrderField!) { idoPools(orderBy: { field: $field, direction: DESC }) { ${names} } }`,
        variables: { field: 'PROGRESS' },
      },
    ],
  ];

  test.each(questions)('%s', async (how, question) => {
    const market = await startCaching({ market: { poolCount: 0 } });
    const { startAt } = market.market;
    const pool = (name: string, sold: string, saleStart: number) =>
      market.market.putPool(name, {
        ...{
          project_id: 'prj',
          pool_name: name,
          pool_type: 'public',
          blockchain: 'bsc',
          payment_token: 'USDT',
        },
        ...{
          token_price: '1',
          total_tokens: '10',
          sold_tokens: sold,
          total_raised: '0',
          min_allocation: '1',
        },
        ...{ participant_count: 0, sale_start: saleStart, sale_end: startAt + 86_400, status: 'upcoming' },
      });
    await pool('leads', '5', startAt - 60);
    await pool('follows', '1', startAt + 60);
    await market.gateway.scheduled(CRONS.pools);
    const first = await ask(market.gateway, question);
    expect(first.headers.get('cache-control')).toMatch(/^public, max-age=15, stale-while-revalidate=15/);
    // The clock begins the sale, or a sync, whose effect on caches is lost, brings what has been sold.
    if (how.includes('order')) {
      await env.DB.prepare("UPDATE ido_pool_cache SET progress_percent = 90 WHERE id = 'follows'").run();
    }
    await market.gateway.advance(61);
    const later = await ask(market.gateway, question);
    expect(later.xCache).toBe('MISS');
    expect(later.text).not.toBe(first.text);
  });
});

describe('from tier to tier', () => {
  test('what was asked by document stays in the isolate', async () => {
    await at(0, CANDLES);
    caching.gateway.coldIsolate();
    expect(await at(10, CANDLES)).toMatchObject({ xCache: 'MISS', age: null });
    expect(caching.cacheKv.puts.filter(({ key }) => key.startsWith('answer:'))).toEqual([]);
  });

  test('what lives less than 600 s stays in the isolate', async () => {
    const question = { id: operationId('Trending') };
    await at(0, question);
    caching.gateway.coldIsolate();
    expect(await at(10, question)).toMatchObject({ xCache: 'MISS', age: null });
    expect(caching.cacheKv.puts.filter(({ key }) => key.startsWith('answer:'))).toEqual([]);
  });

  test('a clock that was set back makes nothing older or younger than 0 s', async () => {
    await at(0, CATEGORIES);
    vi.setSystemTime(Date.now() - 30_000);
    expect(await at(0, CATEGORIES)).toMatchObject({ xCache: 'HIT', age: 0, cacheStatus: { ttl: 3_600 } });
  });
});
