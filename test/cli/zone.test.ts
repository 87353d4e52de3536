/**
 * `npm run zone` as a person runs it, on the simulated platform. Runs that shall succeed go on in this process: one of their own loads
 * a thousand modules.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runZone } from '../../scripts/zone/run-zone.ts';
import { SITE } from '../../zone/site.ts';
import { DESIRED_ZONE } from '../../zone/zone.ts';
import { collectOutput } from '../support/collected-output.ts';
import { addRuleByHand, newZone } from '../support/platform-api/new-zone.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import { recordOf } from '../support/platform-api/zone-records.ts';
import { type Ran, runNode } from './running-operations.ts';

const FIREWALL = 'http_request_firewall_custom';
const RATE_LIMITS = 'http_ratelimit';
const REDIRECTS = 'http_request_dynamic_redirect';
const MAIL_KEY = `k1._domainkey.${SITE.zone}`;
const [API_SERVER = ''] = SITE.mainApiServers;

const run = (api: PlatformApi, args: string, variables: Record<string, string> = {}): Promise<Ran> =>
  runNode(['scripts/zone/cli.ts', ...args.split(' ')], { variables: { ...api.env(), ...variables } });

async function runHere(api: PlatformApi, args: string): Promise<Ran> {
  const { printed, print, complain } = collectOutput();
  const exitCode = await runZone(args.split(' '), { env: { ...process.env, ...api.env() }, print, complain });
  return { exitCode, ...printed };
}

async function ok(api: PlatformApi, args: string, variables?: Record<string, string>): Promise<string> {
  const { exitCode, out, err } = await (variables ? run(api, args, variables) : runHere(api, args));
  assert.equal(exitCode, 0, `${args}\n${out}${err}`);
  return out;
}

const writesOf = ({ calls }: PlatformApi) => calls.filter(({ method }) => method !== 'GET');

function rulesOf({ zone }: PlatformApi, phase: string) {
  const ruleset = zone.rulesets.get(phase);
  assert.ok(ruleset, `${phase} has rules`);
  return ruleset;
}

test('a first apply makes all, and a second one finds nothing to do', async (t) => {
  const api = await newZone(t);
  const planned = await ok(api, 'plan');
  assert.match(planned, /^\+ DNS record A com2000\.example\n {4}type: "A"$/m);
  assert.match(planned, /^~ setting ssl\n {4}value: "full" → "strict"$/m);
  assert.deepEqual(writesOf(api), [], 'a plan changes nothing');

  const applied = await ok(api, 'apply');
  assert.match(applied, /The zone is as zone\/ says\.\n$/);
  assert.equal(api.zone.settings.get('ssl')?.value, 'strict');
  assert.equal(rulesOf(api, RATE_LIMITS).rules.length, 1);
  const written = writesOf(api).length;
  assert.match(
    await ok(api, 'apply'),
    /The zone is as zone\/ says; 0 made by hand and kept, \d+ skipped\.\n$/,
  );
  assert.equal(writesOf(api).length, written);
  await ok(api, 'drift');
  assert.deepEqual(api.unsupported, []);
});

test('drift by hand is named with its time and its author, and an apply ends it', async (t) => {
  const api = await newZone(t);
  await ok(api, 'apply');
  const [rule] = rulesOf(api, FIREWALL).rules;
  assert.ok(rule);
  Object.assign(rule, { enabled: false, last_updated: '2026-11-25T09:30:00Z' });
  const record = api.zone.records.find(({ type }) => type === 'A');
  Object.assign(record ?? {}, { content: '198.51.100.7' });
  const entryOf = (email: string, zoneId: string) => ({
    action: { type: 'update', result: 'success', time: '2026-11-25T09:30:00Z' },
    actor: { type: 'user', email, context: 'dash' },
    raw: { method: 'PUT', uri: `/client/v4/zones/${zoneId}/rulesets/phases/${FIREWALL}/entrypoint` },
  });
  api.zone.auditLog.push(
    entryOf('bob@com2000.example', 'c'.repeat(32)),
    entryOf('ann@com2000.example', api.zoneId),
  );

  const { exitCode, out } = await run(api, 'drift');
  assert.equal(exitCode, 1);
  assert.match(out, /^~ DNS record A com2000\.example .*\n {4}content: "198\.51\.100\.7" → "192\.0\.2\.1"$/m);
  assert.match(out, /~ rule \S+ \(last changed 2026-11-25 09:30 UTC\)\n {6}enabled: false → true$/m);
  assert.match(out, /last changed by ann@com2000\.example \(dash\), 2026-11-25 09:30 UTC$/m);
  await ok(api, 'apply');
  await ok(api, 'drift');
});

test('drift is told also where the token may not read who did it', async (t) => {
  const api = await newZone(t);
  await ok(api, 'apply');
  Object.assign(api.zone.records[0] ?? {}, { proxied: false });
  const denied = { success: false, errors: [{ code: 10_000, message: 'Authentication error' }] };
  api.failNext({ path: /\/logs\/audit$/ }, { status: 403, body: denied });
  const { exitCode, out } = await run(api, 'drift');
  assert.equal(exitCode, 1);
  assert.match(out, /proxied: false → true/);
  assert.match(out, /the token has no right to it .*It needs: Account Settings: Read, of the account/);
});

test('items by hand are shown, and kept with id and place, unless told', async (t) => {
  const api = await newZone(t, 'pro');
  addRuleByHand(api, FIREWALL, {
    id: '1'.repeat(32),
    expression: 'ip.src eq 192.0.2.9',
    description: 'Ann knows',
  });
  api.zone.records.push(
    recordOf({ type: 'MX', name: DESIRED_ZONE.name, content: 'mail.example', priority: 10 }),
    recordOf({ type: 'CNAME', name: MAIL_KEY, content: 'mail.example' }),
    recordOf({ type: 'A', name: API_SERVER, content: '198.51.100.1' }),
    recordOf({ type: 'A', name: `old.${DESIRED_ZONE.name}`, content: '198.51.100.2' }),
  );
  const planned = await ok(api, 'plan');
  assert.match(
    planned,
    /Made by hand, and kept:\n {2}DNS record MX com2000\.example\n {2}DNS record CNAME k1\._.*\n {2}DNS record A api1\..*\n {2}DNS record A old\..*\n {2}rule 1{32} “Ann knows” in /,
  );

  await ok(api, 'apply');
  const [first] = rulesOf(api, FIREWALL).rules;
  assert.deepEqual(first, {
    id: '1'.repeat(32),
    ref: '1'.repeat(32),
    action: 'block',
    enabled: true,
    description: 'Ann knows',
    expression: 'ip.src eq 192.0.2.9',
    version: '1',
    last_updated: '2026-11-20T08:00:00Z',
  });
  await ok(api, 'drift');

  const removing = await ok(api, 'apply --remove-unknown');
  assert.match(removing, /^- DNS record A old\.com2000\.example/m);
  assert.match(
    removing,
    /Made by hand, and kept:\n {2}DNS record MX com2000\.example\n {2}DNS record CNAME k1\._.*\n {2}DNS record A api1\..*\n\n/,
  );
  assert.equal(
    rulesOf(api, FIREWALL).rules.some(({ id }) => id === '1'.repeat(32)),
    false,
  );
  const isThere = (host: string | undefined, type: string) =>
    api.zone.records.some((record) => record.name === host && record.type === type);
  assert.equal(isThere(`old.${DESIRED_ZONE.name}`, 'A'), false);
  assert.ok(isThere(DESIRED_ZONE.name, 'MX'), 'mail');
  assert.ok(isThere(MAIL_KEY, 'CNAME'), 'keys of mail');
  assert.ok(isThere(API_SERVER, 'A'), 'a server that the gateway asks');
  assert.ok(
    api.zone.records.some(({ name }) => name === DESIRED_ZONE.bucketDomains[0]?.domain),
    'others make it',
  );
});

test('a rule and a record that were removed here are removed there', async (t) => {
  const api = await newZone(t, 'pro');
  await ok(api, 'apply');
  addRuleByHand(api, FIREWALL, { id: '2'.repeat(32), expression: 'false', ref: 'com2000_of_last_year' });
  const comment = 'com2000 zone: of last year';
  api.zone.records.push(
    recordOf({ type: 'A', name: `old.${DESIRED_ZONE.name}`, content: '192.0.2.3', comment }),
  );
  const planned = await ok(api, 'plan');
  assert.match(planned, /^ {2}- rule com2000_of_last_year/m);
  assert.match(planned, /^- DNS record A old\.com2000\.example/m);
  const before = writesOf(api).length;
  await ok(api, 'apply');
  assert.deepEqual(
    writesOf(api)
      .slice(before)
      .map(({ method }) => method),
    ['PUT', 'DELETE'],
  );
  await ok(api, 'drift');
});

test('items that the plan lacks are skipped with the reason, and a dearer plan gets them', async (t) => {
  const api = await newZone(t);
  const applied = await ok(api, 'apply');
  assert.match(applied, /^Zone com2000\.example, plan free, add-ons: none$/m);
  assert.match(applied, /Skipped:\n(.*\n)* {2}primary-pool: needs the add-on load_balancing/);
  assert.match(applied, / {2}com2000_waf_8_managed: needs the plan pro\n/);
  const refsOf = (phase: string) => rulesOf(api, phase).rules.map(({ ref }) => ref);
  assert.deepEqual(refsOf(RATE_LIMITS), ['com2000_rate_5_flood_free']);

  api.zone.plan = 'enterprise';
  api.zone.addOns.add('load_balancing').add('bot_management');
  const ZONE_ADD_ONS = 'load_balancing,bot_management';
  await ok(api, 'apply', { ZONE_ADD_ONS });
  assert.deepEqual(refsOf(RATE_LIMITS), ['com2000_rate_5_flood', 'com2000_rate_1_api']);
  assert.equal(api.zone.balancers.length, 1);
  await ok(api, 'drift', { ZONE_ADD_ONS });
  // A run that forgets the add-on leaves alone what was made with it.
  await ok(api, 'apply');
  assert.equal(api.zone.balancers.length, 1);
  assert.ok(refsOf(FIREWALL).includes('com2000_waf_2_bots'));
});

test('an apply that fails stops, says what is done and what is not, and goes on when it runs again', async (t) => {
  const api = await newZone(t);
  api.failNext({ method: 'PUT', path: new RegExp(`/phases/${REDIRECTS}/`) }, { status: 503 });
  const { exitCode, out, err } = await run(api, 'apply');
  assert.equal(exitCode, 3);
  assert.match(out, /Done:\n {2}\+ DNS record A com2000\.example\n/);
  assert.match(err, /^Rules of http_request_dynamic_redirect: the API fails for now \(HTTP 503/);
  const [, done, all] = /^(\d+) of (\d+) changes are done\. Not done:$/m.exec(err) ?? [];
  assert.equal(Number(done), writesOf(api).length - 1, 'a write is not asked twice');
  assert.equal(err.match(/^ {2}[~+-] /gm)?.length, Number(all) - Number(done));
  assert.match(err, /^ {2}~ setting ssl$/m);
  assert.doesNotMatch(out + err, new RegExp(api.token));
  await ok(api, 'apply');
  await ok(api, 'drift');
});

test('a creation whose answer is lost is not made twice', async (t) => {
  const api = await newZone(t);
  api.failNext({ method: 'POST', path: /\/dns_records$/ }, { after: true, drop: true });
  const { exitCode, err } = await run(api, 'apply');
  assert.equal(exitCode, 3, err);
  assert.match(err, /DNS record A com2000\.example: the API does not answer/);
  assert.doesNotMatch(await ok(api, 'apply'), /^\+ DNS record A com2000\.example/m);
  assert.equal(api.zone.records.filter(({ type }) => type === 'A').length, 1);
});

test('a name that somebody uses otherwise is told before anything is changed', async (t) => {
  const api = await newZone(t);
  api.zone.records.push(
    recordOf({ type: 'A', name: `www.${DESIRED_ZONE.name}`, content: '192.0.2.8' }),
    recordOf({ type: 'A', name: DESIRED_ZONE.name, content: '203.0.113.9' }),
  );
  const { exitCode, out, err } = await run(api, 'apply');
  assert.equal(exitCode, 1);
  assert.match(out, /CNAME www\.com2000\.example cannot be added: A www\.com2000\.example was made by hand/);
  assert.match(out, /A com2000\.example was made by hand and leads elsewhere: content is "203\.0\.113\.9"/);
  assert.equal(err, 'Nothing is changed.\n');
  assert.deepEqual(writesOf(api), []);
});

test('a token without a right is told which one it lacks', async (t) => {
  const api = await newZone(t);
  const denied = { success: false, errors: [{ code: 10_000, message: 'Authentication error' }] };
  api.failNext({ path: /\/rules\/lists$/ }, { status: 403, body: denied });
  const { exitCode, err } = await run(api, 'plan');
  assert.equal(exitCode, 3);
  assert.equal(
    err,
    'lists cannot be read: the token has no right to it (HTTP 403, 10000: Authentication error). It needs: Account Filter Lists: Edit, of the account\n',
  );
});

test('the zone of another file is not touched', async (t) => {
  const api = await startPlatformApi({ zoneName: 'other.example' });
  t.after(() => api.close());
  const { exitCode, err } = await run(api, 'apply');
  assert.equal(exitCode, 1);
  assert.match(
    err,
    /CLOUDFLARE_ZONE_ID is the zone other\.example, and zone\/site\.ts is about com2000\.example/,
  );
  assert.deepEqual(writesOf(api), []);
});

test('plan without credentials shows the desired zone and the variables that are missing, and apply refuses', async (t) => {
  const api = await newZone(t);
  const none = { CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_ACCOUNT_ID: '', CLOUDFLARE_ZONE_ID: '' };
  const planned = await ok(api, 'plan', none);
  assert.match(
    planned,
    /^The zone com2000\.example is to have:\n {2}DNS record \(2\):\n {4}A com2000\.example$/m,
  );
  assert.match(planned, /^ {2}CLOUDFLARE_API_TOKEN is not set/m);
  assert.match(planned, /^ {2}CLOUDFLARE_ZONE_ID is not set/m);
  const { exitCode, err } = await run(api, 'apply', none);
  assert.equal(exitCode, 2);
  assert.match(
    err,
    /^CLOUDFLARE_API_TOKEN is not set.*\nCLOUDFLARE_ACCOUNT_ID is not set.*\nCLOUDFLARE_ZONE_ID is not set/,
  );
  assert.deepEqual(api.calls, []);
});

test('an add-on that does not exist is wrong use', async (t) => {
  const { exitCode, err } = await run(await newZone(t), 'plan --add-ons speed');
  assert.equal(exitCode, 2);
  assert.match(err, /One of bot_management, load_balancing\./);
});
