/** Registrations and claims on their way to a main API that is down, or refuses them. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { CRONS } from '../../support/gateway.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
/** The longest pause between two calls, and its lease. */
const RETRY_SECONDS = 400;
const TRACE = { requestId: 'req-1', traceparent: null };

let sale: TestSale;
let notices: string[];
beforeEach(() => {
  notices = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    if (JSON.parse(line).event.startsWith('investing.')) notices.push(line);
  });
});
afterEach(() => void vi.restoreAllMocks());

/** The sequences that the main API has applied, of each thing that it was handed. */
async function applied(kind: 'registrations' | 'claims'): Promise<number[][]> {
  const { [kind]: handed = {} } = await sale.market.handovers();
  return Object.values(handed).map(({ applied: sequences }) => sequences);
}

describe('a registration', () => {
  beforeEach(async () => {
    sale = await openSale({ pool_type: 'whitelist', registration_start: 1, registration_end: 9_999_999_999 });
  });
  const register = async () =>
    sale.ledger.register({ pool: await sale.terms(), userId: 'ann', trace: TRACE });
  const registeredAt = () =>
    env.DB.prepare('SELECT registered_at FROM pool_member WHERE pool_id = ?')
      .bind(sale.poolId)
      .first<number>('registered_at');

  test('is shown at once, and handed over once when the main API is back', async () => {
    await sale.market.fault({ route: 'create-registration', kind: '503' });
    expect(await register()).toBeNull();
    const at = await registeredAt();
    expect(at).toBe(sale.market.startAt);
    await sale.pass(HOUR_SECONDS);
    expect(await applied('registrations')).toEqual([]);
    await sale.market.clearFaults();
    await sale.pass(RETRY_SECONDS);
    expect(await register()).toBeNull();
    await sale.settle();
    expect(await applied('registrations')).toEqual([[1]]);
    expect(await registeredAt()).toBe(at);
  });

  test('that the main API refuses is taken back, and a person is told without names', async () => {
    await sale.market.refuse({ route: 'create-registration', userId: 'ann', message: 'ann@example.com' });
    expect(await register()).toBeNull();
    await sale.settle();
    expect(await registeredAt()).toBeNull();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('investing.registration_refused');
    expect(notices[0]).not.toMatch(/"ann|example/);
  });
});

describe('a claim', () => {
  let investment: InvestmentRow;
  beforeEach(async () => {
    sale = await openSale();
    const { id } = await sale.invest('ann', '200');
    await sale.submit({ id, user_id: 'ann' } as InvestmentRow);
    await sale.settle();
    await sale.gateway.advance(HOUR_SECONDS);
    await sale.gateway.scheduled(CRONS.pools);
    await sale.gateway.advance(3 * DAY_SECONDS);
    await sale.gateway.scheduled(CRONS.pools);
    investment = (await sale.shown({ id })) as InvestmentRow;
    expect(Number(investment.claimable_amount)).toBeGreaterThan(0);
  });
  const claim = async () =>
    sale.ledger.claim({ pool: await sale.terms(), userId: 'ann', investment, trace: TRACE });
  const listed = async () =>
    (
      await env.DB.prepare("SELECT kind FROM investment_transaction WHERE kind = 'claim'").all<{
        kind: string;
      }>()
    ).results.length;

  test('is made once, however often it is asked for and however often its answer is lost', async () => {
    await sale.market.fault({ route: 'create-claim', kind: 'dropped', times: 3 });
    expect(await claim()).toMatchObject({ investment: { claim_level: investment.claimable_amount } });
    expect(await claim()).toMatchObject({ code: 'NOTHING_TO_CLAIM' });
    expect(await sale.shown(investment)).toMatchObject({ claim_level: investment.claimable_amount });
    expect(await listed()).toBe(1);
    await sale.pass(60);
    expect(await applied('claims')).toEqual([[1]]);
    expect(await sale.upstream(investment)).toMatchObject({ total_claimed: investment.claimable_amount });
    expect(notices).toEqual([]);
  });

  test('that the main API refuses can be made again', async () => {
    await sale.market.refuse({ route: 'create-claim', times: 1 });
    await claim();
    await sale.settle();
    expect(await sale.shown(investment)).toMatchObject({ claim_level: '0' });
    expect([await listed(), notices.length]).toEqual([0, 1]);
    expect(await claim()).toMatchObject({ investment: { claim_level: investment.claimable_amount } });
    await sale.settle();
    expect(await applied('claims')).toContainEqual([1]);
  });
});
