import { expect, it } from 'vitest';
import type {
  DesiredBotManagement,
  DesiredBucketDomain,
  DesiredList,
  DesiredMonitor,
  DesiredRecord,
  PhaseRules,
  ZonePhase,
  ZoneSetting,
} from '../../../zone/desired-zone.ts';
import { pages } from '../../../zone/expressions.ts';
import type { Need } from '../../../zone/plans.ts';
import { SITE } from '../../../zone/site.ts';

// `npm run typecheck` holds these tests: what stands below a comment must not compile, and the comment is a fault where it does.
const accept = <Type>(value: Type): Type => value;

const named = { ref: 'com2000_x', description: 'x', expression: 'true' };
const ratelimit = { characteristics: ['cf.colo.id', 'ip.src'], period: 60, requests_per_period: 100 };

it('a phase that the platform does not have, or that the zone leaves alone, does not compile', () => {
  // @ts-expect-error: page rules became rulesets
  accept<ZonePhase>('page_rules');
  // @ts-expect-error: a phase of the platform, and not of the zone
  accept<ZonePhase>('http_request_transform');
  expect(accept<ZonePhase>('http_ratelimit')).toBe('http_ratelimit');
});

it('a setting or value that the platform does not have does not compile', () => {
  // @ts-expect-error: gone
  accept<ZoneSetting>({ id: 'minify', value: 'on' });
  // @ts-expect-error: gone
  accept<ZoneSetting>({ id: 'brotli', value: 'on' });
  // @ts-expect-error: no such value
  accept<ZoneSetting>({ id: 'ssl', value: 'strictly' });
  // @ts-expect-error: a value of another setting
  accept<ZoneSetting>({ id: 'browser_cache_ttl', value: 'on' });
  expect(accept<ZoneSetting>({ id: 'ssl', value: 'strict' }).value).toBe('strict');
});

it('a rule with the action or the fields of another phase does not compile', () => {
  type Firewall = PhaseRules['http_request_firewall_custom'];
  type RateLimit = PhaseRules['http_ratelimit'];
  // @ts-expect-error: a rate limit needs its rate
  accept<RateLimit>({ ...named, action: 'block' });
  // @ts-expect-error: an app cannot solve a challenge
  accept<RateLimit>({ ...named, action: 'managed_challenge', ratelimit });
  // @ts-expect-error: the API calls it mitigation_timeout
  accept<RateLimit['ratelimit']>({ ...ratelimit, timeout: 5 });
  // @ts-expect-error: a rule needs a ref
  accept<Firewall>({ description: 'x', expression: 'true', action: 'block' });
  // @ts-expect-error: rates belong to their phase
  accept<Firewall>({ ...named, action: 'block', ratelimit });
  // @ts-expect-error: no such phase can be skipped
  accept<Firewall>({ ...named, action: 'skip', action_parameters: { phases: ['page_rules'] } });
  // @ts-expect-error: a cache rule blocks nothing
  accept<PhaseRules['http_request_cache_settings']>({ ...named, action: 'block', action_parameters: {} });
  expect(accept<RateLimit>({ ...named, action: 'block', ratelimit }).ratelimit.period).toBe(60);
});

it('a parameter that an action does not have does not compile', () => {
  type ParametersOf<Phase extends ZonePhase> = NonNullable<PhaseRules[Phase]['action_parameters']>;
  // @ts-expect-error: the level of a page rule
  accept<ParametersOf<'http_request_cache_settings'>>({ edge_ttl: { mode: 'cache_everything' } });
  // @ts-expect-error: no such quality
  accept<ParametersOf<'http_config_settings'>>({ polish: 'best' });
  // @ts-expect-error: no status of a redirect
  accept<ParametersOf<'http_request_dynamic_redirect'>>({ from_value: { status_code: 200, target_url: {} } });
  expect(accept<ParametersOf<'http_config_settings'>>({ polish: 'lossy' }).polish).toBe('lossy');
});

it('a challenge, or a managed ruleset that may challenge, takes no expression but that of pages', () => {
  type Firewall = PhaseRules['http_request_firewall_custom'];
  type Managed = PhaseRules['http_request_firewall_managed'];
  // @ts-expect-error: a text is no expression of pages
  accept<Firewall>({ ...named, action: 'managed_challenge' });
  // @ts-expect-error: no other challenge either
  accept<Firewall>({ ...named, action: 'js_challenge' });
  // @ts-expect-error: a text is no expression of pages
  accept<Managed>({ ...named, action: 'execute', action_parameters: { id: 'x' } });
  const expression = pages(SITE);
  expect(accept<Firewall>({ ...named, action: 'managed_challenge', expression }).expression).toBe(expression);
});

it('other values that the platform would refuse do not compile', () => {
  // @ts-expect-error: no such plan
  accept<Need>({ plan: 'biz' });
  // @ts-expect-error: no such add-on
  accept<Need>({ addOn: 'argo' });
  // @ts-expect-error: an action that bots are not answered with
  accept<DesiredBotManagement>({ fight_mode: 'challenge' });
  // @ts-expect-error: no such version
  accept<DesiredBucketDomain>({ bucket: 'x', domain: 'x', enabled: true, minTLS: '1.4' });
  // @ts-expect-error: no such kind
  accept<DesiredList>({ kind: 'country', name: 'x', description: 'x' });
  // @ts-expect-error: no such kind of check
  accept<DesiredMonitor>({ description: 'x', type: 'graphql' });
  // @ts-expect-error: a record needs its content
  accept<DesiredRecord>({ type: 'A', name: 'x', proxied: true, ttl: 1, comment: 'x' });
  expect(accept<Need>({ plan: 'business' }).plan).toBe('business');
});
