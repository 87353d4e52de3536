/** Ledgers that are evicted or end while a call is under way: the caller learns that it may ask again, and asking again is safe. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LEDGER_RETRY_SECONDS } from '../../../src/config.ts';
import { ledgersOf } from '../../../src/investing/ledger-client.ts';
import type { LedgerAnswer, PoolLedgerCalls } from '../../../src/investing/pool-ledger.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

let sale: TestSale;
let ledger: PoolLedgerCalls;
beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  sale = await openSale();
  ledger = ledgersOf(env.IDO_MANAGER).ofPool(sale.poolId);
});
afterEach(() => void vi.restoreAllMocks());

async function request(userId: string) {
  const elsewhere = { amount: '0', isParticipant: false };
  const trace = { requestId: 'req-1', traceparent: null };
  return {
    ...{ pool: await sale.terms(), userId, amount: '20', idempotencyKey: 'the-key-1' },
    ...{ refusal: null, elsewhere, trace },
  };
}
/** The object ends, as it does when its machine does: all that is under way is lost. */
const end = () =>
  runInDurableObject(sale.ledger, (_, state) => state.abort('the machine has ended')).catch(() => undefined);

const idOf = (answer: LedgerAnswer) => ('investment' in answer ? answer.investment.id : answer.code);

test('an answer that is lost is told as retryable, and the same request gets the same investment', async () => {
  const repeated: string[] = [];
  let lost: unknown = null;
  // An answer may be faster than the end of its object.
  for (let tries = 0; lost === null && tries < 20; tries += 1) {
    const asked = await request(`user-${tries}`);
    const first = ledger.invest(asked).then(idOf, (error: unknown) => {
      lost = error;
    });
    await end();
    const id = await first;
    repeated.push(idOf(await ledger.invest(asked)));
    if (id !== undefined) expect(repeated.at(-1)).toBe(id);
  }
  expect(lost).toMatchObject({
    message: expect.stringContaining('safe to send the same request again'),
    extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: LEDGER_RETRY_SECONDS },
  });
  await sale.settle();
  const { results } = await env.DB.prepare('SELECT id FROM user_investment_cache WHERE pool_id = ?')
    .bind(sale.poolId)
    .all<{ id: string }>();
  expect(results.map(({ id }) => id).toSorted()).toEqual(repeated.toSorted());
});

test('evictions and repetitions at random make one investment of each request', async () => {
  const users = Array.from({ length: 20 }, (_, at) => `user-${at}`);
  const ids = new Map<string, Set<string>>();
  for (let round = 0; round < 4; round += 1) {
    const calls = users.map(async (user) => {
      const answer = await ledger.invest(await request(user)).catch((error: unknown) => {
        expect(error).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' } });
        return null;
      });
      if (answer !== null) ids.set(user, (ids.get(user) ?? new Set()).add(idOf(answer)));
    });
    await (round % 2 === 0 ? end() : evictDurableObject(sale.ledger).catch(() => undefined));
    await Promise.all(calls);
  }
  expect([...ids.values()].map(({ size }) => size)).toEqual(users.map(() => 1));
  for (let wakes = 0; wakes < 10; wakes += 1) await sale.pass(15);
  const { investments = {} } = await sale.market.handovers();
  expect(Object.values(investments).map(({ applied }) => applied)).toEqual(users.map(() => [1]));
  expect(await sale.ledger.head()).toMatchObject({ pool: sale.poolId, sequence: 1 + users.length });
});

test('a call that the main API has stored before the object ended is made again, and changes nothing', async () => {
  await sale.market.fault({ route: 'create-investment', kind: 'slow', latencyMs: 2_000 });
  const investment = await sale.invest('ann', '20');
  // The main API has it, and has not answered.
  await vi.waitFor(async () => expect(await sale.upstream(investment)).not.toBeNull(), { timeout: 10_000 });
  await end();
  await sale.market.clearFaults();
  await sale.pass(90);
  const { investments = {} } = await sale.market.handovers();
  expect(investments[investment.id]).toMatchObject({ applied: [1], repeated: [1] });
});
