import * as fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { drawn } from '../../support/list-inputs.ts';
import { readPage, walkLists } from '../../support/list-pages.ts';
import { createMarket, type TestMarket } from '../../support/market.ts';
import {
  DIRECTIONS,
  type Direction,
  listPools,
  listProjects,
  POOL_ORDER_FIELDS,
  type PoolOrderField,
  PROJECT_ORDER_FIELDS,
  type ProjectOrderField,
} from '../../support/reference-market.ts';
import type { PoolRecord, ProjectRecord } from '../../support/upstream/records.ts';

const STAYING = Array.from({ length: 16 }, (_, index) => `stays-${index}`);
const MOVING = Array.from({ length: 12 }, (_, index) => `moves-${index}`);

let market: TestMarket;
let gateway: TestGateway;

beforeAll(async () => {
  market = await createMarket({ projectCount: 0, poolCount: 0, investmentCount: 0 });
  gateway = startGateway(market);
});

/** Few of them, so that many tie; null for a missing one. */
const sortKey = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constant(null));
/** What a sync brings: figures of those that move, and whether they are listed; texts of those that stay. */
const changes = fc.record({
  moving: fc.uniqueArray(fc.record({ id: fc.constantFrom(...MOVING), key: sortKey, listed: fc.boolean() }), {
    selector: ({ id }) => id,
    maxLength: 6,
  }),
  staying: fc.uniqueArray(
    fc.record({ id: fc.constantFrom(...STAYING), other: fc.integer({ min: 0, max: 9 }) }),
    { selector: ({ id }) => id, maxLength: 3 },
  ),
});

const runs = <Field extends string>(fields: readonly Field[]) => ({
  field: fc.constantFrom(...fields),
  direction: fc.constantFrom<Direction>(...DIRECTIONS),
  first: fc.integer({ min: 1, max: 6 }),
  stayingKeys: fc.array(sortKey, { minLength: STAYING.length, maxLength: STAYING.length }),
  movingKeys: fc.array(sortKey, { minLength: MOVING.length, maxLength: MOVING.length }),
  syncs: fc.array(changes, { minLength: 1, maxLength: 8 }),
});

/** Every key of a project that is not asked about is another; `key` is the one that is. */
function project(id: string, field: ProjectOrderField, key: number | null, other: number): ProjectRecord {
  const of = (name: ProjectOrderField) => (name === field ? key : other);
  return {
    id,
    slug: id,
    symbol: id.toUpperCase(),
    name: `Name ${of('NAME')}`,
    status: 'live',
    category: 'Any',
    tags: ['any', 'any'],
    blockchain: [],
    description: `described ${other}`,
    current_price: of('CURRENT_PRICE'),
    market_cap: of('MARKET_CAP'),
    volume_24h: of('VOLUME_24H'),
    price_change_24h: of('PRICE_CHANGE_24H'),
    listing_date: of('LISTED_AT'),
    updated_at: market.startAt,
  };
}

function pool(id: string, field: PoolOrderField, key: number | null, other: number): PoolRecord {
  const of = (name: PoolOrderField) => (name === field ? (key ?? 7) : other);
  return {
    id,
    project_id: 'any',
    pool_name: `described ${other}`,
    pool_type: 'public',
    token_price: '1',
    total_tokens: '9',
    sold_tokens: String(of('PROGRESS')),
    total_raised: `${of('TOTAL_RAISED')}.5`,
    min_allocation: '1',
    participant_count: other,
    payment_token: 'USDT',
    blockchain: 'bsc',
    sale_start: of('SALE_START'),
    sale_end: of('SALE_END') + 20,
    status: 'completed',
    updated_at: market.startAt,
  };
}

it('neither skips nor repeats a project whose sort key stays while syncs change others between pages', async () => {
  const filters = fc.constantFrom({}, { category: 'Any' }, { tag: 'any' }, { search: 'described' });
  await fc.assert(
    fc.asyncProperty(fc.record({ ...runs(PROJECT_ORDER_FIELDS), filter: filters }), async (run) => {
      const { field, direction, first, filter } = run;
      const orderBy = { field, direction };
      const put = (record: ProjectRecord) => market.putProject(record.id, { ...record });
      const staying = STAYING.map((id, index) => project(id, field, run.stayingKeys[index] ?? null, 1));
      const moving = MOVING.map((id, index) => project(id, field, run.movingKeys[index] ?? null, 1));
      await Promise.all([...staying, ...moving].map(put));
      await gateway.scheduled(CRONS.projects);

      const syncs = [...run.syncs];
      const request = { list: 'projects', args: { filter, orderBy, first } } as const;
      const [walk] = await walkLists(gateway, [request], async () => {
        const sync = syncs.shift();
        if (sync === undefined) return;
        await Promise.all([
          ...sync.moving.map(({ id, key, listed }) =>
            put({ ...project(id, field, key, 2), status: listed ? 'live' : 'delisted' }),
          ),
          ...sync.staying.map(({ id, other }) =>
            put(project(id, field, run.stayingKeys[STAYING.indexOf(id)] ?? null, other)),
          ),
        ]);
        await gateway.scheduled(CRONS.projects);
      });
      expect(walk?.filter((id) => STAYING.includes(id))).toEqual(listProjects(staying, {}, orderBy));
    }),
    drawn(30),
  );
});

it('neither skips nor repeats a pool whose sort key stays while syncs change others between pages', async () => {
  const filters = fc.constantFrom({}, { type: 'PUBLIC' }, { status: 'COMPLETED' });
  await fc.assert(
    fc.asyncProperty(fc.record({ ...runs(POOL_ORDER_FIELDS), filter: filters }), async (run) => {
      const { field, direction, first, filter } = run;
      const orderBy = { field, direction };
      const put = (record: PoolRecord) => market.putPool(record.id, { ...record });
      const staying = STAYING.map((id, index) => pool(id, field, run.stayingKeys[index] ?? null, 1));
      const moving = MOVING.map((id, index) => pool(id, field, run.movingKeys[index] ?? null, 1));
      await Promise.all([...staying, ...moving].map(put));
      await gateway.scheduled(CRONS.pools);

      const syncs = [...run.syncs];
      const request = { list: 'idoPools', args: { filter, orderBy, first } } as const;
      const [walk] = await walkLists(gateway, [request], async () => {
        const sync = syncs.shift();
        if (sync === undefined) return;
        await Promise.all([
          ...sync.moving.map(({ id, key, listed }) =>
            put({ ...pool(id, field, key, 2), status: listed ? 'completed' : 'cancelled' }),
          ),
          ...sync.staying.map(({ id, other }) =>
            put(pool(id, field, run.stayingKeys[STAYING.indexOf(id)] ?? null, other)),
          ),
        ]);
        await gateway.scheduled(CRONS.pools);
      });
      expect(walk?.filter((id) => STAYING.includes(id))).toEqual(listPools(staying, {}, orderBy));
    }),
    drawn(20),
  );
});

it('goes on behind a row that is gone, or that has moved, as if it still stood there', async () => {
  const record = (id: string, key: number) => project(id, 'MARKET_CAP', key, 1);
  const category = 'Few';
  const put = (id: string, key: number, fields: Partial<ProjectRecord> = {}) =>
    market.putProject(id, { ...record(id, key), category, ...fields });
  await Promise.all([put('few-1', 50), put('few-2', 40), put('few-3', 30), put('few-4', 20)]);
  await gateway.scheduled(CRONS.projects);
  const request = { list: 'projects', args: { filter: { category }, first: 2 } } as const;
  const page = await readPage(gateway, request);
  expect(page.ids).toEqual(['few-1', 'few-2']);

  await put('few-2', 40, { status: 'delisted' });
  await put('few-5', 35);
  await gateway.scheduled(CRONS.projects);
  const next = { ...request, args: { ...request.args, after: page.endCursor } };
  expect((await readPage(gateway, next)).ids).toEqual(['few-5', 'few-3']);

  await put('few-2', 25);
  await gateway.scheduled(CRONS.projects);
  expect((await readPage(gateway, { ...next, args: { ...next.args, first: 100 } })).ids).toEqual([
    ...['few-5', 'few-3', 'few-2', 'few-4'],
  ]);
});
