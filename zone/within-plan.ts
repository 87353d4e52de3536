import {
  type AddOn,
  type Availability,
  type DesiredRulesets,
  type DesiredZone,
  type Need,
  PLANS,
  type Plan,
} from './desired-zone.ts';

/** What the zone's owner pays for. */
export interface Subscription {
  plan: Plan;
  addOns: readonly AddOn[];
}

export interface Skipped {
  /** The ref of a rule, or the name of what has none. */
  name: string;
  needs: Need;
}

/**
 * The zone without what the subscription lacks, and without what stands in for something that it has. The rules that were skipped for
 * want of a plan are named, so that a plan shows what a dearer one would add.
 */
export function withinPlan(
  zone: DesiredZone,
  subscription: Subscription,
): { zone: DesiredZone; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const keep = <Item extends Availability>(items: readonly Item[], nameOf: (item: Item) => string): Item[] =>
    items.filter((item) => {
      if (item.needs && !isMet(item.needs, subscription)) {
        skipped.push({ name: nameOf(item), needs: item.needs });
        return false;
      }
      return !item.standsInFor || !isMet(item.standsInFor, subscription);
    });
  const phases = Object.entries(zone.rulesets).map(([phase, rules]) => [
    phase,
    keep<(typeof rules)[number]>(rules, ({ ref }) => ref),
  ]);
  return {
    zone: {
      ...zone,
      settings: keep(zone.settings, ({ id }) => id),
      botManagement: keep(zone.botManagement, ({ value }) => Object.keys(value).join(', ')),
      records: keep(zone.records, ({ type, name }) => `${type} ${name}`),
      bucketDomains: keep(zone.bucketDomains, ({ domain }) => domain),
      lists: keep(zone.lists, ({ name }) => name),
      monitors: keep(zone.monitors, ({ description }) => description),
      pools: keep(zone.pools, ({ name }) => name),
      loadBalancers: keep(zone.loadBalancers, ({ name }) => name),
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
