/** The registries of cold isolates over the real stores, with a clock that the test drives, and a count of their calls. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { UNNAMED_ID_LOOKUPS_BURST } from '../../src/config.ts';
import { bundledRelease, restRelease } from '../../src/operations/manifest.ts';
import { TieredRegistry } from '../../src/operations/registry.ts';
import { MemoryBudget } from '../../src/storage/bounded-memory.ts';
import { ADMIN_KEY } from './admin.ts';
import { countedD1, countedKv, noCounts } from './counted-bindings.ts';
import { type Serving, startServing } from './serving-bench.ts';

export interface RegistryBench {
  /** A gateway that publishes. */
  serving: Serving;
  coldRegistry(kv?: KVNamespace, db?: D1Database): TieredRegistry;
  /** The calls of all registries since the last time. */
  calls(): { d1Calls: number; kvReads: number };
  nowMs(): number;
  advance(seconds: number): void;
}

export async function startRegistryBench(): Promise<RegistryBench> {
  const serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  const counts = noCounts();
  let nowMs = serving.market.startAt * 1000;
  return {
    serving,
    coldRegistry: (kv = env.CACHE_KV, db = countedD1(env.DB, counts)) =>
      new TieredRegistry({
        db,
        kv: countedKv(kv, counts),
        bundled: bundledRelease,
        rest: restRelease,
        memory: new MemoryBudget(),
        nowMs: () => nowMs,
      }),
    calls() {
      const { d1Calls, kvReads } = counts;
      Object.assign(counts, noCounts());
      return { d1Calls, kvReads };
    },
    nowMs: () => nowMs,
    advance(seconds) {
      nowMs += seconds * 1000;
    },
  };
}

export const madeUpId = () =>
  `sha256:${[...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;

/** Spends all look-ups of ids that the overlay does not name. */
export async function spendLookups(registry: TieredRegistry) {
  for (let time = 0; time < UNNAMED_ID_LOOKUPS_BURST; time += 1)
    expect(await registry.find(madeUpId())).toBeNull();
  expect(await registry.find(madeUpId())).toBe('unavailable');
}
