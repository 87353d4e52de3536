import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { bundledRelease } from '../../src/operations/manifest.ts';
import { D1_BUDGET, KV_BUDGET, TieredRegistry } from '../../src/operations/registry.ts';
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
const coldRegistry = () =>
  new TieredRegistry({
    db: countedD1(env.DB, counts),
    kv: countedKv(env.CACHE_KV, counts),
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
    const registry = new TieredRegistry({
      db: serving.db.binding,
      kv: serving.cacheKv.binding,
      bundled: bundledRelease,
      memory: new MemoryBudget(),
      nowMs: () => nowMs,
    });
    expect(await registry.find(operation.id)).toMatchObject({ operation, liveness: { state: 'live' } });
    expect(await registry.find(manifest.operations[0]?.id ?? '')).not.toBeNull();
  });
});

describe('an unknown id', () => {
  test('is remembered for 60 seconds, and then asked for anew', async () => {
    const operation = await operationNamed('Late');
    const registry = coldRegistry();
    expect(await registry.find(operation.id)).toBeNull();
    expect(await registry.find(operation.id)).toBeNull();
    expect(calls()).toEqual({ d1Calls: 1, kvReads: 1 });
    await adminOf(serving.gateway).publish('ios', '1.0.0', [operation]);
    advance(59);
    expect(await registry.find(operation.id)).toBeNull();
    advance(1);
    expect(await registry.find(operation.id)).toMatchObject({ operation });
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

  test('costs nothing once 10 of them were asked for, until 10 seconds later', async () => {
    const known = await operationNamed('Known');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [known]);
    const registry = coldRegistry();
    for (let time = 0; time < 100_000; time += 1) {
      if ((await registry.find(randomId())) !== null) throw new Error('a random id was found');
    }
    expect(calls()).toEqual({ d1Calls: D1_BUDGET.times, kvReads: 1 });
    expect(registry.size).toEqual({ operations: 0, unknownIds: D1_BUDGET.times });
    expect(await registry.find(known.id), 'what is published is found all the while').not.toBeNull();
    expect(calls()).toEqual({ d1Calls: 0, kvReads: 1 });
    advance(D1_BUDGET.seconds);
    for (let time = 0; time < 100; time += 1) await registry.find(randomId());
    expect(calls()).toEqual({ d1Calls: D1_BUDGET.times, kvReads: 0 });
  });

  test('beyond these 10 is an error to who was told of the operation before, and is found later', async () => {
    const known = await operationNamed('Awaited');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [known]);
    await env.CACHE_KV.delete(`operation:${known.id}`);
    const registry = coldRegistry();
    for (let time = 0; time < D1_BUDGET.times; time += 1)
      expect(await registry.findAgain(randomId())).toBeNull();
    await expect(registry.findAgain(known.id)).rejects.toThrow('Too many operations');
    advance(D1_BUDGET.seconds);
    expect(await registry.findAgain(known.id)).toMatchObject({ operation: known });
  });

  test('made to look like a published one costs from a budget too', async () => {
    const known = await operationNamed('Imitated');
    await adminOf(serving.gateway).publish('ios', '1.0.0', [known]);
    const registry = coldRegistry();
    for (let time = 0; time < 1_000; time += 1) {
      expect(await registry.find(known.id.slice(0, 23) + randomId().slice(23))).toBeNull();
    }
    expect(calls()).toEqual({ d1Calls: D1_BUDGET.times, kvReads: 1 + KV_BUDGET.times });
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
