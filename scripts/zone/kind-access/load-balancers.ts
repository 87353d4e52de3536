import type { LoadBalancerCreateParams } from 'cloudflare/resources/load-balancers/load-balancers';
import { foundItem } from './found-item.ts';
import { type KindAccess, ONCE } from './kind-access.ts';

export const LOAD_BALANCERS: KindAccess = {
  permissions: [{ name: 'Load Balancers: Edit', of: 'zone' }],
  async list({ client, zoneId: zone_id }) {
    const { result } = await client.loadBalancers.list({ zone_id });
    return result.map((balancer) => foundItem('load balancer', balancer.name ?? '', { ...balancer }));
  },
  create: async ({ client, zoneId: zone_id }, fields) =>
    (await client.loadBalancers.create({ zone_id, ...fields } as LoadBalancerCreateParams, ONCE)).id ?? '',
  change: ({ client, zoneId: zone_id }, { id }, fields) =>
    client.loadBalancers.edit(id, { zone_id, ...fields }),
  remove: ({ client, zoneId: zone_id }, { id }) => client.loadBalancers.delete(id, { zone_id }),
};
