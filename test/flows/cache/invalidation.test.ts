import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ask,
  CANDLES,
  CATEGORIES,
  type Caching,
  POOL_NAMES,
  PRICE,
  PROJECT_NAMES,
  type Question,
  startCaching,
} from '../../support/cache-bench.ts';
import { CRONS } from '../../support/gateway.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching();
});

const QUESTIONS: Record<string, Question> = {
  prices: PRICE,
  projects: PROJECT_NAMES,
  pools: POOL_NAMES,
  candles: CANDLES,
};
const outcomesByTag = async () => {
  const found: Record<string, string | null> = {};
  for (const [tag, question] of Object.entries(QUESTIONS))
    found[tag] = (await ask(caching.gateway, question)).xCache;
  return found;
};
const ALL_HIT = { prices: 'HIT', projects: 'HIT', pools: 'HIT', candles: 'HIT' };

/** What makes the next run of a sync change something, by the tag. */
const CHANGES: [tag: string, cron: string, change: () => Promise<unknown>][] = [
  ['prices', CRONS.prices, () => caching.market.pinPrice('BTC', 4321.5)],
  [
    'projects',
    CRONS.projects,
    async () => {
      const { projects } = await caching.market.records();
      return Promise.all(projects.map(({ id }) => caching.market.patchProject(id, { name: 'Renamed' })));
    },
  ],
  [
    'pools',
    CRONS.pools,
    async () => {
      const { pools } = await caching.market.records();
      return Promise.all(pools.map(({ id }) => caching.market.patchPool(id, { pool_name: 'Renamed' })));
    },
  ],
  ['candles', CRONS.hourly, async () => undefined],
];

describe.each(CHANGES)('a change of %s', (tag, cron, change) => {
  beforeEach(async () => {
    // The next hour, so that there is one to make a candle of; every answer below is made in it.
    const toNextHour = 3_600 - (caching.market.startAt % 3_600);
    await caching.gateway.advance(toNextHour);
    await outcomesByTag();
    await change();
    await caching.gateway.advance(1);
  });

  test('is seen 15 s after KV shows it, and leaves every other answer where it is', async () => {
    const before = await ask(caching.gateway, QUESTIONS[tag] ?? {});
    expect(await outcomesByTag()).toEqual(ALL_HIT);
    await caching.gateway.scheduled(cron);
    caching.executions();
    await caching.gateway.advance(15);
    expect(await outcomesByTag()).toEqual({ ...ALL_HIT, [tag]: 'STALE' });
    expect(caching.executions()).toBe(tag === 'prices' ? 0 : 1);
    expect(await outcomesByTag()).toEqual(ALL_HIT);
    const after = await ask(caching.gateway, QUESTIONS[tag] ?? {});
    expect(after.text).not.toBe(before.text);
  });

  test('is seen at once by an isolate that begins after it', async () => {
    await caching.gateway.scheduled(cron);
    caching.gateway.coldIsolate();
    const executed = await caching.gateway.query(QUESTIONS[tag]?.query ?? '');
    const answer = await ask(caching.gateway, QUESTIONS[tag] ?? {});
    expect(answer.body.data).toEqual(executed.data);
  });

  test('is seen although requests come all the time, each before the generations are 15 s old', async () => {
    await caching.gateway.scheduled(cron);
    const seen: string[] = [];
    for (let second = 0; second <= 15; second += 3) {
      seen.push((await ask(caching.gateway, QUESTIONS[tag] ?? {})).xCache ?? '');
      await caching.gateway.advance(3);
    }
    expect(seen).toContain('STALE');
    const executed = await caching.gateway.query(QUESTIONS[tag]?.query ?? '');
    expect((await ask(caching.gateway, QUESTIONS[tag] ?? {})).body.data).toEqual(executed.data);
  });
});

test('a run that changes nothing leaves every answer where it is, and writes no generations', async () => {
  await outcomesByTag();
  await caching.gateway.scheduled(CRONS.projects);
  await caching.gateway.scheduled(CRONS.pools);
  await caching.gateway.advance(15);
  expect(await outcomesByTag()).toEqual(ALL_HIT);
  expect(caching.cacheKv.puts).toEqual([]);
});

test('an answer that was being made while a sync changed its rows is stale', async () => {
  const prepare = caching.db.binding.prepare;
  let isFirst = true;
  Object.assign(caching.db.binding, {
    prepare: (sql: string) => {
      const statement = prepare(sql);
      if (!isFirst || !sql.includes('project_count')) return statement;
      isFirst = false;
      return {
        all: async () => {
          const rows = await statement.all();
          const { projects } = await caching.market.records();
          for (const { id } of projects) await caching.market.patchProject(id, { category: 'New' });
          await caching.gateway.scheduled(CRONS.projects);
          return rows;
        },
      };
    },
  });
  const made = await ask(caching.gateway, CATEGORIES);
  expect(made.text).not.toContain('"New"');
  await caching.gateway.advance(15);
  expect((await ask(caching.gateway, CATEGORIES)).xCache).toBe('STALE');
  expect((await ask(caching.gateway, CATEGORIES)).text).toContain('"New"');
});

test('an answer made from prices that the isolate had kept is stale once newer ones are known', async () => {
  await ask(caching.gateway, PRICE);
  await caching.market.pinPrice('BTC', 4321.5);
  await caching.gateway.advance(10);
  await caching.gateway.scheduled(CRONS.prices);
  // The generations are read anew beside the first request; the prices are kept for five more seconds.
  await ask(caching.gateway, CANDLES);
  const question = { query: '{ price(symbol: "BTC") { price symbol } }' };
  await ask(caching.gateway, question);
  await caching.gateway.advance(6);
  await ask(caching.gateway, question);
  expect((await ask(caching.gateway, question)).body.data).toMatchObject({ price: { price: 4321.5 } });
});

test('while KV still gives the old prices, an answer made of them is not made anew for every request', async () => {
  const question = { query: '{ searchProjects(query: "bitcoin") { price { price } } }' };
  const made = await ask(caching.gateway, question);
  const old = await caching.pricesKv.binding.get('prices', 'text');
  await caching.gateway.advance(60);
  await caching.gateway.scheduled(CRONS.prices);
  const get = caching.pricesKv.binding.get as unknown as (key: string | string[]) => Promise<unknown>;
  Object.assign(caching.pricesKv.binding, {
    get: async (key: string | string[]) => (key === 'prices' ? old : get(key)),
  });
  await caching.gateway.advance(15);
  caching.executions();
  for (let time = 0; time < 20; time += 1) {
    expect(await ask(caching.gateway, question)).toMatchObject({ xCache: 'STALE', text: made.text });
  }
  expect(caching.executions()).toBe(1);
  Object.assign(caching.pricesKv.binding, { get });
  await caching.gateway.advance(5);
  await ask(caching.gateway, question);
  const executed = await caching.gateway.query(question.query);
  expect(executed.data).not.toEqual(made.body.data);
  expect((await ask(caching.gateway, question)).body.data).toEqual(executed.data);
});

test('a change is seen although the run that made it could not be closed', async () => {
  await ask(caching.gateway, PROJECT_NAMES);
  const { projects } = await caching.market.records();
  for (const { id } of projects) await caching.market.patchProject(id, { name: 'Renamed' });
  await caching.gateway.advance(60);
  const { prepare } = caching.db.binding;
  Object.assign(caching.db.binding, {
    prepare: (sql: string) => {
      if (sql.includes('UPDATE sync_run SET finished_at')) throw new Error('D1 is down');
      return prepare(sql);
    },
  });
  await caching.gateway.scheduled(CRONS.projects);
  const names = await env.DB.prepare(
    "SELECT count(*) AS count FROM project_cache WHERE name = 'Renamed'",
  ).first('count');
  expect(names).toBe(8);
  await caching.gateway.advance(15);
  expect((await ask(caching.gateway, PROJECT_NAMES)).xCache).toBe('STALE');
  expect((await ask(caching.gateway, PROJECT_NAMES)).text).toContain('Renamed');
});
