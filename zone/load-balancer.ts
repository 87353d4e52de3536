import {
  type DesiredLoadBalancer,
  type DesiredMonitor,
  type DesiredPool,
  OWNER_MARK,
} from './desired-zone.ts';
import type { Site } from './site.ts';

/** Load Balancing is bought beside every plan. Without it the host needs a record that is made by hand. */
const needs = { addOn: 'load_balancing' } as const;

const MONITOR = `${OWNER_MARK} health of the main API`;
const POOL = 'primary-pool';

export const monitors = (site: Site): readonly DesiredMonitor[] => [
  {
    description: MONITOR,
    type: 'https',
    method: 'GET',
    path: '/health',
    // Requests have this host: the servers' certificates are for this name, which `ssl: strict` checks.
    header: { Host: [site.mainApiHost] },
    expected_codes: '200',
    interval: 60,
    timeout: 5,
    retries: 2,
    needs,
  },
];

export const pools = (site: Site): readonly DesiredPool[] => [
  {
    name: POOL,
    description: `${OWNER_MARK} servers of the main API`,
    monitor: MONITOR,
    origins: site.mainApiServers.map((address, index) => ({
      name: `api${index + 1}`,
      address,
      enabled: true,
      weight: 1,
    })),
    needs,
  },
];

/** The platform's `com2000-api-lb`. A load balancer's name is the host that it answers for. */
export const loadBalancers = (site: Site): readonly DesiredLoadBalancer[] => [
  {
    name: site.mainApiHost,
    description: `${OWNER_MARK} com2000-api-lb`,
    default_pools: [POOL],
    fallback_pool: POOL,
    proxied: true,
    needs,
  },
];
