/** What the sale feed reads of D1 and tells to hubs, by a clock that stands still. */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { SALE_COALESCING_MS, SALE_RETRY_MS, TOPIC_LOG_MAX_AGE_MS } from '../../../src/config.ts';
import { investorTopic, poolTopic, SaleFeedReader } from '../../../src/realtime/sale-feed.ts';
import { type IdoPoolRow, idoPoolWrites } from '../../../src/storage/d1/ido-pools.ts';
import { nextPoolBoundary, saleChangesAfter } from '../../../src/storage/d1/sale-changes.ts';
import { countedD1, noCounts } from '../../support/counted-bindings.ts';
import { NOTHING_SOLD_UPSTREAM } from '../../support/investment-rows.ts';
import { saleFeed } from '../../support/live-market.ts';

/** Far enough ahead for no alarm to go off by itself. */
const START_MS = Date.now() + 1_000_000_000;
const START = Math.floor(START_MS / 1000);

beforeEach(async () => {
  for (const table of ['ido_pool_cache', 'user_investment_cache', 'sale_change'])
    await env.DB.prepare(`DELETE FROM ${table}`).run();
  await runInDurableObject(saleFeed(), (_, { storage }) => storage.deleteAll());
});

class Bench {
  nowMs = START_MS;
  readonly told: { hubId: string; entity: string; value: unknown; position: number }[] = [];
  isDeaf = false;
  isDown = false;
  reader: SaleFeedReader;
  readonly storage: DurableObjectStorage;
  /** SQL that writes, of its own storage and of D1. */
  readonly writes: string[] = [];

  constructor(storage: DurableObjectStorage) {
    this.storage = new Proxy(storage, {
      get: (target, name) => {
        const value: unknown = name === 'sql' ? this.#noting(target.sql) : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    this.reader = this.started();
  }

  started(): SaleFeedReader {
    const db = {
      prepare: (query: string) => {
        this.#note(query);
        return env.DB.prepare(query);
      },
      batch: (statements: D1PreparedStatement[]) =>
        this.isDown ? Promise.reject(new Error('down')) : env.DB.batch(statements),
    } as D1Database;
    return new SaleFeedReader({
      storage: this.storage,
      db,
      nowMs: () => this.nowMs,
      publish: async (hubId, changes) => {
        if (this.isDeaf) throw new Error('deaf');
        for (const { entity, value, position } of changes)
          this.told.push({
            hubId,
            entity,
            position,
            value: 'sold_tokens' in value ? value.sold_tokens : value.status,
          });
      },
    });
  }

  #note(query: string): void {
    if (!/^(SELECT|CREATE)/.test(query)) this.writes.push(query);
  }

  #noting(sql: SqlStorage) {
    return {
      exec: (query: string, ...values: SqlStorageValue[]) => {
        this.#note(query);
        return sql.exec(query, ...values);
      },
    };
  }

  async sell(id: string, soldTokens: string, fields: Partial<IdoPoolRow> = {}): Promise<void> {
    await env.DB.batch(idoPoolWrites(env.DB, [{ ...POOL, id, sold_tokens: soldTokens, ...fields }], START));
  }

  /** The time of the next alarm comes, and it goes off. */
  async wake(): Promise<typeof this.told> {
    const atMs = await this.storage.getAlarm();
    if (atMs === null) throw new Error('no alarm is set');
    this.nowMs = Math.max(this.nowMs, atMs);
    await this.storage.deleteAlarm();
    await this.reader.alarm();
    return this.told.splice(0);
  }
}

const POOL = {
  id: '',
  project_id: 'p',
  pool_name: 'n',
  pool_type: 'public' as const,
  description: null,
  token_price: '1',
  total_tokens: '100',
  sold_tokens: '0',
  total_raised: '0',
  min_allocation: '1',
  max_allocation: null,
  max_participants: null,
  participant_count: 0,
  payment_token: 'USDC',
  blockchain: 'Ethereum',
  contract_address: null,
  registration_start: null,
  registration_end: null,
  sale_start: START - 10,
  sale_end: START + 1_000_000,
  status: 'active' as const,
  updated_at: START,
  progress_percent: 0,
  total_raised_real: 0,
  ...NOTHING_SOLD_UPSTREAM,
};

const withFeed = (work: (bench: Bench) => Promise<void>) =>
  runInDurableObject(saleFeed(), (_, { storage }) => work(new Bench(storage)));

test('changes of one pool within a tenth of a second leave as the latest, and none displaces another pool’s', () =>
  withFeed(async (bench) => {
    await bench.sell('a', '0');
    await bench.sell('b', '0');
    await bench.reader.watch('hub', [poolTopic('a'), poolTopic('b')]);
    for (const [id, sold] of [
      ['a', '1'],
      ['b', '5'],
      ['a', '2'],
      ['a', '3'],
    ] as const) {
      await bench.sell(id, sold);
      await bench.reader.changed();
      bench.nowMs += 10;
    }
    expect(await bench.storage.getAlarm()).toBe(START_MS + SALE_COALESCING_MS);
    const told = await bench.wake();
    expect(told.map(({ entity, value }) => [entity, value]).sort()).toEqual([
      ['pool:a', '3'],
      ['pool:b', '5'],
    ]);
    expect(told.map(({ position }) => position)).toEqual(
      told.map(({ position }) => position).sort((x, y) => x - y),
    );
  }));

test('what a hub could not take, and what D1 did not answer, is told a little later', () =>
  withFeed(async (bench) => {
    await bench.sell('a', '0');
    await bench.reader.watch('hub', [poolTopic('a')]);
    await bench.sell('a', '1');
    await bench.reader.changed();
    bench.isDeaf = true;
    expect(await bench.wake()).toEqual([]);
    expect(await bench.storage.getAlarm()).toBe(bench.nowMs + SALE_RETRY_MS);
    bench.isDeaf = false;
    bench.isDown = true;
    await bench.sell('a', '2');
    expect(await bench.wake()).toMatchObject([{ value: '1' }]);
    bench.isDown = false;
    expect(await bench.wake()).toMatchObject([{ value: '2' }]);
  }));

test('a restart loses nothing and issues no position twice', () =>
  withFeed(async (bench) => {
    await bench.sell('a', '0');
    await bench.reader.watch('hub', [poolTopic('a')]);
    const positions: number[] = [];
    for (const sold of ['1', '2', '3']) {
      await bench.sell('a', sold);
      bench.reader = bench.started();
      await bench.reader.changed();
      const told = await bench.wake();
      expect(told).toMatchObject([{ value: sold }]);
      positions.push(...told.map(({ position }) => position));
    }
    expect(new Set(positions).size).toBe(3);
    expect(positions).toEqual([...positions].sort((x, y) => x - y));
  }));

test('more changes than one read takes are all told', () =>
  withFeed(async (bench) => {
    const ids = Array.from({ length: 1_100 }, (_, at) => `pool-${at}`);
    const write = (sold: string) =>
      env.DB.batch(
        idoPoolWrites(
          env.DB,
          ids.map((id) => ({ ...POOL, id, sold_tokens: sold })),
          START,
        ),
      );
    await write('0');
    await bench.reader.watch('hub', ids.map(poolTopic));
    await write('1');
    await bench.reader.changed();
    expect((await bench.wake()).length).toBe(ids.length);
    const { results } = await env.DB.prepare('SELECT count(*) AS rows FROM sale_change').all<{
      rows: number;
    }>();
    expect(results[0]?.rows).toBe(0);
  }));

test('a look at D1 where nothing has changed writes nothing, and a restart follows the clock from before it', () =>
  withFeed(async (bench) => {
    await bench.sell('a', '0');
    await bench.reader.watch('hub', [poolTopic('a')]);
    await bench.sell('a', '1', { sale_end: START + 100 });
    await bench.reader.changed();
    expect(await bench.wake()).toHaveLength(1);
    bench.nowMs += 10_000;
    bench.writes.length = 0;
    await bench.reader.changed();
    expect(await bench.wake()).toEqual([]);
    expect(bench.writes).toEqual([]);
    bench.reader = bench.started();
    bench.nowMs = START_MS + 200_000;
    await bench.reader.changed();
    expect(await bench.wake()).toMatchObject([{ entity: 'pool:a', value: '1' }]);
  }));

test('a topic’s floor is where what was known of it begins, and rises where something is forgotten', () =>
  withFeed(async (bench) => {
    await bench.sell('a', '0');
    await bench.sell('b', '0');
    const topics = [poolTopic('a'), investorTopic('alice')];
    const first = await bench.reader.watch('hub', topics);
    expect(first.topics.map(({ floor }) => floor)).toEqual([first.position, first.position]);
    await bench.sell('b', '1');
    await bench.reader.changed();
    await bench.wake();
    bench.nowMs += TOPIC_LOG_MAX_AGE_MS + 1;
    await bench.sell('a', '1');
    await bench.reader.changed();
    const later = await bench.wake().then(() => bench.reader.watch('hub', topics));
    expect(later.position).toBe(first.position + 2);
    for (const { floor } of later.topics) expect(floor).toBe(first.position + 1);
    expect(later.topics.map(({ changes }) => changes.length)).toEqual([1, 0]);
  }));

test('what the clock changes is found without a look at every pool', async () => {
  /** The times of each are an hour after those of the one before. */
  const add = (from: number, to: number) => {
    const opening = (at: number) => START + at * 3_600;
    const rows = Array.from({ length: to - from }, (_, at) => ({
      ...POOL,
      id: `pool-${from + at}`,
      registration_start: opening(from + at),
      registration_end: opening(from + at) + 600,
      sale_start: opening(from + at) + 1_200,
      sale_end: opening(from + at) + 1_800,
    }));
    return env.DB.batch(idoPoolWrites(env.DB, rows, START));
  };
  const rowsRead = async () => {
    const counts = noCounts();
    const db = countedD1(env.DB, counts);
    const { pools } = await saleChangesAfter(db, 0, { from: START + 599, to: START + 600 });
    expect(pools.map(({ id }) => id)).toEqual(['pool-0']);
    expect(await nextPoolBoundary(db, START + 599)).toBe(START + 600);
    return counts.d1RowsRead;
  };
  await add(0, 10);
  const few = await rowsRead();
  await add(10, 200);
  expect(await rowsRead()).toBe(few);
});
