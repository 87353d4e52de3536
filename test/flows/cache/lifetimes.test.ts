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
