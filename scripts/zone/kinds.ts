/** How the API lists, makes, changes and removes each kind of item, and the token's permission for it. */
import type { RecordCreateParams, RecordEditParams } from 'cloudflare/resources/dns/records';
import type { LoadBalancerCreateParams } from 'cloudflare/resources/load-balancers/load-balancers';
import type { PoolCreateParams } from 'cloudflare/resources/load-balancers/pools/pools';
import type { CustomCreateParams } from 'cloudflare/resources/r2/buckets/domains/custom';
import type { ListCreateParams } from 'cloudflare/resources/rules/lists/lists';
import { OWNER_MARK } from '../../zone/desired-zone.ts';
import { refusal } from '../operations/command-failure.ts';
import { platformErrorCode } from '../platform/platform-client.ts';
import { recordKey } from './wanted-zone.ts';
import type { ZoneClient } from './zone-client.ts';
import type { Fields, FoundItem, Kind, WantedItem } from './zone-items.ts';

/**
 * A creation whose answer is lost may have been done, and one that is asked again makes a second pool. So it is asked once: the next
 * run reads what came of it.
 */
export const ONCE = { maxRetries: 0 } as const;

const RECORDS_PER_PAGE = 500;
const NO_SUCH_BUCKET = 10_006;

export interface KindAccess {
  permission: string;
  /** Shared by all zones of the account: those that are not ours are somebody else's, not this zone's. */
  isOfAccount?: true;
  list(api: ZoneClient, wanted: readonly WantedItem[]): Promise<FoundItem[]>;
  /** @returns the id. */
  create(api: ZoneClient, fields: Fields): Promise<string>;
  change(api: ZoneClient, found: FoundItem, fields: Fields): Promise<unknown>;
  remove(api: ZoneClient, found: FoundItem): Promise<unknown>;
}

const DNS_RECORDS: KindAccess = {
  permission: 'DNS: Edit, of the zone',
  async list({ client, zoneId: zone_id }) {
    const records: FoundItem[] = [];
    for await (const record of client.dns.records.list({ zone_id, per_page: RECORDS_PER_PAGE })) {
      const fields: Fields = { ...record };
      // The platform makes such records for custom domains, and removes them itself.
      if ((fields.meta as Fields | undefined)?.read_only === true) continue;
      const item = foundItem('DNS record', recordKey(record.type ?? '', record.name ?? ''), fields);
      records.push({ ...item, isOurs: isMarked(fields.comment) });
    }
    return records;
  },
  create: async ({ client, zoneId: zone_id }, fields) =>
    (await client.dns.records.create({ zone_id, ...fields } as RecordCreateParams, ONCE)).id,
  change: ({ client, zoneId: zone_id }, { id }, fields) =>
    client.dns.records.edit(id, { zone_id, ...fields } as RecordEditParams),
  remove: ({ client, zoneId: zone_id }, { id }) => client.dns.records.delete(id, { zone_id }),
};

/** They carry no mark: one that is not wanted counts as made by hand. Their record in DNS comes and goes with them. */
const BUCKET_DOMAINS: KindAccess = {
  permission: 'Workers R2 Storage: Edit, of the account; and DNS: Edit, of the zone',
  async list({ client, accountId: account_id }, wanted) {
    const buckets = new Set(wanted.map(({ fields }) => String(fields.bucket)));
    const found = [...buckets].map(async (bucket) => {
      const { domains } = await client.r2.buckets.domains.custom
        .list(bucket, { account_id })
        .catch((error) => {
          if (platformErrorCode(error) === NO_SUCH_BUCKET) return { domains: [] };
          throw error;
        });
      return domains.map((domain) => ({
        ...foundItem('bucket domain', domain.domain, { ...domain, bucket }),
        id: domain.domain,
      }));
    });
    return (await Promise.all(found)).flat();
  },
  async create({ client, accountId: account_id, zoneId }, { bucket, ...fields }) {
    const params = { account_id, zoneId, ...fields } as CustomCreateParams;
    return (await client.r2.buckets.domains.custom.create(String(bucket), params, ONCE)).domain;
  },
  change: ({ client, accountId: account_id }, { id }, { bucket, domain, ...fields }) =>
    client.r2.buckets.domains.custom.update(id, { account_id, bucket_name: String(bucket), ...fields }),
  remove: ({ client, accountId: account_id }, { id, fields }) =>
    client.r2.buckets.domains.custom.delete(id, { account_id, bucket_name: String(fields.bucket) }),
};

const MONITORS: KindAccess = {
  permission: 'Load Balancing: Monitors and Pools: Edit, of the account',
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

const POOLS: KindAccess = {
  permission: 'Load Balancing: Monitors and Pools: Edit, of the account',
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

const LOAD_BALANCERS: KindAccess = {
  permission: 'Load Balancers: Edit, of the zone',
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

const LISTS: KindAccess = {
  permission: 'Account Filter Lists: Edit, of the account',
  isOfAccount: true,
  async list({ client, accountId: account_id }) {
    const { result } = await client.rules.lists.list({ account_id });
    return result.map((list) => foundItem('list', list.name, { ...list }));
  },
  create: async ({ client, accountId: account_id }, fields) =>
    (await client.rules.lists.create({ account_id, ...fields } as ListCreateParams, ONCE)).id,
  async change({ client, accountId: account_id }, { id, fields }, { kind, description }) {
    if (fields.kind !== kind)
      throw refusal(
        'OTHER_KIND',
        `a list keeps its kind, and it is one of ${fields.kind}: remove it by hand.`,
      );
    await client.rules.lists.update(id, { account_id, description: String(description) });
  },
  remove: ({ client, accountId: account_id }, { id }) => client.rules.lists.delete(id, { account_id }),
};

const refuse = async (): Promise<never> => {
  throw new Error('Each zone has it: it is neither added nor removed');
};
const NEITHER_ADDED_NOR_REMOVED = { create: refuse, remove: refuse };

const SETTINGS: KindAccess = {
  permission: 'Zone Settings: Edit, of the zone',
  async list({ client, zoneId: zone_id }, wanted) {
    const found = wanted.map(async ({ key }) => {
      const setting = (await client.zones.settings.get(key, { zone_id })) as Fields;
      return { ...foundItem('setting', key, setting), id: key, isFixed: setting.editable === false };
    });
    return Promise.all(found);
  },
  ...NEITHER_ADDED_NOR_REMOVED,
  change: ({ client, zoneId: zone_id }, { id }, { value }) =>
    client.zones.settings.edit(id, { zone_id, value }),
};

const BOT_SETTINGS: KindAccess = {
  permission: 'Bot Management: Edit, of the zone',
  async list({ client, zoneId: zone_id }, wanted) {
    const there = (await client.botManagement.get({ zone_id })) as Fields;
    return wanted.map(({ key }) => ({ ...foundItem('bot settings', key, there), id: key }));
  },
  ...NEITHER_ADDED_NOR_REMOVED,
  change: ({ client, zoneId: zone_id }, _found, fields) =>
    client.botManagement.update({ zone_id, ...fields }),
};

export const KIND_ACCESS: Readonly<Record<Kind, KindAccess>> = {
  'DNS record': DNS_RECORDS,
  'bucket domain': BUCKET_DOMAINS,
  monitor: MONITORS,
  pool: POOLS,
  'load balancer': LOAD_BALANCERS,
  list: LISTS,
  setting: SETTINGS,
  'bot settings': BOT_SETTINGS,
};

const isMarked = (text: unknown) => String(text ?? '').startsWith(OWNER_MARK);

const foundItem = (kind: Kind, key: string, fields: Fields): FoundItem => ({
  kind,
  key,
  id: String(fields.id ?? ''),
  fields,
  isOurs: isMarked(fields.description),
  // A setting that nobody has changed says null.
  changedAt: typeof fields.modified_on === 'string' ? fields.modified_on : undefined,
});
