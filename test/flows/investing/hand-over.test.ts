/**
 * Investments on their way to a main API that is down, slow, or refuses them: each ends in the right state, exactly once
 * upstream, and nobody has to call for it.
 */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { CRONS } from '../../support/gateway.ts';
import { openSale, type TestSale } from '../../support/sale.ts';
import type { FaultKind } from '../../support/upstream/faults.ts';

const ROUTE = 'create-investment';
const RESERVATION_SECONDS = 1_800;
const HOUR_SECONDS = 3_600;

let sale: TestSale;
let notices: Record<string, unknown>[];
beforeEach(async () => {
  notices = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    const { event, ...fields } = JSON.parse(line);
    if (String(event).startsWith('investing.')) notices.push({ event, ...fields });
  });
  sale = await openSale();
});
afterEach(() => void vi.restoreAllMocks());

/** The sequences of an investment that the main API has applied. */
async function handedOver(investment: Pick<InvestmentRow, 'id'>) {
  const { investments = {} } = await sale.market.handovers();
  const { applied = [], ignored = [], refused = [] } = investments[investment.id] ?? {};
  return { applied, ignored, refused };
}
const inOrder = (last: number) => ({
  applied: Array.from({ length: last }, (_, at) => at + 1),
  ignored: [],
  refused: [],
});

/** Time passes until the main API has confirmed payments, and a sync has read it. */
async function confirmed() {
  await sale.pass(600);
  await sale.gateway.scheduled(CRONS.pools);
  await sale.settle();
}

/**
 * Each entry of the ledger, by its kind, without what others sell: a snapshot may count a confirmed investment once more,
 * until the next sync.
 */
async function kinds(): Promise<string[]> {
  const lines = (await sale.ledger.exportEntries(0, 10_000)).trimEnd().split('\n');
  return lines.map((line): string => JSON.parse(line).kind).filter((kind) => kind !== 'elsewhere');
}

describe('an investment', () => {
  test('is handed over at once, and shown by D1 and the main API as it is', async () => {
    const investment = await sale.invest('ann', '200');
    expect(await sale.shown(investment)).toMatchObject({
      status: 'pending',
      token_amount: '100',
      revision: investment.revision,
      reservation_expires_at: sale.market.startAt + RESERVATION_SECONDS,
    });
    await sale.settle();
    expect(await handedOver(investment)).toEqual(inOrder(1));
    expect(await sale.upstream(investment)).toMatchObject({ status: 'pending', token_amount: '100' });

    await sale.submit(investment);
    await sale.settle();
    expect(await handedOver(investment)).toEqual(inOrder(2));
    await confirmed();
    expect(await sale.shown(investment)).toMatchObject({ status: 'confirmed', refund_due: 0 });
    expect(await kinds()).toEqual(['open', 'reserve', 'submit', 'pay']);
  });

  test('that runs out is released by the alarm, in D1 and upstream', async () => {
    const investment = await sale.invest('ann', '200');
    await sale.pass(RESERVATION_SECONDS + 5);
    expect(await sale.shown(investment)).toMatchObject({ status: 'failed', failure: 'EXPIRED' });
    expect(await sale.upstream(investment)).toMatchObject({ status: 'failed' });
    expect(await handedOver(investment)).toEqual(inOrder(2));
    expect(await kinds()).toEqual(['open', 'reserve', 'expire']);
  });
});

describe.each<FaultKind>(['reset', '500', '503', '429', 'truncated', 'dropped', 'wrong-shape'])(
  'a main API that is down for an hour (%s), while nobody calls',
  (kind) => {
    test('gets everything once, in order, when it is back', async () => {
      await sale.market.fault({ route: ROUTE, kind });
      const paid = await sale.invest('ann', '200');
      const left = await sale.invest('bob', '100');
      await sale.submit(paid);
      await sale.pass(HOUR_SECONDS / 2);
      await evictDurableObject(sale.ledger);
      await sale.pass(HOUR_SECONDS / 2);
      expect(await sale.shown(paid)).toMatchObject({ status: 'pending' });
      expect(await sale.shown(left)).toMatchObject({ status: 'failed', failure: 'EXPIRED' });

      await sale.market.clearFaults();
      // The longest pause between two calls, once for each call.
      await sale.pass(3 * 300 + 60);
      expect(await handedOver(paid)).toEqual(inOrder(2));
      expect(await handedOver(left)).toEqual(inOrder(2));
      expect(await sale.upstream(left)).toMatchObject({ status: 'failed' });
      await confirmed();
      expect(await sale.shown(paid)).toMatchObject({ status: 'confirmed' });
      expect(await sale.upstream(paid)).toMatchObject({ status: 'confirmed' });
      expect(notices).toEqual([]);
    });
  },
);

test('a slow main API delays no answer, and gets each version once', async () => {
  await sale.market.fault({ route: ROUTE, kind: 'slow', latencyMs: 700 });
  const investments = await Promise.all(
    ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gus'].map((user) => sale.invest(user, '20')),
  );
  // Nothing has been answered yet: the calls are still under way.
  for (const { id } of investments) expect(await sale.shown({ id })).toMatchObject({ status: 'pending' });
  await Promise.all(investments.map((investment) => sale.submit(investment)));
  await sale.settle();
  await sale.market.clearFaults();
  await sale.settle();
  for (const investment of investments) expect(await handedOver(investment)).toEqual(inOrder(2));
});

describe('a refusal for good', () => {
  test('of a reservation fails it, and its tokens are for sale again', async () => {
    await sale.market.refuse({ route: ROUTE, userId: 'ann', code: 'BLOCKED' });
    const refused = await sale.invest('ann', '1000');
    await sale.settle();
    expect(await sale.shown(refused)).toMatchObject({ status: 'failed', failure: 'REFUSED', refund_due: 0 });
    // The pool's figures are written once a second at most.
    await sale.pass(2);
    const { data } = await sale.gateway.query<{ idoPool: { soldTokens: string } }>(
      'query ($id: ID!) { idoPool(id: $id) { soldTokens } }',
      { id: btoa(`IdoPool:${sale.poolId}`).replace(/=+$/, '') },
    );
    expect(data.idoPool.soldTokens).toBe('0');
    await sale.invest('bob', '1000');
    await sale.invest('cid', '1000');
    expect(await kinds()).toEqual(['open', 'reserve', 'refuse', 'reserve', 'reserve']);
    expect(notices.map(({ event }) => event)).toContain('investing.refused');
    expect(JSON.stringify(notices)).not.toContain('ann');
  });

  test('of a payment fails it, and marks a refund', async () => {
    const investment = await sale.invest('ann', '200');
    await sale.settle();
    await sale.market.refuse({ route: ROUTE, paid: true, investmentId: investment.id });
    await sale.submit(investment);
    await sale.settle();
    expect(await sale.shown(investment)).toMatchObject({
      status: 'failed',
      failure: 'REFUSED',
      refund_due: 1,
    });
    expect(await handedOver(investment)).toMatchObject({ applied: [1], refused: [2] });
    expect((await kinds()).slice(0, 4)).toEqual(['open', 'reserve', 'submit', 'refuse']);
    // The main API gives the money back, and a sync reads it.
    await sale.pass(HOUR_SECONDS + 60);
    await sale.gateway.scheduled(CRONS.pools);
    await sale.settle();
    expect(await sale.shown(investment)).toMatchObject({ status: 'refunded', refund_due: 0 });
  });

  test('of a reservation whose payment waits behind it marks a refund too', async () => {
    await sale.market.fault({ route: ROUTE, kind: '503' });
    const investment = await sale.invest('ann', '200');
    await sale.submit(investment);
    await sale.market.clearFaults();
    await sale.market.refuse({ route: ROUTE, userId: 'ann' });
    await sale.pass(900);
    expect(await sale.shown(investment)).toMatchObject({
      status: 'failed',
      failure: 'REFUSED',
      refund_due: 1,
    });
  });
});

test('D1 that fails delays no investment, and gets its rows when it is back', async () => {
  await env.DB.exec(
    "CREATE TRIGGER broken BEFORE INSERT ON user_investment_cache BEGIN SELECT RAISE(ABORT, 'D1 is broken'); END",
  );
  const investment = await sale.invest('ann', '200');
  expect(await sale.shown(investment)).toBeNull();
  await env.DB.exec('DROP TRIGGER broken');
  await sale.pass(90);
  expect(await sale.shown(investment)).toMatchObject({ status: 'pending' });
});
