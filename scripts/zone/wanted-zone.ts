/** The zone's file in the shape that is compared. */
import type { Availability, DesiredZone, ZonePhase } from '../../zone/desired-zone.ts';
import type { Kind, WantedItem, WantedRule, WantedZone } from './zone-items.ts';

export function wantedZone(zone: DesiredZone): WantedZone {
  return {
    items: [
      ...itemsOf('DNS record', zone.records, ({ type, name }) => recordKey(type, name)),
      ...itemsOf('bucket domain', zone.bucketDomains, ({ domain }) => domain),
      ...itemsOf('monitor', zone.monitors, ({ description }) => description),
      ...itemsOf('pool', zone.pools, ({ name }) => name),
      ...itemsOf('load balancer', zone.loadBalancers, ({ name }) => name),
      ...itemsOf('list', zone.lists, ({ name }) => name),
      ...itemsOf('setting', zone.settings, ({ id }) => id),
      ...zone.botManagement.map(({ value }) => ({
        kind: 'bot settings' as const,
        key: 'bot_management',
        fields: { ...value },
      })),
    ],
    phases: Object.entries(zone.rulesets).map(([phase, rules]) => ({
      phase: phase as ZonePhase,
      rules: rules.map((rule) => written(rule) as WantedRule),
    })),
  };
}

export const recordKey = (type: string, name: string) => `${type} ${name}`;

const itemsOf = <Item extends Availability>(
  kind: Kind,
  items: readonly Item[],
  keyOf: (item: Item) => string,
): WantedItem[] => items.map((item) => ({ kind, key: keyOf(item), fields: written(item) }));

/** Without what decides where it applies, which is never sent. */
function written<Item extends Availability>(item: Item): Omit<Item, keyof Availability> {
  const { needs, standsInFor, ...fields } = item;
  return fields;
}
