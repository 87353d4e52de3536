import type { DesiredRulesets, DesiredZone } from './desired-zone.ts';
import { ITEM_KINDS, ITEM_LISTS, type ItemList, type Kind } from './item-kinds.ts';
import { type AddOn, type Availability, type Need, PLANS, type Plan } from './plans.ts';

/** The plan and the add-ons that the zone's owner pays for. */
export interface Subscription {
  plan: Plan;
  addOns: readonly AddOn[];
}

export interface Skipped {
  kind: Kind | 'rule';
  /** The ref of a rule, or the key of an item. */
  key: string;
  needs: Need;
}

/**
 * The zone without the items and rules that the subscription lacks, and without those that stand in for one that it has. Those that it
 * lacks are named: a plan shows what a dearer one would add.
 */
export function withinPlan(
  zone: DesiredZone,
  subscription: Subscription,
): { zone: DesiredZone; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const keep = <Item extends Availability>(
    kind: Skipped['kind'],
    items: readonly Item[],
    keyOf: (item: Item) => string,
  ): Item[] =>
    items.filter((item) => {
      if (item.needs && !isMet(item.needs, subscription)) {
        skipped.push({ kind, key: keyOf(item), needs: item.needs });
        return false;
      }
      return !item.standsInFor || !isMet(item.standsInFor, subscription);
    });
  const phases = Object.entries(zone.rulesets).map(([phase, rules]) => [
    phase,
    keep<(typeof rules)[number]>('rule', rules, ({ ref }) => ref),
  ]);
  const keepList = <List extends ItemList>(list: List) => {
    const { kind, keyOf } = ITEM_KINDS[list];
    return [list, keep<DesiredZone[List][number]>(kind, zone[list], keyOf)];
  };
  return {
    zone: {
      ...zone,
      ...Object.fromEntries(ITEM_LISTS.map(keepList)),
      rulesets: Object.fromEntries(phases) as unknown as DesiredRulesets,
    },
    skipped,
  };
}

function isMet({ plan, addOn }: Need, has: Subscription): boolean {
  return (
    (plan === undefined || PLANS.indexOf(has.plan) >= PLANS.indexOf(plan)) &&
    (addOn === undefined || has.addOns.includes(addOn))
  );
}
