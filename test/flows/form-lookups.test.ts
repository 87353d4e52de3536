/** The costs of finding what runs for a form, and what an isolate remembers of it. */
import { env } from 'cloudflare:workers';
import { parse, print } from 'graphql';
import { beforeEach, expect, test } from 'vitest';
import { UNNAMED_ID_LOOKUPS_BURST } from '../../src/config.ts';
import { bundledRelease, restRelease } from '../../src/operations/manifest.ts';
import { TieredRegistry } from '../../src/operations/registry.ts';
import { MemoryBudget } from '../../src/storage/bounded-memory.ts';
import { ADMIN_KEY, adminOf, type Submitted, sha256Of } from '../support/admin.ts';
import { type BindingCounts, countedD1, countedKv, noCounts } from '../support/counted-bindings.ts';
import { CRONS } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const TEXT = 'query Categories { projectCategories { name projectCount } }';
const TYPED = 'query Categories { projectCategories { name projectCount __typename } }';

let serving: Serving;
let counts: BindingCounts;
let admin: ReturnType<typeof adminOf>;
let operation: Submitted;
let formIds: string[];

beforeEach(async () => {
  serving = await startServing({ crons: [CRONS.projects], vars: { ADMIN_KEY, OPERATIONS_MODE: 'safelist' } });
  admin = adminOf(serving.gateway);
  counts = noCounts();
  operation = { id: await sha256Of(TEXT), document: TEXT };
  formIds = await Promise.all([TEXT, TYPED].map((text) => sha256Of(print(parse(text)))));
});

const coldRegistry = () =>
  new TieredRegistry({
    db: countedD1(env.DB, counts),
    kv: countedKv(env.CACHE_KV, counts),
    bundled: bundledRelease,
    rest: restRelease,
    memory: new MemoryBudget(),
    nowMs: () => Date.now(),
  });

const calls = () => {
  const { d1Calls, kvReads } = counts;
  Object.assign(counts, noCounts());
  return { d1Calls, kvReads };
};

test('a form is looked up in D1 once for all isolates, then in KV once, and then in the isolate', async () => {
  await admin.publish('web', '1.0.0', [operation]);
  const first = coldRegistry();
  for (const formId of formIds)
    expect(await first.findForm(formId)).toMatchObject({ liveness: { state: 'live' } });
  expect(calls()).toEqual({ d1Calls: 2, kvReads: 3 });
  const second = coldRegistry();
  expect(await second.findForm(formIds[0] ?? '')).toMatchObject({ operation });
  expect(await second.findForm(formIds[1] ?? '')).toMatchObject({
    operation: { id: formIds[1], formOf: operation.id, document: print(parse(TYPED)) },
  });
  expect(calls()).toEqual({ d1Calls: 0, kvReads: 3 });
  for (const formId of formIds) await second.findForm(formId);
  expect(second.known(operation.id, Date.now())).toEqual({ state: 'live' });
  expect(calls()).toEqual({ d1Calls: 0, kvReads: 0 });
});

test('a form of a retired operation is looked up in D1 once a minute: another one may have it by now', async () => {
  await admin.publish('web', '1.0.0', [operation]);
  await admin.retire('web', ['1.0.0'], true);
  const registry = coldRegistry();
  const [formId = ''] = formIds;
  for (let time = 0; time < 5; time += 1) {
    expect(await registry.findForm(formId)).toMatchObject({ liveness: { state: 'retired' } });
  }
  expect(calls()).toEqual({ d1Calls: 1, kvReads: 2 });
  const document = `${TEXT} # another`;
  await admin.publish('new', '1.0.0', [{ id: await sha256Of(document), document }]);
  await serving.gateway.advance(61);
  expect(await registry.findForm(formId)).toMatchObject({
    operation: { document },
    liveness: { state: 'live' },
  });
});

test('of two opaque ids of one text the one that lives is found by its hash', async () => {
  await admin.publish('old', '1.0.0', [{ id: 'old-1', document: TEXT }]);
  const registry = coldRegistry();
  expect(await registry.find(operation.id)).toMatchObject({ operation: { id: 'old-1' } });
  await admin.publish('new', '1.0.0', [{ id: 'new-1', document: TEXT }]);
  await admin.retire('old', ['1.0.0'], true);
  await serving.gateway.advance(61);
  for (const each of [registry, coldRegistry()]) {
    expect(await each.find(operation.id)).toMatchObject({
      operation: { id: 'new-1' },
      liveness: { state: 'live' },
    });
    expect(await each.find('old-1')).toMatchObject({ liveness: { state: 'retired' } });
  }
});

test('an answer that was asked for by a form is a hit that reads nothing', async () => {
  await admin.publish('web', '1.0.0', [operation]);
  const ask = () => serving.gateway.post({ query: TYPED });
  await ask();
  await ask();
  for (const { reads } of [serving.db, serving.cacheKv, serving.pricesKv]) reads.length = 0;
  expect((await ask()).headers.get('x-cache')).toBe('HIT');
  expect([...serving.db.reads, ...serving.cacheKv.reads, ...serving.pricesKv.reads]).toEqual([]);
});

test('an unregistered document costs one look-up of the budget, and a flood of them hides no form', async () => {
  await admin.publish('web', '1.0.0', [operation]);
  await serving.gateway.post({ query: TEXT });
  const statuses: number[] = [];
  for (let at = 0; at < 2 * UNNAMED_ID_LOOKUPS_BURST; at += 1) {
    const { status } = await serving.gateway.post({
      query: `query Made${at} { projectCategories { name } }`,
    });
    statuses.push(status);
  }
  expect(statuses.filter((status) => status === 403)).toHaveLength(UNNAMED_ID_LOOKUPS_BURST);
  expect(statuses.filter((status) => status === 503)).toHaveLength(UNNAMED_ID_LOOKUPS_BURST);
  expect((await serving.gateway.post({ query: TYPED })).status).toBe(200);
});

test('a new release is found by its exact texts and their forms before KV shows it', async () => {
  await serving.gateway.post({ query: TEXT });
  await admin.publish('web', '1.0.0', [operation]);
  await env.CACHE_KV.delete('operations:liveness');
  serving.gateway.coldIsolate();
  for (const query of [TEXT, `${TEXT} `, TYPED]) {
    expect((await serving.gateway.post({ query })).status).toBe(200);
  }
});
