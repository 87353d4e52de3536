import { expect, it } from 'vitest';
import { startGateway, syncAll } from '../support/gateway.ts';
import { createMarket } from '../support/market.ts';

it('lists every synced project with its live price', async () => {
  const market = await createMarket({ projectCount: 30, poolCount: 5 });
  const gateway = startGateway(market);
  await syncAll(gateway);
  const { data, errors, status } = await gateway.query<{
    projects: { totalCount: number; nodes: { symbol: string; price: { price: number } | null }[] };
  }>('{ projects(first: 100) { totalCount nodes { symbol name price { price } } } }');
  expect(errors).toBeUndefined();
  expect(status).toBe(200);
  expect(data.projects.totalCount).toBe(30);
  expect(data.projects.nodes.filter((project) => (project.price?.price ?? 0) > 0)).toHaveLength(30);
});
