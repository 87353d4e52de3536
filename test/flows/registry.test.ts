import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { UNNAMED_ID_LOOKUPS_BURST, UNNAMED_ID_LOOKUPS_PER_SECOND } from '../../src/config.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import { TieredRegistry } from '../../src/operations/registry.ts';
import { BoundedMemory, MemoryBudget } from '../../src/storage/bounded-memory.ts';
import { RecentlyAbsent } from '../../src/storage/recently-absent.ts';
import { ADMIN_KEY, adminOf, operationNamed } from '../support/admin.ts';
import { type BindingCounts, countedD1, countedKv, noCounts } from '../support/counted-bindings.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
let counts: BindingCounts;
let nowMs: number;
beforeEach(async () => {
  serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  counts = noCounts();
  nowMs = serving.market.startAt * 1000;
});

/** A cold isolate's registry over the real stores. */
const coldRegistry = (kv: KVNamespace = env.CACHE_KV, db = countedD1(env.DB, counts)) =>
  new TieredRegistry({
    db,
    kv: countedKv(kv, counts),
    bundled: bundledRelease,
    memory: new MemoryBudget(),
    nowMs: () => nowMs,
  });

const calls = () => {
  const { d1Calls, kvReads } = counts;
  counts = Object.assign(counts, noCounts());
  return { d1Calls, kvReads };
};

const advance = (seconds: number) => {
  nowMs += seconds * 1000;
};

const BURST = UNNAMED_ID_LOOKUPS_BURST;
const SECONDS_TO_FILL = BURST / UNNAMED_ID_LOOKUPS_PER_SECOND;

const randomId = () =>
  `sha256:${[...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;

describe('an operation is found', () => {
  test('in the bundled manifest, for the price of the overlay', async () => {
    const registry = coldRegistry();
    const [first] = manifest.operations;
    for (let time = 0; time < 3; time += 1) {
      expect(await registry.find(first?.id ?? '')).toMatchObject({
        operation: { name: first?.name, cost: first?.cost },
        liveness: { state: 'live' },
      });
    }
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 1 });
  });

  test('in KV once, then in the isolate', async () => {
    const operation = await operationNamed('Kept');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation]);
    const registry = coldRegistry();
    expect(await registry.find(operation.id)).toMatchObject({ operation, liveness: { state: 'live' } });
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 2 });
    expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 0 });
  });

  test('at once by many, of whom one reads the overlay again', async () => {
    const operation = await operationNamed('Asked');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation]);
    const registry = coldRegistry();
    expect(await registry.find(operation.id)).toMatchObject({ operation });
    advance(50);
    calls();
    const found = await Promise.all(Array.from({ length: 20 }, () => registry.find(operation.id)));
    expect(found).toMatchObject(found.map(() => ({ operation })));
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 1 });
  });

  test('in D1 where KV has no copy, and KV has one from then on', async () => {
    const operation = await operationNamed('Lost');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation]);
    await env.CACHE_KV.delete(`operation:${operation.id}`);
    expect(await coldRegistry().find(operation.id)).toMatchObject({ operation });
    expect(calls()).toEqual({ d1Calls: 1, kvReads: 2 });
    expect(await coldRegistry().find(operation.id)).toMatchObject({ operation });
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 2 });
  });

  test('in D1 before KV shows the overlay, with its liveness', async () => {
    const operation = await operationNamed('Early');
    const admin = adminOf(serving.gateway);
    await admin.publish('ios', '1.0.0', [operation]);
    await admin.deprecate('ios', ['1.0.0'], '2030-01-01');
    await env.CACHE_KV.delete('operations:liveness');
    const registry = coldRegistry();
    const found = { operation, liveness: { state: 'deprecated', sunset: Date.UTC(2030) / 1000 } };
    expect(await registry.find(operation.id)).toMatchObject(found);
    expect(await registry.find(operation.id)).toMatchObject(found);
    expect(calls()).toEqual({ d1Calls: 1, kvReads: 1 });
  });

  test('by the hash of its text, where its own id is opaque', async () => {
    const { id, document } = await operationNamed('Opaque');
    await adminOf(serving.gateway).publish('relay', '1.0.0', [{ id: 'opaque-1', document }]);
    for (const isolate of [coldRegistry(), coldRegistry()]) {
      expect(await isolate.find(id)).toMatchObject({ operation: { id: 'opaque-1', document } });
    }
    expect(calls()).toEqual({ d1Calls: 1, kvReads: 4 });
  });

  test('while KV fails, from D1', async () => {
    const operation = await operationNamed('Robust');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation]);
    serving.cacheKv.fail('KV is down');
    const registry = coldRegistry(serving.cacheKv.binding, serving.db.binding);
    expect(await registry.find(operation.id)).toMatchObject({ operation, liveness: { state: 'live' } });
    expect(await registry.find(manifest.operations[0]?.id ?? '')).not.toBeNull();
  });
});

/** Spends all look-ups of ids that the overlay does not name. */
async function spendLookups(registry: TieredRegistry) {
  for (let time = 0; time < BURST; time += 1) expect(await registry.find(randomId())).toBeNull();
  expect(await registry.find(randomId())).toBe('unavailable');
}

const operationsNamed = (prefix: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, at) => operationNamed(`${prefix}${at}`)));

describe('an unknown id', () => {
  test('is remembered for 60 seconds, and then asked for anew', async () => {
    const operation = await operationNamed('Late');
    const registry = coldRegistry();
    expect(await registry.find(operation.id)).toBeNull();
    expect(await registry.find(operation.id)).toBeNull();
    expect(calls()).toEqual({ d1Calls: 1, kvReads: 1 });
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation]);
    await env.CACHE_KV.delete('operations:liveness');
    advance(59);
    expect(await registry.find(operation.id)).toBeNull();
    advance(1);
    expect(await registry.find(operation.id)).toMatchObject({ operation });
  });

  test('is forgotten once the overlay names it, or once a change of releases is known', async () => {
    const operation = await operationNamed('Later');
    const other = await operationNamed('Other');
    const [byOverlay, byChange] = [coldRegistry(), coldRegistry()];
    for (const registry of [byOverlay, byChange]) expect(await registry.find(operation.id)).toBeNull();
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation, other]);
    advance(1);
    expect(await byChange.find(other.id)).toMatchObject({ operation: other });
    expect(await byChange.find(operation.id)).toMatchObject({ operation });
    expect(await byOverlay.find(operation.id)).toBeNull();
    advance(49);
    expect(await byOverlay.find(operation.id)).toMatchObject({ operation });
  });

  test('that no operation can have is not looked up at all', async () => {
    const registry = coldRegistry();
    for (const id of ['', ' ', 'a b', 'a~b', 'x'.repeat(257), 'é'.repeat(200), '\n']) {
      expect(await registry.find(id)).toBeNull();
    }
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 0 });
  });

  test('is not one that is stored without a release', async () => {
    const operation = await operationNamed('Hidden');
    expect(await adminOf(serving.gateway).store([operation])).toMatchObject({ body: { stored: 1 } });
    expect(await coldRegistry().find(operation.id)).toBeNull();
  });

  test('costs nothing once 60 of them were asked for, and then a read a second', async () => {
    const known = await operationNamed('Known');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [known]);
    const registry = coldRegistry();
    await spendLookups(registry);
    for (let time = 0; time < 100_000; time += 1)
      if ((await registry.find(randomId())) !== 'unavailable')
        throw new Error('an id beyond the budget was looked up');
    expect(calls()).toEqual({ d1Calls: BURST, kvReads: 1 });
    expect(registry.size).toEqual({ operations: 0, unknownIds: BURST });
    expect(await registry.find(known.id), 'published operations are found all the while').toMatchObject({
      operation: known,
    });
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 1 });
    advance(1);
    for (let time = 0; time < 100; time += 1) await registry.find(randomId());
    expect(calls()).toEqual({ d1Calls: 1, kvReads: 0 });
    advance(SECONDS_TO_FILL);
    await spendLookups(registry);
    expect(calls()).toEqual({ d1Calls: BURST, kvReads: 1 });
  });

  test('beyond the budget is an error to a running operation, and is not remembered', async () => {
    const known = await operationNamed('Awaited');
    const registry = coldRegistry();
    await spendLookups(registry);
    await adminOf(serving.gateway).publish('ios', '1.0.0', [known]);
    expect(await registry.find(known.id)).toBe('unavailable');
    await expect(registry.findAgain(known.id)).rejects.toThrow('cannot be looked up now');
    advance(1);
    expect(await registry.findAgain(known.id)).toMatchObject({ operation: known });
  });

  test('that begins like published ones spends none of their look-ups', async () => {
    const known = await operationsNamed('Imitated', 40);
    await adminOf(serving.gateway).publish('ios', '1.0.0', known);
    const registry = coldRegistry();
    for (let time = 0; time < 1_000; time += 1) {
      const { id = '' } = known[time % known.length] ?? {};
      const found = await registry.find(id.slice(0, 23 + (time % 32)) + randomId().slice(23 + (time % 32)));
      expect(found).toBe(time < BURST ? null : 'unavailable');
    }
    expect(calls()).toEqual({ d1Calls: BURST, kvReads: 1 });
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(calls()).toEqual({ d1Calls: 0, kvReads: known.length });
  });

  test('that is remembered makes the oldest be forgotten', () => {
    const memory = new BoundedMemory<number>(10_000);
    const unknown = new RecentlyAbsent(60, memory);
    for (let number = 0; number < 1_000; number += 1) unknown.note(`id-${number}`, nowMs);
    expect(memory.weight).toBeGreaterThan(9_000);
    expect(memory.weight).toBeLessThanOrEqual(10_000);
    expect(unknown.has('id-0', nowMs)).toBe(false);
    expect(unknown.has('id-999', nowMs)).toBe(true);
  });
});

describe('operations of live releases are found', () => {
  test('in D1 where KV has lost their copies, however many guesses come before', async () => {
    const known = await operationsNamed('Lost', 130);
    await adminOf(serving.gateway).publish('ios', '1.0.0', known);
    for (const { id } of known) await env.CACHE_KV.delete(`operation:${id}`);
    const registry = coldRegistry();
    await spendLookups(registry);
    calls();
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(calls()).toEqual({ d1Calls: known.length, kvReads: known.length });
    for (const { id } of known) expect(await env.CACHE_KV.get(`operation:${id}`)).not.toBeNull();
  });

  test('at once, where the release is newer than the overlay', async () => {
    const registry = coldRegistry();
    await registry.find(manifest.operations[0]?.id ?? '');
    const fresh = await operationsNamed('Fresh', 50);
    await adminOf(serving.gateway).publish('ios', '1.0.0', fresh);
    const found = await Promise.all(fresh.map(({ id }) => registry.find(id)));
    expect(found).toMatchObject(fresh.map((operation) => ({ operation })));
    await spendLookups(registry);
  });

  test('within a second, where guesses spend every look-up of ids that the overlay does not name', async () => {
    const registry = coldRegistry();
    await spendLookups(registry);
    const fresh = await operationsNamed('Fresh', 30);
    await adminOf(serving.gateway).publish('ios', '1.0.0', fresh);
    for (const { id } of fresh) expect(await registry.find(id)).toBe('unavailable');
    advance(1);
    expect(await registry.find(randomId())).toBeNull();
    expect(await registry.find(randomId())).toBe('unavailable');
    for (const operation of fresh) expect(await registry.find(operation.id)).toMatchObject({ operation });
  });

  test('after a rollback that the overlay does not show yet', async () => {
    const [before, after] = await operationsNamed('Rolled', 2);
    if (before === undefined || after === undefined) throw new Error('two operations are needed');
    const admin = adminOf(serving.gateway);
    await admin.publish('ios', '1.0.0', [before]);
    await admin.publish('ios', '1.0.0', [after], { replace: true });
    const registry = coldRegistry();
    await spendLookups(registry);
    expect((await admin.rollback('ios', '1.0.0')).status).toBe(200);
    advance(1);
    expect(await registry.find(randomId())).toBeNull();
    expect(await registry.find(before.id)).toMatchObject({ operation: before });
  });

  test('while KV fails, in a cold isolate, each by one read of D1', async () => {
    const known = await operationsNamed('Cold', 130);
    await adminOf(serving.gateway).publish('ios', '1.0.0', known);
    const kv = new Proxy(env.CACHE_KV, {
      get: () => async () => {
        throw new Error('KV is down');
      },
    });
    const registry = coldRegistry(kv);
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(counts.d1Calls).toBe(known.length);
  });

  test('while D1 fails, in KV; other ids are unavailable and are not remembered', async () => {
    const [known, fresh] = await operationsNamed('Outage', 2);
    if (known === undefined || fresh === undefined) throw new Error('two operations are needed');
    const admin = adminOf(serving.gateway);
    await admin.publish('ios', '1.0.0', [known]);
    const registry = coldRegistry(env.CACHE_KV, serving.db.binding);
    expect(await registry.find(known.id)).toMatchObject({ operation: known });
    await admin.publish('ios', '2.0.0', [fresh]);
    serving.db.fail('D1 is down');
    expect(await coldRegistry(env.CACHE_KV, serving.db.binding).find(known.id)).toMatchObject({
      operation: known,
    });
    expect(await registry.find(fresh.id)).toBe('unavailable');
    serving.db.fail(null);
    expect(await registry.find(fresh.id)).toMatchObject({ operation: fresh });
  });

  test('by an overlay of a build that wrote no whole ids', async () => {
    const known = await operationsNamed('Old', 70);
    const admin = adminOf(serving.gateway);
    await admin.publish('ios', '1.0.0', known);
    await admin.deprecate('ios', ['1.0.0'], '2030-01-01');
    const { ids: _, ...old } =
      (await env.CACHE_KV.get<{ ids: string[] }>('operations:liveness', 'json')) ?? {};
    const warm = coldRegistry();
    expect(await warm.find(known[0]?.id ?? '')).toMatchObject({ liveness: { state: 'deprecated' } });
    await env.CACHE_KV.put('operations:liveness', JSON.stringify(old));
    advance(50);
    for (const registry of [warm, coldRegistry()])
      for (const operation of known)
        expect(await registry.find(operation.id)).toMatchObject({
          operation,
          liveness: { state: 'deprecated' },
        });
  });

  test('where KV shows an older overlay after a newer one', async () => {
    const [first, second] = await operationsNamed('Turn', 2);
    if (first === undefined || second === undefined) throw new Error('two operations are needed');
    const admin = adminOf(serving.gateway);
    await admin.publish('ios', '1.0.0', [first]);
    const older = (await env.CACHE_KV.get('operations:liveness')) ?? '';
    await admin.publish('ios', '2.0.0', [second]);
    const registry = coldRegistry();
    expect(await registry.find(second.id)).toMatchObject({ operation: second });
    await env.CACHE_KV.put('operations:liveness', older);
    advance(50);
    calls();
    expect(await registry.find(second.id)).toMatchObject({ operation: second });
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 1 });
  });
});
