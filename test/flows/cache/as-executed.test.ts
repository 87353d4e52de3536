/** What is served as fresh is what execution would answer, for every operation that the gateway carries. */

import { expect, test } from 'vitest';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../../operations/rest/manifest.json' with { type: 'json' };
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { ask, type Caching, startCaching } from '../../support/cache-bench.ts';
import { CRONS } from '../../support/gateway.ts';
import { ANYTHING, restVariables } from '../../support/rest-variables.ts';

const VARIABLES: Record<string, Record<string, unknown>> = {
  CandleChart: { symbol: 'BTC' },
  ChatRoomPage: { of: { projectId: encodeGlobalId('Project', 'prj_bitcoin') } },
  PriceCompare: { symbols: ['BTC', 'ETH'] },
  ProjectFiles: { by: { symbol: 'BTC' } },
  ProjectPage: { by: { symbol: 'BTC' } },
  Search: { query: 'bit' },
  WatchlistPrices: { symbols: ['BTC', 'ETH', 'BNT', 'nothing'] },
};
const MORE = [
  '{ projects(orderBy: { field: CURRENT_PRICE, direction: ASC }, first: 5) { totalCount nodes { marketCapRank updatedAt market { marketCap volume24h } social { githubStars } } } }',
  '{ trendingProjects { trendingRank trendingScore marketCapRank market { marketCap } } }',
  '{ comparePrices(symbols: ["BTC", "ETH"], period: WEEK) { totalMarketCap entries { changePercent relativePerformance price { history(period: WEEK) { price } } } } }',
  '{ idoPools(first: 10) { nodes { updatedAt type tokenPrice project { marketCapRank price(currency: EUR) { price } } } } }',
  '{ project(by: { symbol: "BTC" }) { price(currency: ETH) { price history { price } indicators { rsi } } idoPools { saleEnd } } }',
  '{ candles(symbol: "BTC", interval: HOUR) { time close } }',
  '{ projectCategories { name projectCount } }',
];
type Operation = (typeof manifest.operations)[number];
const isCached = ({ cachePolicy }: Operation) =>
  cachePolicy.maxAgeSeconds !== null && cachePolicy.scope === 'public';
const OPERATIONS = [
  ...manifest.operations
    .filter(isCached)
    .map(({ document, name }) => ({ query: document, variables: VARIABLES[name] ?? {} })),
  ...restManifest.operations
    .filter(isCached)
    .map(({ document, name }) => ({ query: document, variables: restVariables(name, ANYTHING, 3) })),
  ...MORE.map((query) => ({ query, variables: {} })),
];

/** Asked until it is fresh: what is stale is renewed beside the first request. */
async function differences({ gateway }: Caching): Promise<string[]> {
  const found: string[] = [];
  for (const operation of OPERATIONS) {
    await ask(gateway, operation);
    const kept = await ask(gateway, operation);
    const executed = await gateway.query(operation.query, operation.variables);
    if (kept.xCache !== 'HIT' || JSON.stringify(kept.body.data) !== JSON.stringify(executed.data))
      found.push(`${kept.xCache}: ${operation.query.slice(0, 60)}`);
  }
  return found;
}

test.each([
  ['prices', CRONS.prices, 60],
  ['projects', CRONS.projects, 300],
  ['pools', CRONS.pools, 900],
  ['hourly candles', CRONS.hourly, 3_600],
  ['everything of the night', CRONS.nightly, 3_600],
] as const)('15 s after a sync of %s', async (_, cron, seconds) => {
  const caching = await startCaching();
  const { gateway, market } = caching;
  await gateway.advance(seconds - 16);
  expect(await differences(caching)).toEqual([]);
  const { projects, pools } = await market.records();
  for (const { id } of projects)
    await market.patchProject(id, { trending_score: 7, category: 'New', rank: 1 });
  for (const { id } of pools) await market.patchPool(id, { pool_name: 'Renamed' });
  await market.pinPrice('BTC', 4321.5);
  await gateway.advance(1);
  await gateway.scheduled(cron);
  await gateway.advance(15);
  expect(await differences(caching)).toEqual([]);
});
