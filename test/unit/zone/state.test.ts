import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { type DesiredZone, OWNER_MARK, REF_PREFIX, type ZonePhase } from '../../../zone/desired-zone.ts';
import { type AddOn, PLANS, type Plan } from '../../../zone/plans.ts';
import { SITE } from '../../../zone/site.ts';
import { withinPlan } from '../../../zone/within-plan.ts';
import { DESIRED_ZONE, zoneOf } from '../../../zone/zone.ts';
import { MOST_RULES } from '../../support/platform-api/zone-entitlements.ts';

const allRules = (zone: DesiredZone) => Object.values(zone.rulesets).flat();
const subscribed = (plan: Plan, ...addOns: AddOn[]) => withinPlan(DESIRED_ZONE, { plan, addOns }).zone;

describe('subscriptions', () => {
  const subscriptions = fc.record({
    plan: fc.constantFrom(...PLANS),
    addOns: fc.subarray<AddOn>(['bot_management', 'load_balancing']),
  });

  it.each(PLANS)('%s allows as many rules and lists as it gets', (plan) => {
    const zone = subscribed(plan, 'bot_management', 'load_balancing');
    for (const [phase, most] of Object.entries(MOST_RULES))
      expect(zone.rulesets[phase as ZonePhase].length).toBeLessThanOrEqual(most[plan]);
    const managed = zone.rulesets.http_request_firewall_managed.map((rule) => rule.action_parameters.id);
    expect(new Set(managed).size).toBe(managed.length);
    if (plan === 'free') expect(managed).toEqual([]);
    expect(zone.lists.length).toBeLessThanOrEqual(plan === 'free' ? 1 : 10);
  });

  it('a rate limit of Free counts 10 s and blocks for 10 s', () => {
    expect(subscribed('free').rulesets.http_ratelimit.map(({ ratelimit }) => ratelimit)).toEqual([
      expect.objectContaining({ period: 10, mitigation_timeout: 10 }),
    ]);
  });

  it('Pro has no bot score, and Super Bot Fight Mode in its place', () => {
    const { zone, skipped } = withinPlan(DESIRED_ZONE, { plan: 'pro', addOns: [] });
    expect(skipped).toContainEqual({
      kind: 'rule',
      key: 'com2000_waf_2_bots',
      needs: { plan: 'enterprise', addOn: 'bot_management' },
    });
    expect(zone.botManagement).toEqual([expect.objectContaining({ sbfm_definitely_automated: 'block' })]);
    expect(zone.loadBalancers).toEqual([]);
  });

  it('nothing is left that a subscription lacks, what is skipped is named, and one rule for bots is left', () => {
    fc.assert(
      fc.property(subscriptions, ({ plan, addOns }) => {
        const { zone, skipped } = withinPlan(DESIRED_ZONE, { plan, addOns });
        const left = [
          ...allRules(zone),
          ...zone.settings,
          ...zone.pools,
          ...zone.monitors,
          ...zone.loadBalancers,
        ];
        for (const { needs } of left) {
          if (needs?.plan) expect(PLANS.indexOf(plan)).toBeGreaterThanOrEqual(PLANS.indexOf(needs.plan));
          if (needs?.addOn) expect(addOns).toContain(needs.addOn);
        }
        const refs = allRules(zone).map(({ ref }) => ref);
        const named = skipped.map(({ key }) => key);
        for (const { ref, standsInFor } of allRules(DESIRED_ZONE))
          expect(refs.includes(ref) || named.includes(ref) || standsInFor !== undefined).toBe(true);
        const scored = refs.includes('com2000_waf_2_bots') ? 1 : 0;
        expect(zone.botManagement.length + scored).toBe(1);
      }),
    );
  });

  it('pools name monitors that are there, and balancers pools, in every subscription', () => {
    fc.assert(
      fc.property(subscriptions, (subscription) => {
        const { zone } = withinPlan(DESIRED_ZONE, subscription);
        const monitors = zone.monitors.map(({ description }) => description);
        const pools = zone.pools.map(({ name }) => name);
        for (const { monitor } of zone.pools) expect(monitors).toContain(monitor);
        for (const { default_pools, fallback_pool } of zone.loadBalancers)
          expect(pools).toEqual(expect.arrayContaining([...default_pools, fallback_pool]));
      }),
    );
  });
});

describe('items of the zone', () => {
  it('bear its mark: refs of rules are unique, and comments and descriptions fit the plan Free', () => {
    const refs = allRules(DESIRED_ZONE).map(({ ref }) => ref);
    expect(new Set(refs).size).toBe(refs.length);
    for (const ref of refs) expect(ref.startsWith(REF_PREFIX)).toBe(true);
    for (const { comment } of DESIRED_ZONE.records) {
      expect(comment.startsWith(OWNER_MARK)).toBe(true);
      expect(comment.length).toBeLessThanOrEqual(100);
    }
    const { lists, monitors, pools, loadBalancers } = DESIRED_ZONE;
    for (const { description } of [...lists, ...monitors, ...pools, ...loadBalancers])
      expect(description.startsWith(OWNER_MARK)).toBe(true);
  });

  it('have the hosts of wrangler.toml, and another domain changes each of them', () => {
    const environments = (['staging', 'production'] as const).map((env) =>
      unstable_readConfig({ config: 'wrangler.toml', env }),
    );
    const routes = environments.flatMap(({ routes }) => routes ?? []);
    const hosts = routes.map((route) => (typeof route === 'string' ? route : route.pattern));
    expect([...SITE.gatewayHosts].sort()).toEqual(hosts.sort());
    const upstreams = environments.flatMap(({ vars }) =>
      [vars.MAIN_API_URL, vars.PRICE_API_URL, ...String(vars.UPSTREAM_FILE_ORIGINS).split(',')].map(
        (url) => new URL(String(url)).host,
      ),
    );
    const ofThisZone = upstreams.filter((host) => host.endsWith(`.${SITE.zone}`));
    expect([...SITE.upstreamHosts].sort()).toEqual(ofThisZone.sort());
    expect(new URL(String(environments[1]?.vars.MAIN_API_URL)).host).toBe(SITE.mainApiHost);

    const other = JSON.parse(JSON.stringify(SITE).replaceAll('com2000.example', 'other.example'));
    expect(JSON.stringify(zoneOf(other))).not.toContain('com2000.example');
  });

  it('keep no name or address of documentation beside a domain of its own', () => {
    const isExample = SITE.zone.endsWith('.example');
    const placeholders = JSON.stringify(SITE).match(/[\w.-]*com2000\.example|192\.0\.2\.\d+/g) ?? [];
    expect(isExample ? [] : placeholders).toEqual([]);
  });

  it('open one bucket, and it is not the one that has identification and backups', () => {
    const buckets = (['staging', 'production'] as const).flatMap(
      (env) => unstable_readConfig({ config: 'wrangler.toml', env }).r2_buckets,
    );
    const gateways = buckets.map(({ bucket_name }) => bucket_name);
    expect(gateways).toContain('com2000-storage-production');
    for (const { bucket } of DESIRED_ZONE.bucketDomains) expect(gateways).not.toContain(bucket);
  });

  it('check the main API’s two servers each minute, for 5 s and twice more', () => {
    expect(DESIRED_ZONE.monitors).toMatchObject([{ path: '/health', interval: 60, timeout: 5, retries: 2 }]);
    expect(DESIRED_ZONE.pools[0]?.origins).toMatchObject([{ weight: 1 }, { weight: 1 }]);
  });
});
