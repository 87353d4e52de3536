import { beforeEach, describe, expect, test } from 'vitest';
import {
  ask,
  type CachedAnswer,
  type Caching,
  PRICE,
  PROJECT_NAMES,
  SALE_OF_POOLS,
  startCaching,
} from '../../support/cache-bench.ts';
import { CRONS } from '../../support/gateway.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching();
});

const codesOf = ({ body }: CachedAnswer) => (body.errors ?? []).map(({ extensions }) => extensions.code);

describe('while D1 fails', () => {
  test('an answer is served and marked for as long as its policy says, then a clear error, then it recovers', async () => {
    const made = await ask(caching.gateway, SALE_OF_POOLS);
    caching.db.fail('D1 is down');
    const seen: unknown[] = [];
    for (const seconds of [14, 1, 14, 1, 44]) {
      await caching.gateway.advance(seconds);
      const answer = await ask(caching.gateway, SALE_OF_POOLS);
      expect([answer.status, answer.text]).toEqual([200, made.text]);
      seen.push([answer.age, answer.xCache, answer.cacheStatus.detail]);
      expect(answer.cacheStatus.hit).toBe(true);
    }
    expect(seen).toEqual([
      [14, 'HIT', undefined],
      [15, 'STALE', 'revalidating'],
      [29, 'STALE', 'revalidating'],
      [30, 'STALE', 'source-failed'],
      [74, 'STALE', 'source-failed'],
    ]);
    await caching.gateway.advance(1);
    for (const method of ['GET', 'POST'] as const) {
      const failed = await ask(caching.gateway, { ...SALE_OF_POOLS, method });
      expect(failed).toMatchObject({ status: 200, xCache: 'BYPASS', age: null, etag: '' });
      expect([codesOf(failed), failed.body.data]).toEqual([['INTERNAL_SERVER_ERROR'], { idoPools: null }]);
      expect(failed.headers.get('cache-control')).toBe('private, no-store');
      expect(failed.cacheStatus).toEqual({ cache: 'gateway', fwd: 'bypass', detail: 'errors' });
    }
    caching.db.fail(null);
    expect(await ask(caching.gateway, SALE_OF_POOLS)).toMatchObject({ xCache: 'MISS', text: made.text });
    expect(await ask(caching.gateway, SALE_OF_POOLS)).toMatchObject({ xCache: 'HIT', age: 0 });
  });

  test.each([
    ['stale', 300],
    ['a last resort', 700],
  ])('what is %s asks again every 5 s, and not for every request', async (_, seconds) => {
    await ask(caching.gateway, PROJECT_NAMES);
    await caching.gateway.advance(seconds);
    caching.db.fail('D1 is down');
    caching.executions();
    for (let time = 0; time < 10; time += 1) await ask(caching.gateway, PROJECT_NAMES);
    expect(caching.executions()).toBe(1);
    await caching.gateway.advance(4);
    await ask(caching.gateway, PROJECT_NAMES);
    expect(caching.executions()).toBe(0);
    await caching.gateway.advance(1);
    for (let time = 0; time < 10; time += 1) await ask(caching.gateway, PROJECT_NAMES);
    expect(caching.executions()).toBe(1);
  });

  test('it is served again as fresh once D1 is back', async () => {
    await ask(caching.gateway, PROJECT_NAMES);
    await caching.gateway.advance(700);
    caching.db.fail('D1 is down');
    expect((await ask(caching.gateway, PROJECT_NAMES)).xCache).toBe('STALE');
    caching.db.fail(null);
    await caching.gateway.advance(5);
    expect((await ask(caching.gateway, PROJECT_NAMES)).xCache).toBe('MISS');
    expect(await ask(caching.gateway, PROJECT_NAMES)).toMatchObject({ xCache: 'HIT', age: 0 });
  });

  test('an answer that a change has outdated goes on', async () => {
    const made = await ask(caching.gateway, PROJECT_NAMES);
    const { projects } = await caching.market.records();
    await caching.market.patchProject(projects[0]?.id ?? '', { name: 'Renamed' });
    await caching.gateway.advance(60);
    await caching.gateway.scheduled(CRONS.projects);
    caching.db.fail('D1 is down');
    for (let time = 0; time < 3; time += 1) {
      expect(await ask(caching.gateway, PROJECT_NAMES)).toMatchObject({ xCache: 'STALE', text: made.text });
    }
  });

  test('what was never answered is an error with a code, kept nowhere', async () => {
    caching.db.fail('D1 is down');
    const failed = await ask(caching.gateway, PROJECT_NAMES);
    expect([failed.xCache, codesOf(failed)]).toEqual(['BYPASS', ['INTERNAL_SERVER_ERROR']]);
    expect(failed.text).not.toContain('D1 is down');
    caching.db.fail(null);
    expect((await ask(caching.gateway, PROJECT_NAMES)).xCache).toBe('MISS');
  });

  test('an answer that failed in part never replaces a whole one', async () => {
    const question = { query: '{ price(symbol: "BTC") { price } projects(first: 1) { nodes { id } } }' };
    const whole = await ask(caching.gateway, question);
    await caching.gateway.advance(60);
    caching.db.fail('D1 is down');
    for (let time = 0; time < 2; time += 1) {
      expect(await ask(caching.gateway, question)).toMatchObject({ xCache: 'STALE', text: whole.text });
    }
    await caching.gateway.advance(60);
    expect(await ask(caching.gateway, question)).toMatchObject({ xCache: 'STALE', text: whole.text });
  });
});

describe('while KV fails', () => {
  test('the generations that were known go on, and answers live no longer than they may', async () => {
    await ask(caching.gateway, PROJECT_NAMES);
    caching.cacheKv.fail('KV is down');
    await caching.gateway.advance(299);
    expect(await ask(caching.gateway, PROJECT_NAMES)).toMatchObject({ xCache: 'HIT', age: 299 });
    await caching.gateway.advance(1);
    expect((await ask(caching.gateway, PROJECT_NAMES)).xCache).toBe('STALE');
    expect(await ask(caching.gateway, PROJECT_NAMES)).toMatchObject({ xCache: 'HIT', age: 0 });
  });

  test('it is asked every 5 s, and not for every request', async () => {
    await ask(caching.gateway, PROJECT_NAMES);
    caching.cacheKv.fail('KV is down');
    await caching.gateway.advance(20);
    caching.cacheKv.reads.length = 0;
    for (let time = 0; time < 10; time += 1) await ask(caching.gateway, PROJECT_NAMES);
    expect(caching.cacheKv.reads).toEqual(['cache:generations']);
    await caching.gateway.advance(5);
    for (let time = 0; time < 10; time += 1) await ask(caching.gateway, PROJECT_NAMES);
    expect(caching.cacheKv.reads).toEqual(['cache:generations', 'cache:generations']);
  });

  test('a change meanwhile is seen once KV is back', async () => {
    await ask(caching.gateway, PROJECT_NAMES);
    const { projects } = await caching.market.records();
    for (const { id } of projects) await caching.market.patchProject(id, { name: 'Renamed' });
    await caching.gateway.advance(60);
    await caching.gateway.scheduled(CRONS.projects);
    caching.cacheKv.fail('KV is down');
    expect((await ask(caching.gateway, PROJECT_NAMES)).xCache).toBe('HIT');
    caching.cacheKv.fail(null);
    await caching.gateway.advance(15);
    await ask(caching.gateway, PROJECT_NAMES);
    expect((await ask(caching.gateway, PROJECT_NAMES)).text).toContain('Renamed');
  });

  test('answers of prices are served stale, then fail with a code', async () => {
    const made = await ask(caching.gateway, PRICE);
    caching.pricesKv.fail('KV is down');
    await caching.market.fault({ route: 'prices-batch', kind: '503' });
    caching.gateway.coldIsolate();
    const failed = await ask(caching.gateway, PRICE);
    expect([failed.xCache, codesOf(failed)]).toEqual(['BYPASS', ['UPSTREAM_UNAVAILABLE']]);
    expect(failed.headers.get('cache-control')).toBe('private, no-store');
    caching.pricesKv.fail(null);
    await caching.gateway.advance(1);
    expect(await ask(caching.gateway, PRICE)).toMatchObject({ xCache: 'MISS', text: made.text });
  });
});

test('while upstream fails, a detail is served stale for a day, then without it', async () => {
  const question = { query: '{ project(by: { symbol: "BTC" }) { detail { about } } }' };
  const made = await ask(caching.gateway, question);
  await caching.market.fault({ route: 'project-detail', kind: '503' });
  await caching.gateway.advance(86_999);
  for (const detail of ['source-failed', 'source-failed']) {
    const answer = await ask(caching.gateway, question);
    expect(answer).toMatchObject({ xCache: 'STALE', text: made.text, age: 86_999, cacheStatus: { detail } });
  }
  await caching.gateway.advance(1);
  const failed = await ask(caching.gateway, question);
  expect([failed.xCache, codesOf(failed)]).toEqual(['BYPASS', ['UPSTREAM_UNAVAILABLE']]);
});
