/** The kinds of items of a zone, beside its rules, and the key of each item. */
import type { DesiredZone } from './desired-zone.ts';

/**
 * In the order in which they are added: a balancer needs its pools, a pool its monitor, and a rule its list. Settings come last, after
 * rules, since HSTS binds browsers to hosts that must answer by then. Removals go the other way round.
 */
export const KINDS = [
  'DNS record',
  'bucket domain',
  'monitor',
  'pool',
  'load balancer',
  'list',
  'setting',
  'bot settings',
] as const;
export type Kind = (typeof KINDS)[number];

/** Each zone has them: they are neither added nor removed. */
export const ALWAYS_THERE: readonly Kind[] = ['setting', 'bot settings'];

export type ItemList = Exclude<keyof DesiredZone, 'name' | 'hostsElsewhere' | 'hostsByHand' | 'rulesets'>;

export const recordKey = (type: string, name: string) => `${type} ${name}`;

/** A key is unique among the items of its kind. */
export const ITEM_KINDS: {
  readonly [List in ItemList]: { kind: Kind; keyOf(item: DesiredZone[List][number]): string };
} = {
  records: { kind: 'DNS record', keyOf: ({ type, name }) => recordKey(type, name) },
  bucketDomains: { kind: 'bucket domain', keyOf: ({ domain }) => domain },
  monitors: { kind: 'monitor', keyOf: ({ description }) => description },
  pools: { kind: 'pool', keyOf: ({ name }) => name },
  loadBalancers: { kind: 'load balancer', keyOf: ({ name }) => name },
  lists: { kind: 'list', keyOf: ({ name }) => name },
  settings: { kind: 'setting', keyOf: ({ id }) => id },
  botManagement: { kind: 'bot settings', keyOf: () => 'bot_management' },
};

export const ITEM_LISTS = Object.keys(ITEM_KINDS) as ItemList[];
