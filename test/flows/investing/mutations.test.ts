/** Registering, investing, paying and claiming, as an app does it by id over HTTP. */
import { listDurableObjectIds } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import {
  ELIGIBILITY_REFRESH_SECONDS,
  IDEMPOTENCY_KEY_MAX_CHARACTERS,
  RATE_LIMITS,
} from '../../../src/config.ts';
import { poolKey } from '../../../src/investing/pool-key.ts';
import { ask } from '../../support/accounts.ts';
import {
  claimTokens,
  invest,
  registerForPool,
  submitPayment,
  transactionHashOf,
} from '../../support/ask-to-invest.ts';
import { CRONS, type TestGateway } from '../../support/gateway.ts';
import { createInvestor, type Investor, insert, signedInAgain } from '../../support/investors.ts';
import type { TestMarket } from '../../support/market.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

const DAY_SECONDS = 86_400;

let sale: TestSale;
let market: TestMarket;
let gateway: TestGateway;
let ann: Investor;
/** The pool's global id. */
let poolId: string;
let keys = 0;
const newKey = () => {
  keys += 1;
  return `intent-${keys}-of-tests`;
};

async function enter(fields: Record<string, unknown> = {}): Promise<void> {
  sale = await openSale({ max_allocation: '500', ...fields });
  ({ market, gateway } = sale);
  poolId = encodeGlobalId('IdoPool', sale.poolId);
  // Counters of limits outlive a test.
  ann = await createInvestor(`ann-${crypto.randomUUID()}`);
}
beforeEach(() => enter());
afterEach(() => vi.useRealTimers());

const errorCodes = async (operation: string, variables: Record<string, unknown>, investor?: Investor) => {
  const { errors } = await ask(gateway, operation, variables, { headers: investor?.headers ?? {} });
  return errors?.map(({ extensions }) => extensions.code);
};

describe('an investment', () => {
  test('is a reservation of half an hour, with the entry of the ledger that allocated it', async () => {
    const { investment } = await invest(gateway, ann, { poolId, amount: '100.5', idempotencyKey: newKey() });
    expect(investment).toMatchObject({
      ...{ status: 'PENDING', amount: '100.5', tokenAmount: '50.25', transactionHash: null },
      ...{ failure: null, refundDue: false, claimableAmount: '0' },
      pool: {
        soldTokens: '50.25',
        viewerState: { invested: '100.5', remainingAllocation: '0', openReservation: { id: investment?.id } },
      },
    });
    expect(Date.parse(investment?.reservationExpiresAt ?? '')).toBe(Date.now() + 1_800_000);
    expect(investment?.receipt).toMatchObject({
      sequence: 2,
      hash: expect.stringMatching(/^[\da-f]{64}$/),
    });
  });

  test('is one for each key, however often and however its amount is written', async () => {
    const idempotencyKey = newKey();
    const asked = ['100', '100.0', '0100.000000'].map((amount) =>
      invest(gateway, ann, { poolId, amount, idempotencyKey }),
    );
    const ids = new Set((await Promise.all(asked)).map(({ investment }) => investment?.id));
    expect(ids.size).toBe(1);
    expect(ids.has(undefined)).toBe(false);
    const other = await invest(gateway, ann, { poolId, amount: '101', idempotencyKey });
    expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    const bob = await createInvestor('bob');
    const bobs = await invest(gateway, bob, { poolId, amount: '101', idempotencyKey });
    expect(bobs.investment?.status).toBe('PENDING');
  });

  test.each([
    [{ amount: '0' }, 'VALIDATION_FAILED', ['input', 'amount']],
    [{ amount: '-10' }, 'VALIDATION_FAILED', ['input', 'amount']],
    [{ amount: '10.0000001' }, 'VALIDATION_FAILED', ['input', 'amount']],
    [{ amount: '9.999999' }, 'BELOW_MINIMUM', ['input', 'amount']],
    [{ amount: '500.000001' }, 'ABOVE_MAXIMUM', ['input', 'amount']],
    [{ idempotencyKey: 'seven77' }, 'VALIDATION_FAILED', ['input', 'idempotencyKey']],
    [
      { idempotencyKey: 'k'.repeat(IDEMPOTENCY_KEY_MAX_CHARACTERS + 1) },
      'VALIDATION_FAILED',
      ['input', 'idempotencyKey'],
    ],
    [{ poolId: encodeGlobalId('IdoPool', 'unknown') }, 'POOL_NOT_FOUND', ['input', 'poolId']],
    [{ poolId: encodeGlobalId('Project', 'a-project') }, 'POOL_NOT_FOUND', ['input', 'poolId']],
    [{ poolId: 'no id' }, 'POOL_NOT_FOUND', ['input', 'poolId']],
  ])('%o is refused', async (fields, code, field) => {
    const input = { poolId, amount: '100', idempotencyKey: newKey(), ...fields };
    expect(await invest(gateway, ann, input)).toMatchObject({ code, field });
  });

  test('needs the permission to invest, and somebody who is signed in', async () => {
    const input = { poolId, amount: '100', idempotencyKey: newKey() };
    const guest = await createInvestor('guest', { permissions: ['read'] });
    expect(await errorCodes('InvestInPool', { input }, guest)).toEqual(['FORBIDDEN']);
    expect(await errorCodes('InvestInPool', { input })).toEqual(['UNAUTHENTICATED']);
  });

  test('needs a verified identity: the main API is asked once where D1 has none', async () => {
    const carl = await createInvestor('carl', { kycLevel: 1 });
    const input = { poolId, amount: '100', idempotencyKey: newKey() };
    await market.setUserStats(carl.id, { kyc_level: 1, permissions: ['invest'] });
    await market.resetCalls();
    expect(await invest(gateway, carl, input)).toMatchObject({ code: 'KYC_REQUIRED' });
    expect((await market.calls()).byRoute['user-stats']).toBe(1);
    await market.setUserStats(carl.id, { kyc_level: 2, permissions: ['invest'] });
    await gateway.advance(1);
    expect((await invest(gateway, carl, input)).investment?.status).toBe('PENDING');
    await market.resetCalls();
    expect((await invest(gateway, carl, input)).investment?.status).toBe('PENDING');
    expect((await market.calls()).byRoute['user-stats']).toBeUndefined();
  });

  test('is limited by user and minute', async () => {
    const input = { poolId, amount: '1', idempotencyKey: newKey() };
    const asked = Array.from({ length: RATE_LIMITS.invest.user + 1 }, () =>
      errorCodes('InvestInPool', { input }, ann),
    );
    const codes = (await Promise.all(asked)).filter((found) => found !== undefined);
    expect(codes).toEqual([['RATE_LIMITED']]);
  });
});

describe('a payment', () => {
  async function reserved(): Promise<string> {
    const { investment } = await invest(gateway, ann, { poolId, amount: '100', idempotencyKey: newKey() });
    return investment?.id ?? '';
  }

  test('that is told of keeps its tokens, and is confirmed by the platform alone', async () => {
    const investmentId = await reserved();
    const transactionHash = transactionHashOf(1);
    const told = await submitPayment(gateway, ann, {
      investmentId,
      transactionHash: transactionHash.toUpperCase().replace('0X', '0x'),
    });
    expect(told.investment).toMatchObject({
      ...{ id: investmentId, status: 'PENDING', transactionHash, reservationExpiresAt: null },
    });
    await sale.settle();
    await gateway.advance(300);
    await gateway.scheduled(CRONS.pools);
    const again = await submitPayment(gateway, ann, { investmentId, transactionHash });
    expect(again.investment).toMatchObject({ status: 'CONFIRMED', transactionHash });
    const other = { investmentId, transactionHash: transactionHashOf(2) };
    expect(await submitPayment(gateway, ann, other)).toMatchObject({ code: 'INVESTMENT_NOT_PENDING' });
    const { data } = await gateway.post<{ node: { status: string } }>(
      { query: `{ node(id: "${investmentId}") { ... on Investment { status } } }` },
      ann.headers,
    );
    expect(data.node).toEqual({ status: 'CONFIRMED' });
  });

  test('is for one of the own investments, with a hash of its blockchain', async () => {
    const investmentId = await reserved();
    const transactionHash = transactionHashOf(2);
    const bob = await createInvestor('bob');
    expect(await submitPayment(gateway, bob, { investmentId, transactionHash })).toMatchObject({
      ...{ code: 'INVESTMENT_NOT_FOUND', field: ['input', 'investmentId'] },
    });
    expect(await submitPayment(gateway, ann, { investmentId: poolId, transactionHash })).toMatchObject({
      code: 'INVESTMENT_NOT_FOUND',
    });
    expect(
      await submitPayment(gateway, ann, { investmentId, transactionHash: 'paid by card' }),
    ).toMatchObject({ code: 'VALIDATION_FAILED', field: ['input', 'transactionHash'] });
  });
});

test('an investment that somebody made up is none, and makes no ledger', async () => {
  const made = `${poolKey('no pool')}-${crypto.randomUUID()}`;
  const investmentId = encodeGlobalId('Investment', made);
  const before = (await listDurableObjectIds(env.IDO_MANAGER)).length;
  const told = { investmentId, transactionHash: transactionHashOf(3) };
  expect(await submitPayment(gateway, ann, told)).toMatchObject({ code: 'INVESTMENT_NOT_FOUND' });
  expect(await claimTokens(gateway, ann, investmentId)).toMatchObject({ code: 'INVESTMENT_NOT_FOUND' });
  expect(await listDurableObjectIds(env.IDO_MANAGER)).toHaveLength(before);
});

test('what has vested is claimed once', async () => {
  const { investment } = await invest(gateway, ann, { poolId, amount: '100', idempotencyKey: newKey() });
  const investmentId = investment?.id ?? '';
  await submitPayment(gateway, ann, { investmentId, transactionHash: transactionHashOf(4) });
  expect(await claimTokens(gateway, ann, investmentId)).toMatchObject({ code: 'NOTHING_TO_CLAIM' });
  await gateway.advance(300);
  await gateway.scheduled(CRONS.pools);
  await gateway.advance(3 * DAY_SECONDS);
  ann = await signedInAgain(ann);
  await gateway.scheduled(CRONS.pools);
  const claimed = await gateway.post(
    {
      query: `mutation { claimTokens(investmentId: "${investmentId}") {
        ... on InvestPayload { created investment { id claimableAmount } } } }`,
    },
    ann.headers,
  );
  expect(claimed.data).toEqual({
    claimTokens: { created: false, investment: { id: investmentId, claimableAmount: '0' } },
  });
  expect(await claimTokens(gateway, ann, investmentId)).toMatchObject({ code: 'NOTHING_TO_CLAIM' });
  await gateway.scheduled(CRONS.pools);
  const { data } = await gateway.post(
    { query: `{ node(id: "${investmentId}") { ... on Investment { totalClaimed claimableAmount } } }` },
    ann.headers,
  );
  expect(data).toEqual({ node: { totalClaimed: '10', claimableAmount: '0' } });
  const { claims = {} } = await market.handovers();
  expect(Object.keys(claims)).toHaveLength(1);
});

describe('a pool', () => {
  test('with a whitelist is for those who registered and were let in', async () => {
    const { startAt: now } = market;
    await enter({
      ...{ pool_type: 'whitelist', status: undefined, sale_start: now + 900 },
      ...{ registration_start: now - 60, registration_end: now + 600 },
    });
    expect(await registerForPool(gateway, ann, encodeGlobalId('IdoPool', 'unknown'))).toMatchObject({
      code: 'POOL_NOT_FOUND',
    });
    const early = { poolId, amount: '100', idempotencyKey: newKey() };
    expect(await invest(gateway, ann, early)).toMatchObject({ code: 'POOL_NOT_OPEN' });
    expect((await registerForPool(gateway, ann, poolId)).pool?.viewerState.registered).toBe(true);
    expect((await registerForPool(gateway, ann, poolId)).pool?.viewerState.registered).toBe(true);
    const bob = await createInvestor('bob');
    await gateway.advance(900);
    expect(await registerForPool(gateway, bob, poolId)).toMatchObject({ code: 'POOL_NOT_OPEN' });
    expect(await invest(gateway, bob, early)).toMatchObject({ code: 'NOT_REGISTERED' });
  });

  test.each(['whitelist', 'private'])(
    'or a %s pool is open to those who were let in a moment ago',
    async (type) => {
      await enter({ pool_type: type });
      const input = { poolId, amount: '100', idempotencyKey: newKey() };
      const refused = type === 'private' ? 'NOT_ELIGIBLE' : 'NOT_REGISTERED';
      expect(await invest(gateway, ann, input)).toMatchObject({ code: refused });
      await market.setEligible(sale.poolId, ann.id, true);
      await gateway.advance(ELIGIBILITY_REFRESH_SECONDS);
      await market.resetCalls();
      expect((await invest(gateway, ann, input)).investment?.status).toBe('PENDING');
      expect((await invest(gateway, ann, input)).investment?.status).toBe('PENDING');
      expect((await market.calls()).byRoute['pool-eligible']).toBe(1);
    },
  );

  test('that the main API cannot be asked about is open to those whom D1 knows', async () => {
    await enter({ pool_type: 'private' });
    await market.fault({ route: 'pool-eligible', kind: '500' });
    const input = { poolId, amount: '100', idempotencyKey: newKey() };
    expect(await invest(gateway, ann, input)).toMatchObject({ code: 'NOT_ELIGIBLE' });
    await insert('pool_eligibility', { pool_id: sale.poolId, user_id: ann.id, eligible: 1, updated_at: 1 });
    expect((await invest(gateway, ann, input)).investment?.status).toBe('PENDING');
  });
});
