import { beforeAll, expect, it } from 'vitest';
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
