/** The gateway's clock is set back by an hour: no answer is stuck until the hour is over, and none is made anew each time. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import {
  ask,
  CANDLES,
  CATEGORIES,
  type Caching,
  outcomes,
  POOL_NAMES,
  PRICE,
  PROJECT_NAMES,
  SALE_OF_POOLS,
  startCaching,
} from '../../support/cache-bench.ts';
import { CRONS } from '../../support/gateway.ts';

const HOUR_MS = 3_600_000;
let caching: Caching;

beforeEach(async () => {
  caching = await startCaching();
});

const setBack = (ms = HOUR_MS) => vi.setSystemTime(Date.now() - ms);

test.each([
  ['categories', CATEGORIES],
  ['candles', CANDLES],
  ['names of projects', PROJECT_NAMES],
  ['names of pools', POOL_NAMES],
  ['the sale of pools', SALE_OF_POOLS],
])('an answer with %s is made anew once', async (_, question) => {
  await ask(caching.gateway, question);
  setBack();
  caching.executions();
  for (const method of ['GET', 'POST'] as const) {
    const asked = Array.from({ length: 3 }, () => ({ ...question, method }));
    expect(await outcomes(caching.gateway, asked)).toEqual(
      method === 'GET' ? ['STALE', 'HIT', 'HIT'] : ['HIT', 'HIT', 'HIT'],
    );
  }
  expect(caching.executions()).toBe(1);
  expect(await ask(caching.gateway, question)).toMatchObject({ age: 0, xCache: 'HIT' });
});

test('a change that is synced afterwards is shown, and then answers come from the cache', async () => {
  await ask(caching.gateway, PROJECT_NAMES);
  await ask(caching.gateway, PRICE);
  setBack();
  const { projects } = await caching.market.records();
  await Promise.all(projects.map(({ id }) => caching.market.patchProject(id, { name: 'Renamed' })));
  await caching.market.pinPrice('BTC', 4321.5);
  await caching.gateway.advance(60);
  for (const cron of [CRONS.projects, CRONS.prices]) await caching.gateway.scheduled(cron);
  await caching.gateway.advance(16);
  for (const question of [PROJECT_NAMES, PRICE]) await ask(caching.gateway, question);
  await caching.gateway.advance(1);
  expect((await ask(caching.gateway, PROJECT_NAMES)).text).toContain('Renamed');
  expect((await ask(caching.gateway, PRICE)).text).toContain('4321.5');
  await caching.gateway.advance(6);
  caching.executions();
  const asked = [PROJECT_NAMES, PRICE, PROJECT_NAMES, PRICE];
  expect(await outcomes(caching.gateway, asked)).toEqual(['HIT', 'HIT', 'HIT', 'HIT']);
  expect(caching.executions()).toBe(0);
});

test('a refresh that was claimed before the clock was set back is claimed again', async () => {
  await ask(caching.gateway, CATEGORIES);
  caching.db.fail('D1 is down');
  // The lifetime ends, and the refresh fails.
  await caching.gateway.advance(3_600 + 600);
  expect(await ask(caching.gateway, CATEGORIES)).toMatchObject({ xCache: 'STALE' });
  caching.db.fail(null);
  setBack(300_000);
  expect(await outcomes(caching.gateway, [CATEGORIES, CATEGORIES, CATEGORIES])).toContain('HIT');
});

test('a symbol that no source knew is asked for again after its minute', async () => {
  const unknown = { query: '{ price(symbol: "NOSUCH") { price } }' };
  await ask(caching.gateway, unknown);
  setBack();
  await caching.gateway.advance(61);
  await caching.upstreamCalls();
  await ask(caching.gateway, unknown);
  expect(Object.values(await caching.upstreamCalls())).not.toEqual([]);
});

test('a job whose run ended without giving its lease back runs again', async () => {
  await env.DB.prepare(
    "INSERT OR REPLACE INTO sync_lease (job, holder, expires_at) VALUES ('prices', 'a run that has died', ?1)",
  )
    .bind(Math.floor(Date.now() / 1000) + 120)
    .run();
  setBack();
  await caching.market.pinPrice('BTC', 77.5);
  await caching.gateway.scheduled(CRONS.prices);
  expect((await ask(caching.gateway, PRICE)).text).toContain('77.5');
});
