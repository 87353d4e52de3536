import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { LIST_MAX_ITEMS, SEARCH_MATCHES_MAX } from '../../../src/config.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type ListRequest, readPage } from '../../support/list-pages.ts';
import { createMarket } from '../../support/market.ts';
import { DIRECTIONS, POOL_ORDER_FIELDS, PROJECT_ORDER_FIELDS } from '../../support/reference-market.ts';

const PAGE = 50;
/** Each candidate is read in an index, in the list of candidates, and as a row. */
const SEARCH_MAX_ROWS = 4 * (SEARCH_MATCHES_MAX + 2 * LIST_MAX_ITEMS);
const orders = <Field extends string>(fields: readonly Field[]) =>
  fields.flatMap((field) => DIRECTIONS.map((direction) => ({ field, direction })));

let gateway: TestGateway;

beforeAll(async () => {
  gateway = startGateway(await createMarket({ projectCount: 5_000, poolCount: 300, investmentCount: 0 }));
  for (const cron of [CRONS.projects, CRONS.pools]) await gateway.scheduled(cron);
});

async function rowsReadBy(request: ListRequest): Promise<number> {
  gateway.resetCounts();
  const page = await readPage(gateway, request);
  expect(page.ids).toHaveLength(Number(request.args.first));
  return gateway.counts.d1RowsRead;
}

/** The cursor behind the 49th page, taken from few large pages. */
async function cursorOfPage50(request: ListRequest, first: number): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let behind = first * (PAGE - 1); behind > 0; behind -= 100) {
    const args = { ...request.args, first: Math.min(100, behind), after: cursor };
    const page = await readPage(gateway, { ...request, args });
    expect(page.ids).toHaveLength(args.first);
    cursor = page.cursors.at(-1);
  }
  return cursor;
}

async function rowsOfPages(request: ListRequest, first: number): Promise<{ page1: number; page50: number }> {
  const after = await cursorOfPage50(request, first);
  const rowsOf = (args: object) => rowsReadBy({ ...request, args: { ...request.args, first, ...args } });
  return { page1: await rowsOf({}), page50: await rowsOf({ after }) };
}

it.each([
  { filter: {} },
  { filter: { status: 'UPCOMING' } },
  { filter: { category: 'Meme' } },
  { filter: { blockchain: 'ethereum' } },
  { filter: { tag: 'zk' } },
])(
  'reads no more rows for page 50 of projects $filter than for page 1, in every order',
  async ({ filter }) => {
    for (const orderBy of orders(PROJECT_ORDER_FIELDS)) {
      const { page1, page50 } = await rowsOfPages({ list: 'projects', args: { filter, orderBy } }, 5);
      expect(page50, `${orderBy.field} ${orderBy.direction}`).toBeLessThanOrEqual(page1);
    }
  },
);

it.each([{ filter: {} }, { filter: { type: 'PUBLIC' } }, { filter: { status: 'COMPLETED' } }])(
  'reads no more rows for page 50 of pools $filter than for page 1, in every order',
  async ({ filter }) => {
    for (const orderBy of orders(POOL_ORDER_FIELDS)) {
      const { page1, page50 } = await rowsOfPages({ list: 'idoPools', args: { filter, orderBy } }, 1);
      expect(page50, `${orderBy.field} ${orderBy.direction}`).toBeLessThanOrEqual(page1);
    }
  },
);

it('reads a row an item and one more of lists that are filtered by status alone, wherever the page stands', async () => {
  for (const orderBy of orders(PROJECT_ORDER_FIELDS)) {
    const { page1, page50 } = await rowsOfPages({ list: 'projects', args: { orderBy } }, 20);
    expect([page1, page50], `${orderBy.field} ${orderBy.direction}`).toEqual([21, 21]);
  }
});

it('reads the rows that an offset leaves out, a row an item and one more of lists that are filtered by status alone', async () => {
  const projects = orders(PROJECT_ORDER_FIELDS).map((orderBy) => ({ list: 'projects', orderBy }) as const);
  const pools = orders(POOL_ORDER_FIELDS).map((orderBy) => ({ list: 'idoPools', orderBy }) as const);
  for (const { list, orderBy } of [...projects, ...pools]) {
    const { totalCount } = await readPage(gateway, { list, args: { first: 1 }, withTotalCount: true });
    for (const offset of [1, 200, Number(totalCount) - 21]) {
      const rows = await rowsReadBy({ list, args: { orderBy, first: 20, offset } });
      const told = `${list} ${orderBy.field} ${orderBy.direction} at ${offset}`;
      expect(rows, told).toBeGreaterThanOrEqual(offset + 21);
      // The index is asked once more for missing keys.
      expect(rows, told).toBeLessThanOrEqual(offset + 22);
    }
  }
});

it.each([{ category: 'Meme' }, { blockchain: 'ethereum' }, { tag: 'zk' }])(
  'reads no more rows for an offset of projects %o than for page 1, but three for each of the page',
  async (filter) => {
    for (const orderBy of orders(PROJECT_ORDER_FIELDS)) {
      const list = { list: 'projects', args: { filter, orderBy, first: 5 } } as const;
      const page1 = await rowsReadBy(list);
      const page50 = await rowsReadBy({ ...list, args: { ...list.args, offset: 5 * (PAGE - 1) } });
      expect(page50, `${orderBy.field} ${orderBy.direction}`).toBeLessThanOrEqual(page1 + 3 * (5 + 1));
    }
  },
);

it('reads no more of a list whose sort keys are all alike, or all missing', async () => {
  // No market is like this, so the figures are put where the sync would put them.
  await env.DB.batch([env.DB.prepare('UPDATE project_cache SET volume_24h = 7, price_change_24h = NULL')]);
  for (const orderBy of orders(['VOLUME_24H', 'PRICE_CHANGE_24H'])) {
    const { page1, page50 } = await rowsOfPages({ list: 'projects', args: { orderBy } }, 20);
    expect(page50, `${orderBy.field} ${orderBy.direction}`).toBeLessThanOrEqual(page1);
    // Where no key is present the index is asked once for nothing.
    expect(page1).toBeLessThanOrEqual(22);
    const byOffset = await rowsReadBy({ list: 'projects', args: { orderBy, first: 20, offset: 980 } });
    expect(byOffset).toBeLessThanOrEqual(1_002);
  }
});

it('counts only where the count is selected, and one row an item of the filter', async () => {
  const list = { list: 'projects', args: { filter: { status: 'PAUSED' }, first: 20 } } as const;
  const uncounted = await rowsReadBy(list);
  const counted = await rowsReadBy({ ...list, withTotalCount: true });
  const { totalCount } = await readPage(gateway, { ...list, withTotalCount: true });
  expect(uncounted).toBe(21);
  expect(counted - uncounted).toBeLessThanOrEqual(Number(totalCount) + 1);
});

it('reads few rows for a short trending list and for a search that few projects meet', async () => {
  expect(await rowsReadBy({ list: 'trendingProjects', args: { first: 10 } })).toBeLessThanOrEqual(25);
  expect(await rowsReadBy({ list: 'searchProjects', args: { query: 'bitcoin', first: 1 } })).toBeLessThan(50);
});

it.each(['in', 'st', 'er', 'protocol', 'finance', 'the'])(
  'reads a bounded number of rows for a search that very many texts contain: %s',
  async (query) => {
    const search = { list: 'searchProjects', args: { query, first: 20 } } as const;
    expect(await rowsReadBy(search)).toBeLessThanOrEqual(SEARCH_MAX_ROWS);
  },
);

it('reads few rows of a list in its order whose search many texts contain, and those of the matches else', async () => {
  for (const orderBy of orders(PROJECT_ORDER_FIELDS)) {
    for (const search of ['in', 'er', 'the']) {
      const { page1, page50 } = await rowsOfPages(
        { list: 'projects', args: { filter: { search }, orderBy } },
        5,
      );
      expect(page1, `${search} ${orderBy.field}`).toBeLessThanOrEqual(SEARCH_MATCHES_MAX + 1 + 100);
      expect(page50, `${search} ${orderBy.field}`).toBeLessThanOrEqual(SEARCH_MATCHES_MAX + 1 + 100);
    }
  }
  const rare = { list: 'projects', args: { filter: { search: 'st' }, first: 5 } } as const;
  expect(await rowsReadBy(rare)).toBeLessThanOrEqual(4 * SEARCH_MATCHES_MAX);
});

it.each(['qx', 'zq', 'btc', 'bitcoin'])(
  'reads few rows for a search that few texts contain: %s',
  async (query) => {
    gateway.resetCounts();
    const { ids } = await readPage(gateway, { list: 'searchProjects', args: { query, first: 100 } });
    expect(gateway.counts.d1RowsRead).toBeLessThanOrEqual(20 + 5 * ids.length);
  },
);

it('finds symbols and names that begin with a search first, however many other texts contain it', async () => {
  await env.DB.prepare(
    `UPDATE project_cache SET symbol = 'COINZ', symbol_folded = 'coinz' WHERE id =
      (SELECT id FROM project_cache ORDER BY row_id DESC LIMIT 1)`,
  ).run();
  const symbolsOf = async (query: string) =>
    (
      await gateway.query<{ searchProjects: { symbol: string }[] }>(
        'query ($query: String!) { searchProjects(query: $query, first: 5) { symbol } }',
        { query },
      )
    ).data.searchProjects.map(({ symbol }) => symbol);
  expect(await symbolsOf('coin')).toContain('COINZ');
  expect((await symbolsOf('coinz'))[0]).toBe('COINZ');
});
