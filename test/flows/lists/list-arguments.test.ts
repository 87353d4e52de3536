import { beforeAll, expect, it } from 'vitest';
import { LIST_MAX_OFFSET_ROWS } from '../../../src/config.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { globalProjectId, readPage, readPages } from '../../support/list-pages.ts';
import { createMarket } from '../../support/market.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = startGateway(await createMarket({ projectCount: 300, poolCount: 40, investmentCount: 0 }));
  await syncAll(gateway);
});

const MARKET_CAP_DESC = { field: 'MARKET_CAP', direction: 'DESC' };
const SALE_START_DESC = { field: 'SALE_START', direction: 'DESC' };

it.each([
  { category: 'No Such Category' },
  { category: 'layer 1' },
  { category: '' },
  { tag: 'no-such-tag' },
  { tag: 'ethereum' },
  { blockchain: 'no-such-chain' },
  { blockchain: 'zk' },
  { search: 'no such words anywhere' },
  { category: "' OR ''='" },
])('answers a filter of projects that nothing meets, %o, with an empty page', async (filter) => {
  const page = await readPage(gateway, { list: 'projects', args: { filter }, withTotalCount: true });
  expect(page).toEqual({ ids: [], cursors: [], endCursor: null, hasNextPage: false, totalCount: 0 });
});

it.each([
  { blockchain: 'no-such-chain' },
  { projectId: globalProjectId('prj_nobody') },
  { projectId: 'malformed' },
  { projectId: '' },
  { projectId: btoa('IdoPool:pool_0001') },
  { projectSlug: 'no-such-project' },
  { projectSlug: '' },
  { projectSlug: 'bitcoin', projectId: globalProjectId('prj_nobody') },
])('answers a filter of pools that nothing meets, %o, with an empty page', async (filter) => {
  const page = await readPage(gateway, { list: 'idoPools', args: { filter }, withTotalCount: true });
  expect(page).toEqual({ ids: [], cursors: [], endCursor: null, hasNextPage: false, totalCount: 0 });
});

it('has no trending projects in a category that nobody knows', async () => {
  const { ids } = await readPage(gateway, {
    list: 'trendingProjects',
    args: { category: 'No Such Category' },
  });
  expect(ids).toEqual([]);
});

it.each([
  { first: null },
  { orderBy: null },
  { after: null },
  { filter: null },
  { filter: {} },
  { filter: { status: null } },
  { filter: { status: null, category: null, blockchain: null, tag: null, search: null } },
  { filter: { status: 'LIVE' } },
  { offset: 0 },
  { offset: null },
  { offset: 0, after: null },
  { first: 20, orderBy: MARKET_CAP_DESC },
])('takes %o of projects as the default', async (args) => {
  const [usual, asked] = await readPages(gateway, [
    { list: 'projects', args: {}, withTotalCount: true },
    { list: 'projects', args, withTotalCount: true },
  ]);
  expect(usual?.ids).toHaveLength(20);
  expect(asked).toEqual(usual);
});

it.each([
  { first: null },
  { orderBy: null },
  { after: null },
  { filter: null },
  { filter: { status: null, type: null, blockchain: null, projectId: null, projectSlug: null } },
  { offset: 0 },
  { offset: null },
  { first: 20, orderBy: SALE_START_DESC },
])('takes %o of pools as the default', async (args) => {
  const [usual, asked] = await readPages(gateway, [
    { list: 'idoPools', args: {}, withTotalCount: true },
    { list: 'idoPools', args, withTotalCount: true },
  ]);
  expect(usual?.ids).toHaveLength(20);
  expect(usual?.totalCount).toBe(40);
  expect(asked).toEqual(usual);
});

it('takes null for the size of a search or of the trending list as the default', async () => {
  const [search, trending] = await readPages(gateway, [
    { list: 'searchProjects', args: { query: 'on', first: null } },
    { list: 'trendingProjects', args: { category: null, first: null } },
  ]);
  expect(search?.ids).toHaveLength(20);
  expect(trending?.ids).toHaveLength(10);
});

it('tells where a page stands', async () => {
  const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const page = async (after: string | null, first: number) => {
    const { data } = await gateway.query<{
      projects: { edges: { cursor: string }[]; nodes: { slug: string }[]; pageInfo: Record<string, unknown> };
    }>(
      `query ($after: String, $first: Int) { projects(first: $first, after: $after) { edges { cursor node { slug } } nodes { slug } ${pageInfo} } }`,
      { after, first },
    );
    return data.projects;
  };
  const one = await page(null, 2);
  const [startCursor, endCursor] = one.edges.map(({ cursor }) => cursor);
  expect(one.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false, startCursor, endCursor });
  const two = await page(endCursor ?? null, 2);
  expect(two.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  expect((await page(null, 4)).nodes).toEqual([...one.nodes, ...two.nodes]);

  let last = one;
  while (last.pageInfo.hasNextPage) last = await page(String(last.pageInfo.endCursor), 100);
  const behind = await page(String(last.pageInfo.endCursor), 2);
  expect(behind).toEqual({
    edges: [],
    nodes: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
  });
});

interface Place {
  edges: { cursor: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null };
}
const PLACE = 'edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor }';

it.each(['projects', 'idoPools'] as const)('tells where a page of %s by offset stands', async (list) => {
  const placeAt = async (args: string) =>
    (await gateway.query<Record<string, Place>>(`{ ${list}(${args}) { ${PLACE} } }`)).data[list];
  const { totalCount } = await readPage(gateway, { list, args: {}, withTotalCount: true });
  const total = Number(totalCount);
  const first = await placeAt('first: 3, offset: 0');
  expect(first?.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: true });
  const second = await placeAt('first: 1, offset: 1');
  expect(second).toEqual({
    edges: [first?.edges[1]],
    pageInfo: { hasPreviousPage: true, hasNextPage: true, startCursor: first?.edges[1]?.cursor },
  });
  const last = await placeAt(`first: 1, offset: ${total - 1}`);
  expect(last?.edges).toHaveLength(1);
  expect(last?.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
  for (const offset of [total, total + 1, LIST_MAX_OFFSET_ROWS]) {
    expect(await placeAt(`offset: ${offset}`)).toEqual({
      edges: [],
      pageInfo: { hasPreviousPage: true, hasNextPage: false, startCursor: null },
    });
  }
});

it('has nothing before an offset in a list of nothing, and counts it for nobody who does not ask', async () => {
  const nothing = 'projects(filter: { category: "No Such Category" }, offset: 5)';
  const { data } = await gateway.query(`{ ${nothing} { totalCount ${PLACE} } }`);
  const pageInfo = { hasPreviousPage: false, hasNextPage: false, startCursor: null };
  expect(data).toEqual({ projects: { totalCount: 0, edges: [], pageInfo } });
  gateway.resetCounts();
  await gateway.query(`{ ${nothing} { edges { cursor } } }`);
  expect(gateway.counts.d1Calls).toBe(1);
});

it.each(['projects', 'idoPools'] as const)('refuses an offset of %s that is none', async (list) => {
  const { endCursor } = await readPage(gateway, { list, args: { first: 1 } });
  for (const [offset, after, message] of [
    [-1, null, 'offset: must be at least 0'],
    [-2_147_483_648, null, 'offset: must be at least 0'],
    [LIST_MAX_OFFSET_ROWS + 1, null, 'offset: must be at most 10000'],
    [1, endCursor, 'offset: must be 0 or absent if after is given'],
    [1, '', 'offset: must be 0 or absent if after is given'],
  ] as const) {
    const query = `query ($offset: Int, $after: String) { ${list}(offset: $offset, after: $after) { totalCount } }`;
    const { data, errors } = await gateway.query(query, { offset, after });
    expect(data).toEqual({ [list]: null });
    expect(errors?.map((error) => [error.message, error.extensions])).toEqual([
      [message, { code: 'BAD_USER_INPUT', argumentPath: ['offset'] }],
    ]);
  }
  const [afterAlone, withZero] = await readPages(gateway, [
    { list, args: { after: endCursor } },
    { list, args: { after: endCursor, offset: 0 } },
  ]);
  expect(withZero).toEqual(afterAlone);
});
