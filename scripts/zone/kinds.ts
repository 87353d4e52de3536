/** The API of each kind of item. */
import type { Kind } from '../../zone/item-kinds.ts';
import { BOT_SETTINGS } from './kind-access/bot-settings.ts';
import { BUCKET_DOMAINS } from './kind-access/bucket-domains.ts';
import { DNS_RECORDS } from './kind-access/dns-records.ts';
import type { KindAccess } from './kind-access/kind-access.ts';
import { LISTS } from './kind-access/lists.ts';
import { LOAD_BALANCERS } from './kind-access/load-balancers.ts';
import { MONITORS } from './kind-access/monitors.ts';
import { POOLS } from './kind-access/pools.ts';
import { SETTINGS } from './kind-access/settings.ts';

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
