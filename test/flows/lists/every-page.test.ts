import { beforeAll, expect, it } from 'vitest';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type ListRequest, walkLists } from '../../support/list-pages.ts';
import { createMarket } from '../../support/market.ts';
import {
  DIRECTIONS,
  listPools,
  listProjects,
  POOL_ORDER_FIELDS,
  PROJECT_ORDER_FIELDS,
  type ProjectFilter,
} from '../../support/reference-market.ts';
import type { PoolRecord, ProjectRecord } from '../../support/upstream/records.ts';

const PROJECT_COUNT = 5_000;
const STATUSES = ['LIVE', 'UPCOMING', 'PAUSED', 'DELISTED'];
const PROJECT_ORDERS = PROJECT_ORDER_FIELDS.flatMap((field) =>
  DIRECTIONS.map((direction) => ({ field, direction })),
);
const POOL_ORDERS = POOL_ORDER_FIELDS.flatMap((field) =>
  DIRECTIONS.map((direction) => ({ field, direction })),
);

let gateway: TestGateway;
let projects: ProjectRecord[];
let pools: PoolRecord[];

beforeAll(async () => {
  const market = await createMarket({ projectCount: PROJECT_COUNT, poolCount: 60 });
  gateway = startGateway(market);
  for (const cron of [CRONS.projects, CRONS.pools]) await gateway.scheduled(cron);
  ({ projects, pools } = await market.records());
});

/** Walks one list of projects in every order at once and compares each walk with the reference. */
async function expectWalks(filter: ProjectFilter, first: number): Promise<string[][]> {
  const requests = PROJECT_ORDERS.map(
    (orderBy): ListRequest => ({ list: 'projects', args: { filter, orderBy, first } }),
  );
  const walks = await walkLists(gateway, requests);
  PROJECT_ORDERS.forEach((orderBy, index) => {
    expect(walks[index], `${JSON.stringify(filter)} by ${orderBy.field} ${orderBy.direction}`).toEqual(
      listProjects(projects, filter, orderBy),
    );
  });
  return walks;
}

it('shows each of 5,000 projects exactly once, in order, on the pages of every order', async () => {
  const seen = PROJECT_ORDERS.map(() => [] as string[]);
  for (const status of STATUSES) {
    const walks = await expectWalks({ status }, 100);
    walks.forEach((ids, index) => {
      seen[index]?.push(...ids);
    });
  }
  for (const ids of seen) {
    expect(ids).toHaveLength(PROJECT_COUNT);
    expect(new Set(ids).size).toBe(PROJECT_COUNT);
  }
});

it.each([
  { first: 37, filter: { category: 'Layer 2' } },
  { first: 37, filter: { blockchain: 'solana', tag: 'zk' } },
  { first: 37, filter: { tag: 'évolutif', category: 'Meme' } },
  { first: 37, filter: { search: '🌉.', category: 'Gaming' } },
  { first: 37, filter: { search: 'on', status: 'UPCOMING' } },
  { first: 7, filter: { status: 'DELISTED' } },
  { first: 7, filter: { category: 'Oracle', tag: 'rwa', status: 'LIVE' } },
])('shows each project of $filter once, in order, on pages of $first', async ({ filter, first }) => {
  const walks = await expectWalks(filter, first);
  expect(walks[0]?.length).toBeGreaterThan(first);
});

it.each([{}, { status: 'COMPLETED' }, { type: 'PUBLIC' }, { blockchain: 'bsc' }])(
  'shows each pool of %o once, in order, on pages of 3',
  async (filter: Record<string, string>) => {
    const requests = POOL_ORDERS.map(
      (orderBy): ListRequest => ({ list: 'idoPools', args: { filter, orderBy, first: 3 } }),
    );
    const walks = await walkLists(gateway, requests);
    expect(walks).toEqual(POOL_ORDERS.map((orderBy) => listPools(pools, filter, orderBy)));
    expect(walks[0]?.length).toBeGreaterThan(3);
  },
);
