import { beforeAll, expect, it } from 'vitest';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { type ListRequest, readPages } from '../../support/list-pages.ts';
import { createMarket, type TestMarket } from '../../support/market.ts';

let market: TestMarket;
let gateway: TestGateway;

beforeAll(async () => {
  market = await createMarket({ projectCount: 0, poolCount: 0, investmentCount: 0 });
  gateway = startGateway(market);
  const shared = { symbol: 'OLD', status: 'live', category: 'Old', blockchain: ['old-chain'], tags: ['old'] };
  await market.putProject('moved', { ...shared, name: 'Old name', slug: 'moved', description: 'old words' });
  await market.putProject('other', { ...shared, name: 'Old other', slug: 'other', description: 'old words' });
  await gateway.scheduled(CRONS.projects);
});

async function changeMoved(fields: Record<string, unknown>): Promise<void> {
  await gateway.advance(300);
  await market.patchProject('moved', fields);
  await gateway.scheduled(CRONS.projects);
}

async function found(requests: readonly ListRequest[]): Promise<string[][]> {
  const pages = await readPages(gateway, requests);
  return pages.map(({ ids }) => ids);
}

const filtered = (filter: object): ListRequest => ({ list: 'projects', args: { filter } });
const searched = (query: string): ListRequest => ({ list: 'searchProjects', args: { query } });

it('finds a project by its new tags and blockchains after a sync, and no longer by its old ones', async () => {
  await changeMoved({ tags: ['new', 'newer'], blockchain: ['new-chain'] });
  const lists = [{ tag: 'new' }, { tag: 'newer' }, { blockchain: 'new-chain' }, { tag: 'old' }];
  expect(await found([...lists, { blockchain: 'old-chain' }].map(filtered))).toEqual([
    ...[['moved'], ['moved'], ['moved'], ['other'], ['other']],
  ]);
});

it('takes a tag that is given twice as one', async () => {
  await changeMoved({ tags: ['twice', 'twice'], blockchain: ['chain', 'chain'] });
  expect(await found([filtered({ tag: 'twice' }), filtered({ blockchain: 'chain' })])).toEqual([
    ...[['moved'], ['moved']],
  ]);
  const { data } = await gateway.query('{ projects(filter: { tag: "twice" }) { totalCount } }');
  expect(data).toEqual({ projects: { totalCount: 1 } });
});

it('finds a project by its new texts after a sync, and no longer by its old ones', async () => {
  await changeMoved({ name: 'Fresh name', symbol: 'FRSH', description: 'fresh words' });
  expect(await found(['fresh', 'fr', 'old', 'ol', 'words'].map(searched))).toEqual([
    ...[['moved'], ['moved'], ['other'], ['other'], ['moved', 'other']],
  ]);
  await changeMoved({ description: null });
  expect(await found(['fresh words', 'words', 'fresh'].map(searched))).toEqual([[], ['other'], ['moved']]);
});

it('lists a project under its new category and status after a sync', async () => {
  await changeMoved({ category: 'New', status: 'paused' });
  const lists = [{ category: 'New' }, { category: 'New', status: 'PAUSED' }, { category: 'Old' }, {}];
  expect(await found(lists.map(filtered))).toEqual([[], ['moved'], ['other'], ['other']]);
  const { data } = await gateway.query('{ projectCategories { name projectCount } }');
  expect(data).toEqual({ projectCategories: [{ name: 'Old', projectCount: 1 }] });
});
