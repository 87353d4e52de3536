import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredZone } from '../../../zone/desired-zone.ts';
import type { AddOn, Plan } from '../../../zone/plans.ts';
import { SITE } from '../../../zone/site.ts';
import { withinPlan } from '../../../zone/within-plan.ts';
import { DESIRED_ZONE } from '../../../zone/zone.ts';
import { type Field, type Request, readExpression } from '../../support/rules-language.ts';

const allRules = (zone: DesiredZone) => Object.values(zone.rulesets).flat();
const ruleOf = (ref: string, zone = DESIRED_ZONE) => {
  const rule = allRules(zone).find((each) => each.ref === ref);
  if (!rule) throw new Error(`no rule ${ref}`);
  return rule;
};
const subscribed = (plan: Plan, ...addOns: AddOn[]) => withinPlan(DESIRED_ZONE, { plan, addOns }).zone;

const VISIT: Request = {
  'http.host': SITE.zone,
  'http.request.uri.path': '/',
  'http.request.uri.query': '',
  'ip.src': '192.0.2.7',
  'ip.src.country': 'DE',
  'cf.bot_management.score': 90,
  'cf.bot_management.verified_bot': false,
  lists: {},
};
const matches = (ref: string, request: Partial<Request>) =>
  readExpression(ruleOf(ref).expression).matches({ ...VISIT, ...request });

/** Rules that show a challenge, or may: those of Cloudflare's managed ruleset are its own. */
const challenges = (zone: DesiredZone) =>
  allRules(zone).filter(({ action }) => action.includes('challenge') || action === 'execute');

const paths = (prefixes: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...prefixes), fc.constantFrom('', '/'), fc.webPath())
    .map((parts) => parts.join(''));
const anything = fc.record({
  'http.request.uri.path': fc.webPath(),
  'http.request.uri.query': fc.oneof(fc.webQueryParameters(), fc.constant('q=%3Cscript')),
  'ip.src': fc.ipV4(),
  'ip.src.country': fc.constantFrom('CN', 'RU', 'KP', 'DE'),
  'cf.bot_management.score': fc.nat(100),
  'cf.bot_management.verified_bot': fc.boolean(),
});
const inAnyLetters = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((large) =>
      [...text].map((letter, index) => (large[index] ? letter.toUpperCase() : letter)).join(''),
    );

describe('requests that cannot solve a challenge', () => {
  const refused = (request: Request) =>
    challenges(DESIRED_ZONE)
      .filter(({ expression }) => readExpression(expression).matches(request))
      .map(({ ref }) => ref);

  it('pages are challenged, so that the next tests can fail', () => {
    expect(challenges(DESIRED_ZONE).map(({ ref }) => ref)).toEqual([
      'com2000_waf_4_countries',
      'com2000_waf_8_managed',
    ]);
    expect(refused({ ...VISIT, 'ip.src.country': 'RU' })).toHaveLength(2);
  });

  it('the gateway is never challenged, nor its upstreams or files, on any path', () => {
    const hosts = [...SITE.gatewayHosts, ...SITE.upstreamHosts, SITE.cdnHost];
    fc.assert(
      fc.property(anything, fc.constantFrom(...hosts).chain(inAnyLetters), (request, host) => {
        expect(refused({ ...VISIT, ...request, 'http.host': host })).toEqual([]);
      }),
    );
  });

  it('its paths are never challenged, nor those of files, on any host', () => {
    const apps = paths([
      '/graphql',
      '/api',
      '/files',
      '/admin',
      '/uploads',
      '/ledger',
      '/health',
      '/static/',
      '/images/',
    ]);
    fc.assert(
      fc.property(anything, apps, fc.domain(), (request, path, host) => {
        expect(refused({ ...VISIT, ...request, 'http.host': host, 'http.request.uri.path': path })).toEqual(
          [],
        );
      }),
    );
  });

  it('the security level, the browser check and Super Bot Fight Mode leave them alone', () => {
    for (const host of [...SITE.gatewayHosts, ...SITE.upstreamHosts]) {
      expect(matches('com2000_config_apps', { 'http.host': host })).toBe(true);
      expect(matches('com2000_waf_apps_no_bot_fight', { 'http.host': host })).toBe(true);
    }
    expect(matches('com2000_config_apps', {})).toBe(false);
    expect(matches('com2000_waf_apps_no_bot_fight', {})).toBe(false);
    expect(subscribed('free').botManagement).toMatchObject([{ fight_mode: false }]);
  });
});

describe('the platform’s WAF rules', () => {
  it('1: more than 100 requests to /api in a minute are blocked', () => {
    const rule = ruleOf('com2000_rate_1_api');
    expect(rule.action).toBe('block');
    expect(rule).toHaveProperty(
      'ratelimit',
      expect.objectContaining({ period: 60, requests_per_period: 100 }),
    );
    expect(matches('com2000_rate_1_api', { 'http.request.uri.path': '/api/projects' })).toBe(true);
    expect(matches('com2000_rate_1_api', { 'http.request.uri.path': '/graphql' })).toBe(false);
  });

  it('2: pages are closed to bots, and not to those that are verified', () => {
    const bot = { 'cf.bot_management.score': 29 };
    expect(matches('com2000_waf_2_bots', bot)).toBe(true);
    expect(matches('com2000_waf_2_bots', { 'cf.bot_management.score': 30 })).toBe(false);
    expect(matches('com2000_waf_2_bots', { ...bot, 'cf.bot_management.verified_bot': true })).toBe(false);
    expect(matches('com2000_waf_2_bots', { ...bot, 'http.request.uri.path': '/graphql' })).toBe(false);
  });

  it.each(['CN', 'RU', 'KP'])('4: visitors of %s are challenged on pages', (country) => {
    expect(matches('com2000_waf_4_countries', { 'ip.src.country': country })).toBe(true);
    expect(matches('com2000_waf_4_countries', {})).toBe(false);
  });

  it('5: more than 1,000 in a minute are blocked for five, before rule 1 can hide them', () => {
    expect(subscribed('pro').rulesets.http_ratelimit.map(({ ref }) => ref)).toEqual([
      'com2000_rate_5_flood',
      'com2000_rate_1_api',
    ]);
    expect(ruleOf('com2000_rate_5_flood')).toHaveProperty('ratelimit', {
      characteristics: ['cf.colo.id', 'ip.src'],
      period: 60,
      requests_per_period: 1_000,
      mitigation_timeout: 300,
    });
    for (const path of ['/api/prices', '/graphql', '/admin/usage', '/files/static/x'])
      expect(matches('com2000_rate_5_flood', { 'http.request.uri.path': path })).toBe(true);
  });

  it('6: addresses of the list are blocked everywhere', () => {
    expect(ruleOf('com2000_waf_6_malicious_addresses').action).toBe('block');
    const lists = { malicious_ips: ['192.0.2.7'] };
    expect(matches('com2000_waf_6_malicious_addresses', { lists, 'http.host': 'api.com2000.example' })).toBe(
      true,
    );
    expect(matches('com2000_waf_6_malicious_addresses', { lists, 'ip.src': '192.0.2.8' })).toBe(false);
    expect(DESIRED_ZONE.lists.map(({ name }) => name)).toContain('malicious_ips');
  });

  it('8: no rule reads words of SQL in a document or a query', () => {
    const request = { 'http.host': 'api.com2000.example', 'http.request.uri.path': '/graphql' };
    const words = { 'http.request.uri.query': 'documentId=x&variables=%7B%22q%22%3A%22union+select%22%7D' };
    const blocked = allRules(DESIRED_ZONE).filter(
      ({ ref, action }) =>
        action === 'block' && !ref.startsWith('com2000_rate_') && matches(ref, { ...request, ...words }),
    );
    expect(blocked).toEqual([]);
  });

  it.each([
    'q=<script>',
    'q=%3CScRiPt%3E',
    'q=%253Cscript',
    'u=JavaScript:x',
    'u=vbscript%3A',
    'a=%20ONLOAD=',
    'onerror=1',
  ])('9: %s in the query of a page is blocked', (query) => {
    expect(matches('com2000_waf_9_scripts', { 'http.request.uri.query': query })).toBe(true);
    expect(matches('com2000_waf_9_scripts', { 'http.request.uri.query': 'q=description' })).toBe(false);
  });
});

describe('expressions', () => {
  const NEEDS: Partial<Record<Field, { plan: Plan; addOn: AddOn }>> = {
    'cf.bot_management.score': { plan: 'enterprise', addOn: 'bot_management' },
    'cf.bot_management.verified_bot': { plan: 'enterprise', addOn: 'bot_management' },
  };

  it.each(allRules(DESIRED_ZONE))(
    '$ref reads, is within 4,096 characters, and needs what its fields need',
    (rule) => {
      const { fields } = readExpression(rule.expression);
      expect(rule.expression.length).toBeLessThanOrEqual(4_096);
      for (const field of fields) if (NEEDS[field]) expect(rule.needs).toEqual(NEEDS[field]);
    },
  );

  it('rate limits look at the path alone, as the plan Free demands', () => {
    for (const { expression } of DESIRED_ZONE.rulesets.http_ratelimit)
      expect([...readExpression(expression).fields]).toEqual(['http.request.uri.path']);
  });

  it('rate limits do not count the gateway’s own requests to hosts of the zone', () => {
    for (const { ratelimit } of DESIRED_ZONE.rulesets.http_ratelimit)
      expect(ratelimit.requests_to_origin ?? false).toBe(false);
  });

  it.each([
    'http.request.path eq "/"',
    'matches(http.host, "x")',
    'http.host eq',
    'http.host like "x"',
    '(true',
  ])('the reader refuses %s', (expression) => {
    expect(() => readExpression(expression)).toThrow();
  });
});

describe('cache rules', () => {
  const parameters = (ref: string) => ruleOf(ref).action_parameters;

  it.each(['/api/prices', '/graphql'])('%s is cached as its headers say, on every host', (path) => {
    expect(matches('com2000_cache_by_origin', { 'http.request.uri.path': path })).toBe(true);
    expect(matches('com2000_cache_by_origin', { 'http.host': 'api.com2000.example' })).toBe(true);
    expect(matches('com2000_cache_by_origin', { 'http.host': SITE.mainApiHost })).toBe(false);
    expect(parameters('com2000_cache_by_origin')).toEqual({
      cache: true,
      edge_ttl: { mode: 'bypass_by_default' },
      browser_ttl: { mode: 'respect_origin' },
    });
  });

  it.each(['/static/css/site.css', '/images/logo.png'])(
    '%s stays a month at the edge and a day in browsers',
    (path) => {
      expect(matches('com2000_cache_files', { 'http.request.uri.path': path })).toBe(true);
      expect(matches('com2000_cache_files', { 'http.request.uri.path': '/staticx' })).toBe(false);
      expect(parameters('com2000_cache_files')).toMatchObject({
        edge_ttl: { default: 30 * 86_400 },
        browser_ttl: { default: 86_400 },
      });
    },
  );

  it('a missing file is not kept, so that it is there once it is uploaded', () => {
    expect(parameters('com2000_cache_files')).toHaveProperty('edge_ttl.status_code_ttl', [
      { status_code_range: { from: 400 }, value: -1 },
    ]);
  });

  it('images are polished where the plan has it', () => {
    const refs = (plan: Plan) => subscribed(plan).rulesets.http_config_settings.map(({ ref }) => ref);
    expect(refs('free')).not.toContain('com2000_config_images');
    expect(refs('pro')).toContain('com2000_config_images');
    expect(parameters('com2000_config_images')).toEqual({ polish: 'lossy' });
  });
});

it('www leads to the same page of the website, by https', () => {
  const [rule] = DESIRED_ZONE.rulesets.http_request_dynamic_redirect;
  const target = rule?.action_parameters.from_value;
  const request = { ...VISIT, 'http.host': 'WWW.com2000.example', 'http.request.uri.path': '/a/b' };
  expect(readExpression(rule?.expression ?? '').matches(request)).toBe(true);
  expect(readExpression(target?.target_url.expression ?? '').value(request)).toBe(
    'https://com2000.example/a/b',
  );
  expect(target).toMatchObject({ status_code: 301, preserve_query_string: true });
});
