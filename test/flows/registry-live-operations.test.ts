/** Operations of live releases are found, also while clients guess ids, KV lags, and KV or D1 fails. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { adminOf, operationsNamed } from '../support/admin.ts';
import { madeUpId, type RegistryBench, spendLookups, startRegistryBench } from '../support/registry-bench.ts';

let bench: RegistryBench;
beforeEach(async () => {
  bench = await startRegistryBench();
});

describe('operations of live releases are found', () => {
  test('in D1 where KV has lost their copies, however many guesses come before', async () => {
    const known = await operationsNamed('Lost', 130);
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', known);
    for (const { id } of known) await env.CACHE_KV.delete(`operation:${id}`);
    const registry = bench.coldRegistry();
    await spendLookups(registry);
    bench.calls();
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(bench.calls()).toEqual({ d1Calls: known.length, kvReads: known.length });
    for (const { id } of known) expect(await env.CACHE_KV.get(`operation:${id}`)).not.toBeNull();
  });

  test('at once, where the release is newer than the overlay', async () => {
    const registry = bench.coldRegistry();
    await registry.find(manifest.operations[0]?.id ?? '');
    const fresh = await operationsNamed('Fresh', 50);
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', fresh);
    const found = await Promise.all(fresh.map(({ id }) => registry.find(id)));
    expect(found).toMatchObject(fresh.map((operation) => ({ operation })));
    await spendLookups(registry);
  });

  test('within a second, where guesses spend every look-up of ids that the overlay does not name', async () => {
    const registry = bench.coldRegistry();
    await spendLookups(registry);
    const fresh = await operationsNamed('Fresh', 30);
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', fresh);
    for (const { id } of fresh) expect(await registry.find(id)).toBe('unavailable');
    bench.advance(1);
    expect(await registry.find(madeUpId())).toBeNull();
    expect(await registry.find(madeUpId())).toBe('unavailable');
    for (const operation of fresh) expect(await registry.find(operation.id)).toMatchObject({ operation });
  });

  test('after a rollback that the overlay does not show yet', async () => {
    const [before, after] = await operationsNamed('Rolled', 2);
    if (before === undefined || after === undefined) throw new Error('two operations are needed');
    const admin = adminOf(bench.serving.gateway);
    await admin.publish('ios', '1.0.0', [before]);
    await admin.publish('ios', '1.0.0', [after], { replace: true });
    const registry = bench.coldRegistry();
    await spendLookups(registry);
    expect((await admin.rollback('ios', '1.0.0')).status).toBe(200);
    bench.advance(1);
    expect(await registry.find(madeUpId())).toBeNull();
    expect(await registry.find(before.id)).toMatchObject({ operation: before });
  });

  test('while KV fails, in a cold isolate, each by one read of D1', async () => {
    const known = await operationsNamed('Cold', 130);
    await adminOf(bench.serving.gateway).publish('ios', '1.0.0', known);
    const kv = new Proxy(env.CACHE_KV, {
      get: () => async () => {
        throw new Error('KV is down');
      },
    });
    const registry = bench.coldRegistry(kv);
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    for (const operation of known) expect(await registry.find(operation.id)).toMatchObject({ operation });
    expect(bench.calls().d1Calls).toBe(known.length);
  });

  test('while D1 fails, in KV; other ids are unavailable and are not remembered', async () => {
    const [known, fresh] = await operationsNamed('Outage', 2);
    if (known === undefined || fresh === undefined) throw new Error('two operations are needed');
    const admin = adminOf(bench.serving.gateway);
    await admin.publish('ios', '1.0.0', [known]);
    const registry = bench.coldRegistry(env.CACHE_KV, bench.serving.db.binding);
    expect(await registry.find(known.id)).toMatchObject({ operation: known });
    await admin.publish('ios', '2.0.0', [fresh]);
    bench.serving.db.fail('D1 is down');
    expect(await bench.coldRegistry(env.CACHE_KV, bench.serving.db.binding).find(known.id)).toMatchObject({
      operation: known,
    });
    expect(await registry.find(fresh.id)).toBe('failed');
    bench.serving.db.fail(null);
    expect(await registry.find(fresh.id)).toMatchObject({ operation: fresh });
  });

  test('by an overlay of a build that wrote no whole ids', async () => {
    const known = await operationsNamed('Old', 70);
    const admin = adminOf(bench.serving.gateway);
    await admin.publish('ios', '1.0.0', known);
    await admin.deprecate('ios', ['1.0.0'], '2030-01-01');
    const { ids: _, ...old } =
      (await env.CACHE_KV.get<{ ids: string[] }>('operations:liveness', 'json')) ?? {};
    const warm = bench.coldRegistry();
    expect(await warm.find(known[0]?.id ?? '')).toMatchObject({ liveness: { state: 'deprecated' } });
    await env.CACHE_KV.put('operations:liveness', JSON.stringify(old));
    bench.advance(50);
    for (const registry of [warm, bench.coldRegistry()])
      for (const operation of known)
        expect(await registry.find(operation.id)).toMatchObject({
          operation,
          liveness: { state: 'deprecated' },
        });
  });

  test('where KV shows an older overlay after a newer one', async () => {
    const [first, second] = await operationsNamed('Turn', 2);
    if (first === undefined || second === undefined) throw new Error('two operations are needed');
    const admin = adminOf(bench.serving.gateway);
    await admin.publish('ios', '1.0.0', [first]);
    const older = (await env.CACHE_KV.get('operations:liveness')) ?? '';
    await admin.publish('ios', '2.0.0', [second]);
    const registry = bench.coldRegistry();
    expect(await registry.find(second.id)).toMatchObject({ operation: second });
    await env.CACHE_KV.put('operations:liveness', older);
    bench.advance(50);
    bench.calls();
    expect(await registry.find(second.id)).toMatchObject({ operation: second });
    expect(bench.calls()).toEqual({ d1Calls: 0, kvReads: 1 });
  });
});
