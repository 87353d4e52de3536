/** Load balancers of the zone, with the pools and monitors of the account. */

import { byId, type Described, newId, now, removeById } from './described-items.ts';
import { ApiError, type ApiRequest, type Resource, type Route } from './resource.ts';
import type { PlatformState } from './state.ts';
import type { Zone } from './zone.ts';

const NOT_ENABLED = 1002;
const NOT_FOUND = 1001;
const INVALID = 1003;
const IN_USE = 1005;

interface Kind {
  what: string;
  path: string;
  itemsOf(zone: Zone): Described[];
  defaults: Readonly<Record<string, unknown>>;
  /** @throws ApiError where something is named that is not there. */
  check(item: Described, zone: Zone): void;
  /** The item that names it, and so keeps it. */
  users(id: string, zone: Zone): readonly Described[];
}

const KINDS: readonly Kind[] = [
  {
    what: 'monitor',
    path: '/accounts/:accountId/load_balancers/monitors',
    itemsOf: ({ monitors }) => monitors,
    defaults: {
      type: 'http',
      method: 'GET',
      follow_redirects: false,
      allow_insecure: false,
      probe_zone: '',
      header: {},
    },
    check: () => undefined,
    users: (id, { pools }) => pools.filter(({ monitor }) => monitor === id),
  },
  {
    what: 'pool',
    path: '/accounts/:accountId/load_balancers/pools',
    itemsOf: ({ pools }) => pools,
    defaults: { enabled: true, minimum_origins: 1, check_regions: null, notification_email: '' },
    check({ monitor }, { monitors }) {
      if (monitor !== undefined) byId(monitors, String(monitor), INVALID, 'monitor');
    },
    users: (id, { balancers }) =>
      balancers.filter(({ default_pools, fallback_pool }) =>
        [default_pools, fallback_pool].flat().includes(id),
      ),
  },
  {
    what: 'load balancer',
    path: '/zones/:zoneId/load_balancers',
    itemsOf: ({ balancers }) => balancers,
    defaults: { enabled: true, ttl: 30, session_affinity: 'none', steering_policy: 'off', region_pools: {} },
    check({ default_pools, fallback_pool }, { pools }) {
      for (const pool of [default_pools, fallback_pool].flat()) byId(pools, String(pool), INVALID, 'pool');
    },
    users: () => [],
  },
];

function routesOf({ what, path, itemsOf, defaults, check, users }: Kind): Route[] {
  const enabled =
    (handle: (request: ApiRequest, zone: Zone) => unknown) =>
    (request: ApiRequest, { zone }: PlatformState) => {
      if (!zone.addOns.has('load_balancing'))
        throw new ApiError(400, NOT_ENABLED, 'load balancing not enabled for this account');
      return handle(request, zone);
    };
  const itemOf = (request: ApiRequest, zone: Zone) =>
    byId(itemsOf(zone), request.param('id'), NOT_FOUND, what);
  return [
    { method: 'GET', path, handle: enabled((_request, zone) => itemsOf(zone)) },
    {
      method: 'POST',
      path,
      handle: enabled((request, zone) => {
        const item = {
          ...defaults,
          ...request.json<object>(),
          id: newId(),
          created_on: now(),
          modified_on: now(),
        };
        check(item, zone);
        itemsOf(zone).push(item);
        return item;
      }),
    },
    {
      method: 'PATCH',
      path: `${path}/:id`,
      handle: enabled((request, zone) => {
        const changed = { ...itemOf(request, zone), ...request.json<object>(), modified_on: now() };
        check(changed, zone);
        return Object.assign(itemOf(request, zone), changed);
      }),
    },
    {
      method: 'DELETE',
      path: `${path}/:id`,
      handle: enabled((request, zone) => {
        const { id } = itemOf(request, zone);
        if (users(id, zone).length > 0) throw new ApiError(412, IN_USE, `${what} is in use`);
        return removeById(itemsOf(zone), id, NOT_FOUND, what);
      }),
    },
  ];
}

export const zoneBalancers: Resource = KINDS.flatMap(routesOf);
