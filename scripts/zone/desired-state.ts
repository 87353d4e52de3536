/** The zone of zone/ in the shape that is compared. */
import type { DesiredZone, ZonePhase } from '../../zone/desired-zone.ts';
import { ITEM_KINDS, ITEM_LISTS, type ItemList } from '../../zone/item-kinds.ts';
import type { Availability } from '../../zone/plans.ts';
import type { DesiredItem, DesiredRule, DesiredState } from './zone-items.ts';

export function desiredState(zone: DesiredZone): DesiredState {
  return {
    items: ITEM_LISTS.flatMap((list) => itemsOf(zone, list)),
    phases: Object.entries(zone.rulesets).map(([phase, rules]) => ({
      phase: phase as ZonePhase,
      rules: rules.map((rule) => written(rule) as DesiredRule),
    })),
  };
}

function itemsOf<List extends ItemList>(zone: DesiredZone, list: List): DesiredItem[] {
  const { kind, keyOf } = ITEM_KINDS[list];
  const items: readonly DesiredZone[List][number][] = zone[list];
  return items.map((item) => ({ kind, key: keyOf(item), fields: written(item) }));
}

/** Without the fields that decide where it applies, which are never sent. */
function written<Item extends Availability>(item: Item): Omit<Item, keyof Availability> {
  const { needs, standsInFor, ...fields } = item;
  return fields;
}
