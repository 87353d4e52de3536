import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import {
  UNNAMED_ID_LOOKUPS_BURST as BURST,
  UNNAMED_ID_LOOKUPS_PER_SECOND as PER_SECOND,
} from '../../src/config.ts';
import { BoundedMemory } from '../../src/storage/bounded-memory.ts';
import { RecentlyAbsent } from '../../src/storage/recently-absent.ts';
import { adminOf, operationNamed, operationsNamed } from '../support/admin.ts';
import { madeUpId, type RegistryBench, spendLookups, startRegistryBench } from '../support/registry-bench.ts';

let bench: RegistryBench;
beforeEach(async () => {
  bench = await startRegistryBench();
});

describe('an operation is found', () => {
  test('in the bundled manifest, for the price of the overlay', async () => {
    const registry = bench.coldRegistry();
    const [first] = manifest.operations;
    for (let time = 0; time < 3; time += 1) {
      expect(await registry.find(first?.id ?? '')).toMatchObject({
        operation: { name: first?.name, cost: first?.cost },
        liveness: { state: 'live' },
      });
    }
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 1 });
  });

  test('in KV once, then in the isolate', async () => {
    const operation = await operationNamed('Kept');
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [operation]);
    const registry = bench.coldRegistry();
    expect(await registry.find(operation.id)).toMatchObject({ operation, liveness: { state: 'live' } });
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 2 });
    expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 0 });
  });

  test('at once by many, of whom one reads the overlay again', async () => {
    const operation = await operationNamed('Asked');
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [operation]);
    const registry = bench.coldRegistry();
    expect(await registry.find(operation.id)).toMatchObject({ operation });
    bench.advance(50);
    bench.calls();
    const found = await Promise.all(Array.from({ length: 20 }, () => registry.find(operation.id)));
    expect(found).toMatchObject(found.map(() => ({ operation })));
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 1 });
  });

  test('in D1 where KV has no copy, and KV has one from then on', async () => {
    const operation = await operationNamed('Lost');
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [operation]);
    await env.CACHE_KV.delete(`operation:${operation.id}`);
    expect(await bench.coldRegistry().find(operation.id)).toMatchObject({ operation });
    expect(bench.calls()).toEqual({ d1Calls: 1, kvReads: 2 });
    expect(await bench.coldRegistry().find(operation.id)).toMatchObject({ operation });
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 2 });
  });

  test('in D1 before KV shows the overlay, with its liveness', async () => {
    const operation = await operationNamed('Early');
    const admin = adminOf(bench.serving.gateway);
    await admin.publish('ios', '1.0.0', [operation]);
    await admin.deprecate('ios', ['1.0.0'], '2030-01-01');
    await env.CACHE_KV.delete('operations:liveness');
    const registry = bench.coldRegistry();
    const found = { operation, liveness: { state: 'deprecated', sunset: Date.UTC(2030) / 1000 } };
    expect(await registry.find(operation.id)).toMatchObject(found);
    expect(await registry.find(operation.id)).toMatchObject(found);
    expect(bench.calls()).toEqual({ d1Calls: 1, kvReads: 1 });
  });

  test('by the hash of its text, where its own id is opaque', async () => {
    const { id, document } = await operationNamed('Opaque');
    await adminOf(bench.serving.gateway).publish('relay', '1.0.0', [{ id: 'opaque-1', document }]);
    for (const isolate of [bench.coldRegistry(), bench.coldRegistry()]) {
      expect(await isolate.find(id)).toMatchObject({ operation: { id: 'opaque-1', document } });
    }
    expect(bench.calls()).toEqual({ d1Calls: 1, kvReads: 4 });
  });

  test('while KV fails, from D1', async () => {
    const operation = await operationNamed('Robust');
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [operation]);
    bench.serving.cacheKv.fail('KV is down');
    const registry = bench.coldRegistry(bench.serving.cacheKv.binding, bench.serving.db.binding);
    expect(await registry.find(operation.id)).toMatchObject({ operation, liveness: { state: 'live' } });
    expect(await registry.find(manifest.operations[0]?.id ?? '')).not.toBeNull();
  });
});

describe('an unknown id', () => {
  test('is remembered for 60 seconds, and then asked for anew', async () => {
    const operation = await operationNamed('Late');
    const registry = bench.coldRegistry();
    expect(await registry.find(operation.id)).toBeNull();
    expect(await registry.find(operation.id)).toBeNull();
    expect(bench.calls()).toEqual({ d1Calls: 1, kvReads: 1 });
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [operation]);
    await env.CACHE_KV.delete('operations:liveness');
    bench.advance(59);
    expect(await registry.find(operation.id)).toBeNull();
    bench.advance(1);
    expect(await registry.find(operation.id)).toMatchObject({ operation });
  });

  test('is forgotten once the overlay names it, or once a change of releases is known', async () => {
    const operation = await operationNamed('Later');
    const other = await operationNamed('Other');
    const [byOverlay, byChange] = [bench.coldRegistry(), bench.coldRegistry()];
    for (const registry of [byOverlay, byChange]) expect(await registry.find(operation.id)).toBeNull();
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [operation, other]);
    bench.advance(1);
    expect(await byChange.find(other.id)).toMatchObject({ operation: other });
    expect(await byChange.find(operation.id)).toMatchObject({ operation });
    expect(await byOverlay.find(operation.id)).toBeNull();
    bench.advance(49);
    expect(await byOverlay.find(operation.id)).toMatchObject({ operation });
  });

  test('that no operation can have is not looked up at all', async () => {
    const registry = bench.coldRegistry();
    for (const id of ['', ' ', 'a b', 'a~b', 'x'.repeat(257), 'é'.repeat(200), '\n']) {
      expect(await registry.find(id)).toBeNull();
    }
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 0 });
  });

  test('is not one that is stored without a release', async () => {
    const operation = await operationNamed('Hidden');
    expect(await adminOf(bench.serving.gateway).store([operation])).toMatchObject({ body: { stored: 1 } });
    expect(await bench.coldRegistry().find(operation.id)).toBeNull();
  });

  test('costs nothing once 60 of them were asked for, and then a read a second', async () => {
    const known = await operationNamed('Known');
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [known]);
    const registry = bench.coldRegistry();
    await spendLookups(registry);
    for (let time = 0; time < 100_000; time += 1)
      if ((await registry.find(madeUpId())) !== 'unavailable')
        throw new Error('an id beyond the budget was looked up');
    expect(bench.calls()).toEqual({ d1Calls: BURST, kvReads: 1 });
    expect(registry.size).toEqual({ operations: 0, unknownIds: BURST });
    expect(await registry.find(known.id), 'published operations are found all the while').toMatchObject({
      operation: known,
    });
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 1 });
    bench.advance(1);
    for (let time = 0; time < 100; time += 1) await registry.find(madeUpId());
    expect(bench.calls()).toEqual({ d1Calls: 1, kvReads: 0 });
    bench.advance(BURST / PER_SECOND);
    await spendLookups(registry);
    expect(bench.calls()).toEqual({ d1Calls: BURST, kvReads: 1 });
  });

  test('beyond the budget is an error to a running operation, and is not remembered', async () => {
    const known = await operationNamed('Awaited');
    const registry = bench.coldRegistry();
    await spendLookups(registry);
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', [known]);
    expect(await registry.find(known.id)).toBe('unavailable');
    await expect(registry.findAgain(known.id)).rejects.toThrow('cannot be looked up now');
    bench.advance(1);
    expect(await registry.findAgain(known.id)).toMatchObject({ operation: known });
  });

  test('that begins like published ones spends none of their look-ups', async () => {
    const known = await operationsNamed('Imitated', 40);
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', known);
    const registry = bench.coldRegistry();
    for (let time = 0; time < 1_000; time += 1) {
      const { id = '' } = known[time % known.length] ?? {};
      const found = await registry.find(id.slice(0, 23 + (time % 32)) + madeUpId().slice(23 + (time % 32)));
      expect(found).toBe(time < BURST ? null : 'unavailable');
    }
    expect(bench.calls()).toEqual({ d1Calls: BURST, kvReads: 1 });
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: known.length });
  });

  test('that is remembered makes the oldest be forgotten', () => {
    const memory = new BoundedMemory<number>(10_000);
    const unknown = new RecentlyAbsent(60, memory);
    for (let number = 0; number < 1_000; number += 1) unknown.note(`id-${number}`, bench.nowMs());
    expect(memory.weight).toBeGreaterThan(9_000);
    expect(memory.weight).toBeLessThanOrEqual(10_000);
    expect(unknown.has('id-0', bench.nowMs())).toBe(false);
    expect(unknown.has('id-999', bench.nowMs())).toBe(true);
  });
});
