/** A sale as its buyer reads it: the screen of the pool, their investments, transactions and portfolio. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { ask } from '../../support/accounts.ts';
import { claimTokens, invest, submitPayment, transactionHashOf } from '../../support/ask-to-invest.ts';
import { CRONS } from '../../support/gateway.ts';
import { createInvestor, type Investor, signedInAgain } from '../../support/investors.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

const DAY_SECONDS = 86_400;

let sale: TestSale;
let ann: Investor;
let poolId: string;

async function enter(fields: Record<string, unknown> = {}): Promise<void> {
  sale = await openSale({ max_allocation: '500', project_id: 'prj_bitcoin', ...fields });
  await sale.gateway.scheduled(CRONS.projects);
  await sale.gateway.scheduled(CRONS.prices);
  poolId = encodeGlobalId('IdoPool', sale.poolId);
  ann = await createInvestor(`ann-${crypto.randomUUID()}`);
}
beforeEach(() => enter());
afterEach(() => vi.useRealTimers());

async function read<Data>(operation: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const { data, errors } = await ask<Data>(sale.gateway, operation, variables, ann);
  expect(errors).toBeUndefined();
  return data;
}

interface Screen {
  idoPool: {
    soldTokens: string;
    ledgerHead: { sequence: number } | null;
    viewerState: {
      registered: boolean;
      eligible: boolean;
      openReservation: { id: string } | null;
      invested: string;
      remainingAllocation: string;
    };
  };
}
const screen = async () => (await read<Screen>('InvestScreen', { id: poolId })).idoPool;

interface Own {
  viewer: {
    investments: { nodes: { status: string; claimableAmount: string; totalClaimed: string }[] };
    transactions: {
      nodes: { kind: string; amount: string; token: string; transactionHash: string | null }[];
    };
    portfolio: { holdings: { symbol: string; tokenAmount: string; invested: unknown[] }[] };
  };
}
const transactions = async () => (await read<Own>('MyTransactions')).viewer.transactions.nodes;
const holdings = async () => (await read<Own>('Portfolio')).viewer.portfolio.holdings;
const newest = async () => (await read<Own>('MyInvestments', { first: 1 })).viewer.investments.nodes[0];

async function buy(amount: string): Promise<string> {
  const idempotencyKey = crypto.randomUUID();
  const { investment, code } = await invest(sale.gateway, ann, { poolId, amount, idempotencyKey });
  if (investment === undefined) throw new Error(`rejected: ${code}`);
  return investment.id;
}

/** Time passes, and a sync follows. */
async function pass(seconds: number): Promise<void> {
  await sale.pass(seconds);
  await sale.gateway.scheduled(CRONS.pools);
  await sale.pass(2);
  ann = await signedInAgain(ann);
}

test('from the first look to the last claim', async () => {
  expect((await screen()).viewerState).toEqual({
    ...{ registered: false, eligible: true, openReservation: null },
    ...{ invested: '0', remainingAllocation: '500' },
  });
  await expect(buy('500.000001')).rejects.toThrow('ABOVE_MAXIMUM');
  const investmentId = await buy('500');
  // D1 has a pool's figures at most a second later.
  await sale.pass(2);
  expect(await screen()).toMatchObject({
    soldTokens: '250',
    ledgerHead: { sequence: 2 },
    viewerState: { openReservation: { id: investmentId }, invested: '500', remainingAllocation: '0' },
  });
  const transactionHash = transactionHashOf(1);
  await submitPayment(sale.gateway, ann, { investmentId, transactionHash });
  expect((await screen()).viewerState).toMatchObject({
    ...{ openReservation: null, invested: '500', remainingAllocation: '0' },
  });
  expect([await transactions(), await holdings()]).toEqual([[], []]);

  await pass(300);
  expect(await newest()).toMatchObject({ status: 'CONFIRMED', claimableAmount: '0' });
  const payment = { kind: 'PAYMENT', amount: '500', token: 'USDT', transactionHash };
  expect(await transactions()).toMatchObject([payment]);
  expect(await holdings()).toMatchObject([
    { symbol: 'BTC', tokenAmount: '250', invested: [{ token: 'USDT', amount: '500' }] },
  ]);

  await pass(3 * DAY_SECONDS);
  expect(await newest()).toMatchObject({ claimableAmount: '50', totalClaimed: '0' });
  await claimTokens(sale.gateway, ann, investmentId);
  await sale.pass(1);
  const claim = { kind: 'CLAIM', amount: '50', token: 'BTC', transactionHash: null };
  expect(await newest()).toMatchObject({ claimableAmount: '0' });
  expect(await transactions()).toMatchObject([claim, payment]);
  await pass(900);
  expect(await newest()).toMatchObject({ claimableAmount: '0', totalClaimed: '50' });
  expect(await transactions()).toMatchObject([claim, payment]);
});

test('a claim that the main API refuses is gone, and can be made again', async () => {
  const investmentId = await buy('500');
  await submitPayment(sale.gateway, ann, { investmentId, transactionHash: transactionHashOf(1) });
  await pass(300);
  await pass(3 * DAY_SECONDS);
  await sale.market.refuse({ route: 'create-claim', times: 1 });
  const kinds = async () => (await transactions()).map(({ kind }) => kind);
  await claimTokens(sale.gateway, ann, investmentId);
  expect([await kinds(), await newest()]).toMatchObject([['CLAIM', 'PAYMENT'], { claimableAmount: '0' }]);
  await sale.pass(60);
  expect([await kinds(), await newest()]).toMatchObject([['PAYMENT'], { claimableAmount: '50' }]);
  await claimTokens(sale.gateway, ann, investmentId);
  await pass(900);
  expect([await kinds(), await newest()]).toMatchObject([['CLAIM', 'PAYMENT'], { totalClaimed: '50' }]);
});

test('a payment that is given back is in the transactions, and no more in the portfolio', async () => {
  const investmentId = await buy('500');
  await submitPayment(sale.gateway, ann, { investmentId, transactionHash: transactionHashOf(1) });
  await pass(300);
  expect(await holdings()).toHaveLength(1);
  await sale.market.patchPool(sale.poolId, { status: 'cancelled' });
  await pass(7_200);
  expect(await newest()).toMatchObject({ status: 'REFUNDED' });
  expect(await transactions()).toMatchObject([
    { kind: 'REFUND', amount: '500', token: 'USDT', transactionHash: null },
    { kind: 'PAYMENT', amount: '500', token: 'USDT', transactionHash: transactionHashOf(1) },
  ]);
  expect(await holdings()).toEqual([]);
});

test('the amount that is shown as left buys the last piece, and no other does', async () => {
  await enter({ token_price: '3', total_tokens: '100.000000333333333333', min_allocation: '50' });
  await buy('290');
  await sale.pass(2);
  ann = await createInvestor(`bob-${crypto.randomUUID()}`);
  const { remainingAllocation } = (await screen()).viewerState;
  expect(remainingAllocation).toBe('10.000002');
  await expect(buy('10')).rejects.toThrow('BELOW_MINIMUM');
  await expect(buy('50')).rejects.toThrow('SOLD_OUT');
  await buy(remainingAllocation);
  await sale.pass(2);
  expect(await screen()).toMatchObject({
    soldTokens: '100.000000333333333333',
    viewerState: { remainingAllocation: '0' },
  });
});
