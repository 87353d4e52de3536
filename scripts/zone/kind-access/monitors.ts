import { foundItem } from './found-item.ts';
import { type KindAccess, ONCE } from './kind-access.ts';

export const MONITORS: KindAccess = {
  permissions: [{ name: 'Load Balancing: Monitors and Pools: Edit', of: 'account' }],
  isOfAccount: true,
  async list({ client, accountId: account_id }) {
    const { result } = await client.loadBalancers.monitors.list({ account_id });
    return result.map((monitor) => foundItem('monitor', monitor.description ?? '', { ...monitor }));
  },
  create: async ({ client, accountId: account_id }, fields) =>
    (await client.loadBalancers.monitors.create({ account_id, ...fields }, ONCE)).id ?? '',
  change: ({ client, accountId: account_id }, { id }, fields) =>
    client.loadBalancers.monitors.edit(id, { account_id, ...fields }),
  remove: ({ client, accountId: account_id }, { id }) =>
    client.loadBalancers.monitors.delete(id, { account_id }),
};
