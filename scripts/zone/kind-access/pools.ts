import type { PoolCreateParams } from 'cloudflare/resources/load-balancers/pools/pools';
import { foundItem } from './found-item.ts';
import { type KindAccess, ONCE } from './kind-access.ts';

export const POOLS: KindAccess = {
  permissions: [{ name: 'Load Balancing: Monitors and Pools: Edit', of: 'account' }],
  isOfAccount: true,
  async list({ client, accountId: account_id }) {
    const { result } = await client.loadBalancers.pools.list({ account_id });
    return result.map((pool) => foundItem('pool', pool.name ?? '', { ...pool }));
  },
  create: async ({ client, accountId: account_id }, fields) =>
    (await client.loadBalancers.pools.create({ account_id, ...fields } as PoolCreateParams, ONCE)).id ?? '',
  change: ({ client, accountId: account_id }, { id }, fields) =>
    client.loadBalancers.pools.edit(id, { account_id, ...fields }),
  remove: ({ client, accountId: account_id }, { id }) =>
    client.loadBalancers.pools.delete(id, { account_id }),
};
