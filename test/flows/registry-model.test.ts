/** Releases change, operators switch operations off and on, KV lags and loses copies, KV and D1 fail, clients guess: no registered operation is called unknown. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundledRelease, restRelease } from '../../src/operations/manifest.ts';
import { TieredRegistry } from '../../src/operations/registry.ts';
import { MemoryBudget } from '../../src/storage/bounded-memory.ts';
import { ADMIN_KEY, adminOf, operationNamed, type Submitted } from '../support/admin.ts';
import { startServing } from '../support/serving-bench.ts';

const OVERLAY = 'operations:liveness';
const OPERATIONS = 5;
const indexes = [...Array(OPERATIONS).keys()];

const version = fc.constantFrom('1.0.0', '2.0.0');
const step = fc.oneof(
  fc.record({
    kind: fc.constant('publish' as const),
    version,
    carried: fc.subarray(indexes, { minLength: 1 }),
  }),
  fc.record({ kind: fc.constantFrom('rollback' as const, 'retire' as const, 'restore' as const), version }),
  fc.record({ kind: fc.constantFrom('off' as const, 'on' as const), at: fc.constantFrom(...indexes) }),
  fc.record({ kind: fc.constant('guess' as const), times: fc.constantFrom(1, 70) }),
  fc.record({ kind: fc.constant('advance' as const), seconds: fc.constantFrom(1, 50, 61) }),
  fc.record({ kind: fc.constant('overlay lags' as const), isGone: fc.boolean() }),
  fc.record({
    kind: fc.constantFrom('overlay is shown' as const, 'copies are lost' as const, 'cold isolate' as const),
  }),
  fc.record({
    kind: fc.constant('failure' as const),
    of: fc.constantFrom('kv' as const, 'd1' as const, null),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The registry's own KV and D1: what they show and whether they answer is the test's to say. */
function scriptedStores() {
  const stores = {
    failing: null as 'kv' | 'd1' | null,
    /** The overlay that KV shows in place of the last one; undefined if it shows the last one. */
    shown: undefined as string | null | undefined,
    kv: {
      async get(keys: string[], type: 'text') {
        if (stores.failing === 'kv') throw new Error('KV is down');
        const values = new Map(await env.CACHE_KV.get(keys, type));
        if (stores.shown !== undefined && values.has(OVERLAY)) values.set(OVERLAY, stores.shown);
        return values;
      },
      put: (key: string, value: string) => env.CACHE_KV.put(key, value),
    } as unknown as KVNamespace,
    db: new Proxy(env.DB, {
      get(db, property) {
        if (stores.failing === 'd1')
          return () => {
            throw new Error('D1 is down');
          };
        const value: unknown = Reflect.get(db, property);
        return typeof value === 'function' ? value.bind(db) : value;
      },
    }),
  };
  return stores;
}

/** By operation id, the state that it has by its releases, and by operators. */
async function states(): Promise<Map<string, string>> {
  const { results } = await env.DB.prepare(
    `SELECT operation_id AS id,
       iif(max(state = 'published'), iif(off_since IS NULL, 'live', 'off'), 'retired') AS state
     FROM release JOIN publish_operation USING (publish_id) LEFT JOIN operation_steering USING (operation_id)
     WHERE client = 'ios' GROUP BY operation_id`,
  ).all<{ id: string; state: string }>();
  return new Map(results.map(({ id, state }) => [id, state]));
}

async function play(steps: readonly Step[]) {
  const serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  const admin = adminOf(serving.gateway);
  const operations = await Promise.all(indexes.map((at) => operationNamed(`Operation${at}`)));
  await admin.store(operations);
  const stores = scriptedStores();
  let nowMs = serving.market.startAt * 1000;
  const isolate = () =>
    new TieredRegistry({
      ...stores,
      bundled: bundledRelease,
      rest: restRelease,
      memory: new MemoryBudget(),
      nowMs: () => nowMs,
    });
  let registry = isolate();
  let guesses = 0;
  /** Look-ups may be spent: by guesses, or on D1 while it failed. */
  let isSpent = false;

  const perform = async (each: Step) => {
    switch (each.kind) {
      case 'publish':
        return admin.put(
          'ios',
          each.version,
          each.carried.map((at) => (operations[at] as Submitted).id),
          { replace: true },
        );
      case 'rollback':
        return admin.rollback('ios', each.version);
      case 'retire':
        return admin.retire('ios', [each.version], true);
      case 'restore':
        return admin.restore('ios', [each.version]);
      case 'off':
      case 'on':
        return admin.send('POST', `/operations/${each.kind}`, { id: operations[each.at]?.id });
      case 'guess':
        isSpent = true;
        for (let time = 0; time < each.times; time += 1) {
          guesses += 1;
          const id = `${operations[0]?.id.slice(0, 50)}${String(guesses).padStart(21, '0')}`;
          expect([null, 'unavailable', 'failed']).toContain(await registry.find(id));
        }
        return;
      case 'advance':
        nowMs += each.seconds * 1000;
        isSpent = false;
        return;
      case 'overlay lags':
        stores.shown = each.isGone ? null : await env.CACHE_KV.get(OVERLAY);
        return;
      case 'overlay is shown':
        stores.shown = undefined;
        return;
      case 'copies are lost':
        return Promise.all(operations.map(({ id }) => env.CACHE_KV.delete(`operation:${id}`)));
      case 'cold isolate':
        registry = isolate();
        isSpent = false;
        return;
      case 'failure':
        stores.failing = each.of;
        return;
      default:
        throw new Error(`unknown step ${each satisfies never}`);
    }
  };

  for (const each of steps) {
    await perform(each);
    isSpent ||= stores.failing === 'd1';
    for (const id of (await states()).keys()) {
      const found = await registry.find(id);
      expect(found, 'a registered operation is called unknown').not.toBeNull();
      if (!isSpent) expect(found).toMatchObject({ operation: { id } });
    }
  }
  Object.assign(stores, { shown: undefined, failing: null });
  nowMs += 61_000;
  for (const [id, state] of await states())
    expect(await registry.find(id)).toMatchObject({ operation: { id }, liveness: { state } });
}

test('no registered operation is ever called unknown, and a minute later each has its state', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), play), { numRuns: 25 });
});
