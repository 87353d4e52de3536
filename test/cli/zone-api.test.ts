/** The zone's commands and an API that others use, that pages, that slows down and that fails. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CommandFailure } from '../../scripts/operations/command-failure.ts';
import { applyChanges } from '../../scripts/zone/apply-changes.ts';
import { desiredState } from '../../scripts/zone/desired-state.ts';
import { diffZone } from '../../scripts/zone/diff-zone.ts';
import { planText } from '../../scripts/zone/print-plan.ts';
import { readPlan, readZone } from '../../scripts/zone/read-zone.ts';
import { type ZoneClient, zoneClient } from '../../scripts/zone/zone-client.ts';
import { withinPlan } from '../../zone/within-plan.ts';
import { DESIRED_ZONE } from '../../zone/zone.ts';
import { newId } from '../support/platform-api/described-items.ts';
import { newZone } from '../support/platform-api/new-zone.ts';
import type { PlatformApi } from '../support/platform-api/server.ts';
import { recordOf } from '../support/platform-api/zone-records.ts';

const FIREWALL = 'http_request_firewall_custom';
const { zone: FREE_ZONE, skipped } = withinPlan(DESIRED_ZONE, { plan: 'free', addOns: [] });
const DESIRED = desiredState(FREE_ZONE);
const KEEPING = { removeUnknown: false, leftAlone: new Set<string>() };
const WITHOUT_BALANCERS = ['DNS record', 'bucket domain', 'list', 'setting', 'bot settings'] as const;

async function newClient(t: TestContext): Promise<{ platform: PlatformApi; api: ZoneClient }> {
  const platform = await newZone(t);
  return { platform, api: zoneClient(platform.env()) };
}

const read = (api: ZoneClient, desired = DESIRED) => readZone(api, desired, FREE_ZONE, WITHOUT_BALANCERS);

async function apply(api: ZoneClient, lines: string[] = []): Promise<void> {
  const found = await read(api);
  await applyChanges(api, diffZone(found, DESIRED, KEEPING).changes, found.items, (line) => lines.push(line));
}

const rulesOf = ({ zone }: PlatformApi) => {
  const ruleset = zone.rulesets.get(FIREWALL);
  assert.ok(ruleset);
  return ruleset;
};

const handRule = (expression: string) => {
  const id = newId();
  return { id, ref: id, action: 'block', expression, enabled: true, version: '1' };
};

/** A rule of ours differs, and so the phase is to be written. */
async function withDrift(t: TestContext) {
  const { platform, api } = await newClient(t);
  await apply(api);
  Object.assign(rulesOf(platform).rules[0] ?? {}, { enabled: false });
  return { platform, api };
}

test('rules that somebody changes after they were read are not written', async (t) => {
  const { platform, api } = await withDrift(t);
  const found = await read(api);
  const { changes } = diffZone(found, DESIRED, KEEPING);
  const ruleset = rulesOf(platform);
  Object.assign(ruleset, { version: '5', rules: [handRule('false'), ...ruleset.rules] });
  const error = await applyChanges(api, changes, found.items, () => undefined).catch((caught) => caught);
  assert.ok(error instanceof CommandFailure);
  assert.match(error.message, /somebody changed them since they were read \(version 1 then, 5 now\)/);
  assert.match(
    error.message,
    /0 of 1 changes are done\. Not done:\n {2}~ rules of http_request_firewall_custom/,
  );
  assert.equal(error.exitCode, 1);
  assert.equal(rulesOf(platform).version, '5');
  await apply(api);
  assert.equal(rulesOf(platform).rules[0]?.expression, 'false');
});

test('rules that somebody changes between the look and the call stop the run', async (t) => {
  const { platform, api } = await withDrift(t);
  const rushed = {
    ...api,
    client: api.client.withOptions({
      fetch: (url, init) => {
        if (init?.method === 'PUT') rulesOf(platform).version = '2';
        return fetch(url, init);
      },
    }),
  };
  await assert.rejects(
    apply(rushed),
    /somebody changed them in the same moment: this is version 3, and not 2\./,
  );
});

test('all pages of records are read', async (t) => {
  const { platform, api } = await newClient(t);
  const hosts = Array.from({ length: 1201 }, (_, index) => `host${index}.${DESIRED_ZONE.name}`);
  platform.zone.records.push(...hosts.map((name) => recordOf({ type: 'A', name, content: '192.0.2.1' })));
  const { items } = await read(api);
  const keys = new Set(items.map(({ key }) => key));
  assert.equal(hosts.filter((host) => !keys.has(`A ${host}`)).length, 0);
});

test('records that the platform makes are neither shown nor removed', async (t) => {
  const { platform, api } = await newClient(t);
  const meta = { read_only: true };
  const record = { type: 'AAAA', name: `elsewhere.${DESIRED_ZONE.name}`, content: '100::', meta };
  platform.zone.records.push(recordOf(record));
  const { kept, changes } = diffZone(await read(api), DESIRED, { ...KEEPING, removeUnknown: true });
  assert.deepEqual(kept.items, []);
  assert.deepEqual(
    changes.filter(({ action }) => action === 'remove'),
    [],
  );
});

test('ten thousand rules by hand are read and kept, and twenty are named', async (t) => {
  const { platform, api } = await newClient(t);
  await apply(api);
  const hand = Array.from({ length: 10_000 }, (_, index) => handRule(`ip.src eq 198.51.100.${index % 250}`));
  rulesOf(platform).rules.unshift(...hand);
  const diff = diffZone(await read(api), DESIRED, KEEPING);
  assert.deepEqual(diff.changes, []);
  const text = planText(diff, skipped);
  assert.match(text, /\n {2}and 9,980 more\n/);
  assert.match(text, /10,000 made by hand and kept/);
});

test('a ruleset without rules is filled', async (t) => {
  const { platform, api } = await newClient(t);
  await apply(api);
  const desired = rulesOf(platform).rules.length;
  rulesOf(platform).rules = [];
  await apply(api);
  assert.equal(rulesOf(platform).rules.length, desired);
});

test('a list is made before the rule that names it, and removed after it', async (t) => {
  const { platform, api } = await newClient(t);
  const lines: string[] = [];
  await apply(api, lines);
  const at = (text: string) => lines.findIndex((line) => line.includes(text));
  assert.ok(at('list malicious_ips') < at(FIREWALL));
  const found = await read(api);
  const none = { items: [], phases: DESIRED.phases.map(({ phase }) => ({ phase, rules: [] })) };
  const { changes } = diffZone(found, none, KEEPING);
  await applyChanges(api, changes, found.items, () => undefined);
  assert.deepEqual([platform.zone.lists, rulesOf(platform).rules], [[], []]);
});

test('a list of another kind with the name of ours is told, and not taken for ours', async (t) => {
  const { platform, api } = await newClient(t);
  platform.zone.lists.push({ id: newId(), name: 'malicious_ips', kind: 'asn' });
  await assert.rejects(
    apply(api),
    /^CommandFailure: list malicious_ips: a list keeps its kind, and it is one of asn/,
  );
});

test('a busy API is asked three times at most', async (t) => {
  const { platform, api } = await newClient(t);
  const soon = { 'retry-after-ms': '1' };
  const path = /\/settings\/ssl$/;
  platform.failNext({ method: 'GET', path }, { status: 429, headers: soon });
  platform.failNext({ method: 'GET', path }, { status: 502, headers: soon });
  await read(api);
  assert.equal(platform.calls.filter((call) => path.test(call.path)).length, 3);
  for (const _ of [1, 2, 3]) platform.failNext({ method: 'GET', path }, { status: 500, headers: soon });
  await assert.rejects(read(api), /settings cannot be read: the API fails for now \(HTTP 500/);
  assert.equal(platform.faults.remaining, 0);
});

test('an API that asks for a long wait is not waited for', async (t) => {
  const { platform, api } = await newClient(t);
  platform.failNext({ path: /\/dns_records$/ }, { status: 429, headers: { 'retry-after': '86400' } });
  await assert.rejects(read(api), /DNS records cannot be read: the API fails for now \(HTTP 429/);
});

test('an API that does not answer is given up', async (t) => {
  const { platform, api } = await newClient(t);
  platform.failNext({ path: /\/dns_records$/ }, { hang: true });
  const impatient = { ...api, client: api.client.withOptions({ timeout: 100, maxRetries: 0 }) };
  const error = await read(impatient).catch((caught) => caught);
  assert.ok(error instanceof CommandFailure);
  assert.match(error.message, /^DNS records cannot be read: the API does not answer/);
  assert.equal(error.exitCode, 3);
});

test('a plan that is none of ours is refused', async (t) => {
  const { platform, api } = await newClient(t);
  Object.assign(platform.zone, { plan: 'partner' });
  await assert.rejects(
    readPlan(api, DESIRED_ZONE.name),
    /is partner, not one of free, pro, business, enterprise/,
  );
});

test('an answer of another shape is said so', async (t) => {
  const { platform, api } = await newClient(t);
  platform.failNext(
    { path: /\/entrypoint$/ },
    { status: 200, body: { success: true, result: { rules: 'all' } } },
  );
  await assert.rejects(read(api), /has another shape than it is known to have: .*id/s);
});

test('a refusal of the API is shown in its words', async (t) => {
  const { platform, api } = await newClient(t);
  const errors = [{ code: 10_014, message: `unknown phase "${FIREWALL}"` }];
  const path = new RegExp(`/${FIREWALL}/entrypoint$`);
  platform.failNext({ path }, { status: 400, body: { success: false, errors } });
  const error = await read(api).catch((caught) => caught);
  assert.ok(error instanceof CommandFailure);
  assert.equal(
    error.message,
    `Rules of ${FIREWALL} cannot be read: the API refuses it (HTTP 400, 10014: unknown phase "${FIREWALL}")`,
  );
  assert.equal(error.exitCode, 1);
});

test('words of the API that would steer a terminal are shown, not obeyed', async (t) => {
  const { platform, api } = await newClient(t);
  await apply(api);
  rulesOf(platform).rules.unshift({ ...handRule('true'), description: '\u001b[2J gone' });
  assert.match(planText(diffZone(await read(api), DESIRED, KEEPING), []), /“\\u\{1b\}\[2J gone”/);
});
