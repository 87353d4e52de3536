import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TOLD_PAYMENTS_MAX } from '../../../src/config.ts';
import { HALF_HOUR, LedgerWorld, outcomeOf, SALE_SECONDS } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

describe('a payment that is told of', () => {
  test('holds the tokens, and is not paid before the main API confirms it', () => {
    const investment = world.allocated('ann', '100');
    world.submit(investment, '0xa1');
    world.pass(10 * HALF_HOUR);
    world.ledger.tick();
    expect(world.state(investment)).toMatchObject({
      status: 'pending',
      transaction_hash: '0xa1',
      reservation_expires_at: null,
    });
    expect(world.ledger.balances()).toMatchObject({
      'tokens:reserved': '200',
      'money:submitted': '100',
      'money:paid': '0',
    });
    world.record(investment, {
      status: 'confirmed',
      sequence: 2,
      block_number: 7,
      confirmed_at: world.nowSeconds,
    });
    expect(world.state(investment)).toMatchObject({
      status: 'confirmed',
      block_number: 7,
      confirmed_at: world.nowSeconds,
    });
    expect(world.ledger.balances()).toMatchObject({
      'tokens:sold': '200',
      'money:submitted': '0',
      'money:paid': '100',
    });
  });

  test('is handed over as the next version', () => {
    const { id, ...investment } = world.allocated('ann', '100');
    world.submit({ id, ...investment }, '0xa1');
    const bodies = world.deliver().map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([
      { id, sequence: 1, transaction_hash: null },
      { id, sequence: 2, transaction_hash: '0xa1', status: 'pending' },
    ]);
  });

  test('is replaced by another; both are kept', () => {
    const investment = world.allocated('ann', '100');
    world.submit(investment, '0xa1');
    expect(world.submit(investment, '0xb2')).toMatchObject({ investment: { transaction_hash: '0xb2' } });
    const told = world.ledger.projection(9).toldPayments.map(({ transaction_hash }) => transaction_hash);
    expect(told).toEqual(['0xa1', '0xb2']);
  });

  test('holds nothing for long by ever other made-up hashes, which the main API looks for anew', () => {
    const investment = world.allocated('ann', '100');
    const answers = Array.from({ length: 30 }, (_, at) => {
      world.pass(60);
      const answer = outcomeOf(world.submit(investment, `0x${at}`));
      world.deliver();
      return answer;
    });
    expect(new Set(answers)).toEqual(new Set(['pending']));
    expect(world.state(investment).transaction_hash).toBe(`0x${TOLD_PAYMENTS_MAX - 1}`);
    expect(world.ledger.projection(100).toldPayments).toHaveLength(30);
    expect(world.noticeKinds()).toEqual(['told_too_often']);
    world.record(investment, { status: 'failed', sequence: TOLD_PAYMENTS_MAX + 1 });
    expect(world.state(investment)).toMatchObject({ status: 'failed', failure: 'REFUSED', refund_due: 1 });
    expect(outcomeOf(world.submit(investment, '0xlast'))).toBe('failed');
    expect(world.state(investment)).toMatchObject({ refund_due: 1 });
  });

  test('twice is the same answer, and nothing new', () => {
    const investment = world.allocated('ann', '100');
    const first = world.submit(investment, '0xa1');
    const { sequence } = world.ledger.head() ?? {};
    expect(world.submit(investment, '0xa1')).toEqual(first);
    expect(world.ledger.head()?.sequence).toBe(sequence);
    expect(world.ledger.due(9)).toHaveLength(1);
  });

  test('is told to a person once if it is not confirmed within a day', () => {
    const investment = world.allocated('ann', '100');
    world.submit(investment);
    world.pass(SALE_SECONDS - 1);
    world.ledger.tick();
    expect(world.ledger.takeNotices()).toEqual([]);
    world.pass(1);
    world.ledger.tick();
    world.ledger.tick();
    expect(world.ledger.takeNotices()).toMatchObject([
      { kind: 'not_confirmed', investment_id: investment.id },
    ]);
    expect(world.state(investment).status).toBe('pending');
  });

  test('that is replaced again and again is told to a person a day after the first', () => {
    const investment = world.allocated('ann', '100');
    for (let hours = 0; hours < 24; hours += 3) {
      world.submit(investment, `0x${hours}`);
      world.pass(3 * 3600);
    }
    world.ledger.tick();
    expect(world.ledger.takeNotices()).toMatchObject([{ kind: 'not_confirmed' }]);
  });

  test("for another's investment, or for none, is refused", () => {
    const investment = world.allocated('ann', '100');
    expect(outcomeOf(world.submit({ ...investment, user_id: 'bob' }))).toBe('INVESTMENT_NOT_FOUND');
    expect(outcomeOf(world.submit({ ...investment, id: 'none' }))).toBe('INVESTMENT_NOT_FOUND');
  });

  test('by the hash of another investment is recorded for both, and told to a person', () => {
    const [ann, bob] = [world.allocated('ann', '100'), world.allocated('bob', '100')];
    world.submit(ann, '0xa1');
    expect(outcomeOf(world.submit(bob, '0xa1'))).toBe('pending');
    expect(world.ledger.takeNotices()).toMatchObject([{ kind: 'hash_told_twice', investment_id: bob.id }]);
  });

  test.each(['confirmed', 'refunded'] as const)(
    'when it is %s is recorded, flagged and refused',
    (status) => {
      const investment = world.allocated('ann', '100');
      world.submit(investment, '0xa1');
      world.record(investment, { status, sequence: 2 });
      expect(outcomeOf(world.submit(investment, '0xb2'))).toBe('INVESTMENT_NOT_PENDING');
      expect(outcomeOf(world.submit(investment, '0xb2'))).toBe('INVESTMENT_NOT_PENDING');
      expect(outcomeOf(world.submit(investment, '0xa1'))).toBe(status);
      expect(world.state(investment).transaction_hash).toBe('0xa1');
      expect(world.ledger.takeNotices()).toMatchObject([
        { kind: 'paid_when_over', investment_id: investment.id },
      ]);
      expect(world.ledger.projection(9).toldPayments).toHaveLength(2);
    },
  );
});

describe('a payment for a reservation that ran out', () => {
  test('is allocated again at its own price', () => {
    const investment = world.allocated('ann', '100');
    world.pass(HALF_HOUR);
    world.change({ token_price: '2' });
    const again = world.submit(investment);
    expect(again).toMatchObject({
      investment: {
        status: 'pending',
        failure: null,
        token_amount: '200',
        token_price: '0.5',
        refund_due: 0,
        transaction_hash: '0xa1',
      },
    });
    expect(world.ledger.balances()).toMatchObject({ 'tokens:reserved': '200', 'money:submitted': '100' });
  });

  test('is allocated although another reservation is open, or none may be made', () => {
    const investment = world.allocated('ann', '50');
    world.pass(2 * HALF_HOUR);
    world.allocated('ann', '50', 'key-two');
    expect(outcomeOf(world.submit(investment))).toBe('pending');
    expect(outcomeOf(world.invest('ann', '20', { idempotencyKey: 'key-three' }))).toBe('RESERVATION_LIMIT');
  });

  test('is allocated until a day after the end of the sale', () => {
    const [ann, bob] = [world.allocated('ann', '100'), world.allocated('bob', '100')];
    world.pass(2 * SALE_SECONDS - 1);
    expect(outcomeOf(world.submit(ann))).toBe('pending');
    world.pass(1);
    expect(world.submit(bob, '0xb2')).toMatchObject({
      investment: { status: 'failed', failure: 'EXPIRED', refund_due: 1, transaction_hash: '0xb2' },
    });
    expect(world.ledger.balances()['money:owed']).toBe('100');
  });

  test.each([
    ['no tokens are left', () => world.change({ total_tokens: '50' })],
    ['others have bought them', () => world.change({ upstream_sold_tokens: '900' })],
    ["the person's maximum is reached", () => world.submit(world.allocated('ann', '150', 'key-two'), '0xb2')],
    ['no place is left', () => world.change({ max_participants: 1, upstream_participant_count: 1 })],
    ['the pool is cancelled', () => world.change({ status: 'cancelled' })],
  ])('is owed back if %s', (_reason, happen) => {
    const investment = world.allocated('ann', '100');
    world.pass(2 * HALF_HOUR);
    happen();
    expect(world.submit(investment)).toMatchObject({
      investment: { status: 'failed', failure: 'EXPIRED', refund_due: 1 },
    });
  });

  test('is not allocated again once the main API has refused the investment', () => {
    const investment = world.allocated('ann', '100');
    const [row] = world.ledger.due(1);
    if (row === undefined) throw new Error('nothing is due');
    world.ledger.sending(row);
    world.pass(HALF_HOUR);
    world.ledger.refuse(row, { code: 'CONFLICT', message: 'no' });
    expect(world.submit(investment)).toMatchObject({
      investment: { status: 'failed', failure: 'EXPIRED', refund_due: 1 },
    });
    expect(world.deliver()).toEqual([]);
  });

  test('counts what its owner has in other channels', () => {
    const investment = world.allocated('ann', '100');
    world.pass(HALF_HOUR);
    const elsewhere = { amount: '100.5', isParticipant: true };
    expect(world.submit(investment, '0xa1', elsewhere)).toMatchObject({ investment: { refund_due: 1 } });
  });

  test('stays owed, whatever hash is told next, and is handed over each time', () => {
    const investment = world.allocated('ann', '100');
    world.pass(HALF_HOUR);
    world.change({ total_tokens: '50' });
    world.submit(investment, '0xa1');
    world.pass(1);
    world.change({ total_tokens: '1000' });
    expect(world.submit(investment, '0xb2')).toMatchObject({
      investment: { status: 'failed', refund_due: 1, transaction_hash: '0xb2' },
    });
    expect(world.deliver().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });
});

describe('a payment for an investment that the main API has refused', () => {
  test('is owed back, and not handed over any more', () => {
    const investment = world.allocated('ann', '100');
    const [row] = world.ledger.due(1);
    if (row === undefined) throw new Error('no call');
    world.ledger.refuse(row, { code: 'NO', message: 'no' });
    expect(world.submit(investment)).toMatchObject({ investment: { failure: 'REFUSED', refund_due: 1 } });
    expect(world.ledger.due(9)).toEqual([]);
  });
});
