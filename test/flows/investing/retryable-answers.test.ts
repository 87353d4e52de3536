/** A pool's ledger that is overloaded, or whose answer is lost: buyers learn that they may ask again, and nothing happens twice. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LEDGER_RETRY_SECONDS } from '../../../src/config.ts';
import {
  faultyObjects,
  type ObjectFault,
  type OlderAnswer,
  platformError,
} from '../../support/faulty-objects.ts';
import {
  type Bought,
  type HttpSale,
  openHttpSale,
  type SaleAnswer,
} from '../../support/investing/http-sale.ts';
import { createInvestor, type Investor } from '../../support/investors.ts';
import { coldIsolate } from '../../support/isolates.ts';

const ORDER = { amount: '100', key: 'intent-1' };
const HASH = `0x${'a1'.repeat(32)}`;

let sale: HttpSale;
let ann: Investor;
/** Of the next call that it is about. */
let fault: ObjectFault | OlderAnswer | null;

beforeEach(async () => {
  fault = null;
  const ledgers = faultyObjects(env.IDO_MANAGER, (call) => {
    if (fault?.call !== call) return null;
    const taken = fault;
    fault = null;
    return taken;
  });
  sale = await openHttpSale({ max_allocation: null }, { IDO_MANAGER: ledgers });
  ann = await createInvestor('ann');
});
afterEach(() => {
  vi.useRealTimers();
  coldIsolate();
});

const FAULTS: [string, Omit<ObjectFault, 'call'>][] = [
  ['that is overloaded', { kind: 'refused', error: platformError('overloaded', { overloaded: true }) }],
  [
    'that moves before it is asked',
    { kind: 'refused', error: platformError('moved', { retryable: true, durableObjectReset: true }) },
  ],
  ['whose answer is lost', { kind: 'lost', error: platformError('Network connection lost.') }],
  [
    'that breaks off after it has recorded',
    { kind: 'lost', error: platformError('reset', { durableObjectReset: true }) },
  ],
];

describe.each(FAULTS)('a ledger %s', (_, how) => {
  test('is told as 503 of an investment, which happens once when it is asked for again', async () => {
    fault = { ...how, call: 'invest' };
    expectRetryable(await sale.invest(ann, ORDER));
    const second = await sale.invest(ann, ORDER);
    // The first request has made it, unless the ledger was not asked.
    expect(second).toMatchObject({ created: how.kind === 'refused' });
    const first = bought(second);
    expect(first).toMatchObject({ status: 'PENDING', amount: '100', tokenAmount: '50' });
    const third = await sale.invest(ann, ORDER);
    expect(third).toMatchObject({ created: false });
    expect(bought(third)).toEqual(first);
    expect(await storedInvestments()).toEqual([{ user_id: 'ann', transaction_hash: null }]);
  });

  test('is told as 503 of a payment, which is recorded once when it is asked for again', async () => {
    const { id: investmentId } = bought(await sale.invest(ann, ORDER));
    const payment = { investmentId, hash: HASH };
    fault = { ...how, call: 'submit' };
    expectRetryable(await sale.pay(ann, payment));
    const second = await sale.pay(ann, payment);
    expect(second).toMatchObject({ created: false });
    const first = bought(second);
    expect(first).toMatchObject({ status: 'PENDING', transactionHash: HASH });
    expect(bought(await sale.pay(ann, payment))).toEqual(first);
    await sale.settle();
    expect(await storedInvestments()).toEqual([{ user_id: 'ann', transaction_hash: HASH }]);
    const { investments } = await sale.market.handovers();
    expect(Object.values(investments ?? {})).toHaveLength(1);
  });
});

test('of equal requests at once, exactly one has made the investment', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => sale.invest(ann, ORDER)));
  expect(new Set(answers.map((answer) => bought(answer).id)).size).toBe(1);
  expect(answers.filter((answer) => 'created' in answer && answer.created)).toHaveLength(1);
  expect(await sale.invest(ann, { ...ORDER, amount: '200' })).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  // Other people, and other keys, are other investments.
  expect(await sale.invest(await createInvestor('bob'), ORDER)).toMatchObject({ created: true });
});

test('a ledger of an older version does not tell that an investment is new', async () => {
  fault = { call: 'invest', kind: 'older', without: 'created' };
  const answer = await sale.invest(ann, ORDER);
  expect(answer).toMatchObject({ created: false, status: 200, investment: { status: 'PENDING' } });
});

test('a refusal that sticks is the same after an answer was lost', async () => {
  const order = { amount: '2001', key: 'far too much' };
  fault = { call: 'invest', kind: 'lost', error: platformError('Network connection lost.') };
  expectRetryable(await sale.invest(ann, order));
  expect(await sale.invest(ann, order)).toMatchObject({ code: 'SOLD_OUT', status: 200 });
  expect(await storedInvestments()).toEqual([]);
});

test('an error of the ledger itself is not told as retryable, and says nothing of its reason', async () => {
  fault = { call: 'invest', kind: 'refused', error: new Error('a secret of the ledger') };
  const answer = await sale.invest(ann, ORDER);
  expect(answer).toMatchObject({ status: 500, code: 'INTERNAL_SERVER_ERROR', retryAfter: null });
  expect(JSON.stringify(answer)).not.toContain('secret');
});

function expectRetryable(answer: SaleAnswer): void {
  expect(answer).toMatchObject({
    status: 503,
    code: 'SERVICE_UNAVAILABLE',
    retryAfter: String(LEDGER_RETRY_SECONDS),
    message: expect.stringContaining('safe to send the same request again'),
  });
}

function bought(answer: SaleAnswer): Bought {
  if ('code' in answer) throw new Error(`${answer.code}: ${answer.message}`);
  return answer.investment;
}

const storedInvestments = async () =>
  (
    await env.DB.prepare('SELECT user_id, transaction_hash FROM user_investment_cache WHERE pool_id = ?')
      .bind(sale.poolId)
      .all()
  ).results;
