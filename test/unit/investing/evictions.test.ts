/**
 * An object that ends between any two steps, with a main API and a D1 that fail, lose answers and hang: nothing is lost,
 * nothing is done twice, and in the end both show what the ledger has.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { OUTCOMES, RestlessWorld } from '../../support/investing/restless-world.ts';

const START_MS = Date.UTC(2026, 10, 26);
const START = START_MS / 1000;
const POOL: PoolTerms = {
  ...{ id: 'pool_a', pool_type: 'public', status: 'active', blockchain: 'ethereum' },
  ...{ token_price: '2', total_tokens: '1000', min_allocation: '10', max_allocation: '1000' },
  ...{ max_participants: null, payment_token: 'USDT', payment_decimals: 6 },
  ...{ registration_start: null, registration_end: null, sale_start: START - 60, sale_end: START + 864_000 },
  ...{ upstream_sold_tokens: '0', upstream_total_raised: '0', upstream_participant_count: 0 },
  ...{ updated_at: START, askedAtMs: 0 },
};
const RUNS = Number(process.env.EVICTION_RUNS ?? 60);

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const outcome = fc.constantFrom(...OUTCOMES);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('invest' as const), user: fc.nat({ max: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('submit' as const), user: fc.nat({ max: 5 }), hash: fc.nat(3) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('evict' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('microtasks' as const), count: fc.nat(12) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constant(1_900_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('catchUp' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Time passes, and the alarm goes off when it is due. */
async function wait(world: RestlessWorld, ms: number): Promise<void> {
  const untilMs = Date.now() + ms;
  while (Date.now() < untilMs) {
    const alarmMs = world.alarmMs ?? untilMs;
    const stepMs = Math.min(untilMs, Math.max(alarmMs, Date.now() + 1)) - Date.now();
    await vi.advanceTimersByTimeAsync(stepMs);
    void world.ring();
    await vi.advanceTimersByTimeAsync(0);
  }
}

async function take(world: RestlessWorld, drawn: Step): Promise<void> {
  switch (drawn.do) {
    case 'invest':
      void world.invest(`user-${drawn.user}`, 'the-key-1');
      break;
    case 'submit': {
      const userId = `user-${drawn.user}`;
      const own = world.ledger.investmentsAfter('', 100).find(({ user_id }) => user_id === userId);
      if (own !== undefined) void world.submit(userId, own.id, `0x${String(drawn.hash).repeat(64)}`);
      break;
    }
    case 'evict':
      world.evict();
      break;
    case 'microtasks':
      for (let turn = 0; turn < drawn.count; turn += 1) await null;
      break;
    case 'wait':
      await wait(world, drawn.ms);
      break;
    case 'catchUp':
      world.catchUp();
      break;
    default:
      drawn satisfies never;
  }
}

test('nothing is lost and nothing is done twice', async () => {
  const drawnWorld = fc.record({
    mainApi: fc.array(outcome, { maxLength: 15 }),
    d1: fc.array(outcome, { maxLength: 15 }),
    steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  });
  await fc.assert(
    fc.asyncProperty(drawnWorld, async ({ mainApi, d1, steps }) => {
      vi.setSystemTime(START_MS);
      const world = new RestlessWorld(POOL);
      world.outcomes.mainApi.push(...mainApi);
      world.outcomes.d1.push(...d1);
      for (const drawn of steps) await take(world, drawn);

      // Both answer again, and nobody calls.
      world.outcomes.mainApi.length = 0;
      world.outcomes.d1.length = 0;
      await wait(world, 900_000);
      world.catchUp();
      await wait(world, 60_000);

      expect(world.faults).toEqual([]);
      expect(world.ledger.check()).toEqual([]);
      const own = world.ledger.investmentsAfter('', 100);
      const shown = new Map(world.shown('user_investment_cache').map((row) => [row.id, row]));
      expect(shown.size).toBe(own.length);
      for (const row of own) expect(shown.get(row.id)).toMatchObject(row);
      expect([...world.applied.keys()].toSorted()).toEqual(own.map(({ id }) => id).toSorted());
      for (const sequences of world.applied.values())
        expect(sequences).toEqual(sequences.map((_, at) => at + 1));
      expect(world.ledger.due(100)).toEqual([]);
      const head = world.ledger.head();
      const [pool] = world.shown('ido_pool_cache');
      expect([pool?.ledger_sequence, pool?.ledger_hash, pool?.ledger_outbox_since]).toEqual(
        own.length === 0 && head === null ? [null, null, null] : [head?.sequence, head?.hash, null],
      );
      const users = own.map(({ user_id }) => user_id);
      expect(new Set(users).size).toBe(users.length);
    }),
    { numRuns: RUNS },
  );
});
