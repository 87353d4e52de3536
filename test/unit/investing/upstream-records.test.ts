import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { HALF_HOUR, LedgerWorld, outcomeOf } from '../../support/ledger.ts';

let world: LedgerWorld;
let investment: InvestmentRow;
beforeEach(() => {
  world = new LedgerWorld();
  investment = world.allocated('ann', '100');
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const balances = () => world.ledger.balances();
const status = () => world.state(investment).status;

describe('a confirmation', () => {
  test('counts also behind a record whose time is in the future', () => {
    world.submit(investment);
    world.deliver();
    const year = 31_536_000;
    world.record(investment, { sequence: 2, updated_at: world.nowSeconds + year });
    world.pass(60);
    world.record(investment, { status: 'confirmed', sequence: 2 });
    expect(world.state(investment).status).toBe('confirmed');
    world.pass(60);
    world.record(investment, { status: 'refunded', sequence: 2 });
    expect(world.state(investment).status).toBe('refunded');
    world.record(investment, { status: 'confirmed', sequence: 2, updated_at: world.nowSeconds - 60 });
    expect(world.state(investment).status).toBe('refunded');
  });

  test('wins over a reservation that was never paid here', () => {
    world.record(investment, { status: 'confirmed', transaction_hash: '0xc3' });
    expect(world.state(investment)).toMatchObject({
      status: 'confirmed',
      transaction_hash: '0xc3',
      reservation_expires_at: null,
    });
    expect(outcomeOf(world.invest('ann', '20', { idempotencyKey: 'key-two' }))).toBe('pending');
  });

  test('wins over an investment that has failed', () => {
    world.pass(HALF_HOUR);
    world.ledger.tick();
    world.record(investment, { status: 'confirmed' });
    expect(world.state(investment)).toMatchObject({ status: 'confirmed', failure: null });
    expect(balances()).toMatchObject({ 'tokens:sold': '200', 'tokens:unsold': '800', 'money:paid': '100' });
    expect(world.ledger.takeNotices()).toEqual([]);
  });

  test('ends what is owed back', () => {
    world.pass(HALF_HOUR);
    world.change({ total_tokens: '100' });
    world.submit(investment);
    expect(balances()['money:owed']).toBe('100');
    world.record(investment, { status: 'confirmed' });
    expect(world.state(investment)).toMatchObject({ status: 'confirmed', refund_due: 0 });
    expect(balances()).toMatchObject({ 'money:owed': '0', 'money:paid': '100' });
  });

  test('beyond the total is recorded as an adjustment, and told to a person', () => {
    world.pass(HALF_HOUR);
    world.change({ total_tokens: '150' });
    world.ledger.takeNotices();
    world.record(investment, { status: 'confirmed' });
    expect(balances()).toMatchObject({
      'tokens:sold': '200',
      'tokens:unsold': '0',
      'tokens:outside': '-200',
    });
    expect(world.ledger.takeNotices()).toMatchObject([
      { kind: 'over_allocated', investment_id: investment.id },
    ]);
    expect(world.ledger.exportEntries(0, 99)).toContain(
      '"reason":"confirmed beyond the total","sequence":"5","source":"main-api"',
    );
    expect(outcomeOf(world.invest('bob', '20'))).toBe('SOLD_OUT');
  });

  test('drops what waits to be handed over', () => {
    world.submit(investment);
    world.record(investment, { status: 'confirmed' });
    expect(world.ledger.due(9)).toEqual([]);
  });

  test('counts once', () => {
    world.record(investment, { status: 'confirmed' });
    const head = world.ledger.head();
    world.record(investment, { status: 'confirmed' });
    expect(world.ledger.head()).toEqual(head);
  });
});

describe('a failure', () => {
  test('of a payment frees the tokens, is a strike, and makes a refund due', () => {
    world.submit(investment);
    world.record(investment, { status: 'failed', sequence: 2 });
    expect(world.state(investment)).toMatchObject({ status: 'failed', failure: 'REFUSED', refund_due: 1 });
    expect(balances()).toMatchObject({ 'tokens:unsold': '1000', 'money:owed': '100' });
    expect(outcomeOf(world.invest('ann', '20', { idempotencyKey: 'key-two' }))).toBe('RESERVATION_LIMIT');
    world.pass(HALF_HOUR);
    expect(outcomeOf(world.invest('ann', '20', { idempotencyKey: 'key-two' }))).toBe('pending');
  });

  test('of an unpaid reservation is no strike', () => {
    world.record(investment, { status: 'failed' });
    expect(world.state(investment)).toMatchObject({ failure: 'REFUSED', refund_due: 0 });
    expect(outcomeOf(world.invest('ann', '20', { idempotencyKey: 'key-two' }))).toBe('pending');
  });

  test('of an earlier payment does not fail a later one', () => {
    world.submit(investment, '0xa1');
    world.submit(investment, '0xb2');
    world.record(investment, { status: 'failed', sequence: 2 });
    expect(status()).toBe('pending');
    world.record(investment, { status: 'failed', sequence: 3 });
    expect(status()).toBe('failed');
  });

  test('of an earlier payment is passed over once: made-up ones hold the tokens no longer', () => {
    for (const hash of ['0xa1', '0xa2', '0xa3']) world.submit(investment, hash);
    world.deliver();
    world.record(investment, { status: 'failed', sequence: 2 });
    world.record(investment, { status: 'failed', sequence: 2 });
    expect(status()).toBe('pending');
    world.submit(investment, '0xa4');
    world.record(investment, { status: 'failed', sequence: 3 });
    expect(world.state(investment)).toMatchObject({ status: 'failed', failure: 'REFUSED', refund_due: 1 });
    expect(outcomeOf(world.invest('ann', '20', { idempotencyKey: 'key-two' }))).toBe('RESERVATION_LIMIT');
    expect(world.deliver().map(({ body }) => JSON.parse(body).status)).toEqual(['pending', 'failed']);
  });

  test('of one payment after another takes the investment off what the main API counts', () => {
    for (const hash of ['0xa1', '0xa2']) world.submit(investment, hash);
    world.allocated('bob', '50');
    world.deliver();
    world.record(investment, { status: 'failed', sequence: 2 });
    world.pass(1);
    world.record(investment, { status: 'pending', sequence: 3 });
    world.submit(investment, '0xa3');
    world.pass(1);
    world.record(investment, { status: 'failed', sequence: 3 });
    expect(status()).toBe('failed');
    // Bob's 100 tokens, and 30 that others have sold.
    world.change({ upstream_sold_tokens: '130' });
    expect(balances()).toMatchObject({ 'tokens:reserved': '100', 'tokens:elsewhere': '30' });
  });

  test('of a confirmed investment changes nothing, and is told to a person once', () => {
    world.record(investment, { status: 'confirmed' });
    world.pass(1);
    world.record(investment, { status: 'failed', sequence: 9 });
    world.record(investment, { status: 'failed', sequence: 9 });
    expect(status()).toBe('confirmed');
    expect(world.noticeKinds()).toEqual(['upstream_differs']);
  });
});

describe('a refund', () => {
  test('of a confirmed investment frees its tokens', () => {
    world.record(investment, { status: 'confirmed' });
    world.pass(1);
    world.record(investment, { status: 'refunded' });
    expect(world.state(investment)).toMatchObject({ status: 'refunded', refund_due: 0 });
    expect(balances()).toMatchObject({
      'tokens:unsold': '1000',
      'tokens:sold': '0',
      'money:returned': '100',
    });
  });

  test('pays back what was owed', () => {
    world.submit(investment);
    world.record(investment, { status: 'failed', sequence: 2 });
    world.pass(1);
    world.record(investment, { status: 'refunded', sequence: 2 });
    expect(world.state(investment)).toMatchObject({ status: 'refunded', refund_due: 0 });
    expect(balances()).toMatchObject({ 'money:owed': '0', 'money:returned': '100' });
  });

  test('of the same second as a confirmation stays, in either order', () => {
    world.record(investment, { status: 'refunded' });
    world.record(investment, { status: 'confirmed' });
    expect(status()).toBe('refunded');
  });
});

describe('a record', () => {
  test('that is older than the last one changes nothing', () => {
    const old = world.recordOf(investment, { status: 'failed' });
    world.pass(1);
    world.record(investment, { total_claimed: '3' });
    world.ledger.applyRecords([old]);
    expect(world.state(investment)).toMatchObject({ status: 'pending', total_claimed: '3' });
  });

  test('brings what has vested', () => {
    world.record(investment, { status: 'confirmed' });
    world.pass(1);
    world.record(investment, {
      status: 'confirmed',
      claimable_amount: '20',
      total_claimed: '5',
      next_claim_date: 9,
    });
    expect(world.state(investment)).toMatchObject({
      claimable_amount: '20',
      total_claimed: '5',
      next_claim_date: 9,
    });
  });

  test('without a change is no change', () => {
    world.record(investment);
    expect(world.state(investment).revision).toBe(1);
  });

  test('of an investment that the ledger did not make is told to a person once', () => {
    world.record({ ...investment, id: 'other' });
    world.record({ ...investment, id: 'other' });
    expect(world.ledger.takeNotices()).toMatchObject([
      { kind: 'unknown_investment', investment_id: 'other' },
    ]);
  });

  test('with another amount or owner changes neither, and is told to a person', () => {
    world.record(investment, { investment_amount: '99', token_amount: '200.0' });
    expect(world.noticeKinds()).toEqual(['upstream_differs']);
    expect(world.ledger.balances()['money:due']).toBe('100');
  });
});
