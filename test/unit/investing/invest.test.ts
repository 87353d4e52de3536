import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { investmentOf, LedgerWorld, outcomeOf, SALE_SECONDS, SALE_START } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

describe('an allocation', () => {
  test('reserves tokens at the price, and is due for payment', () => {
    const investment = world.allocated('ann', '100.5');
    expect(investment).toMatchObject({
      investment_amount: '100.5',
      token_amount: '201',
      token_price: '0.5',
      status: 'pending',
      reservation_expires_at: SALE_START + 1_800,
      receipt_sequence: 2,
      revision: 1,
      refund_due: 0,
    });
    expect(world.ledger.balances()).toMatchObject({
      'tokens:unsold': '799',
      'tokens:reserved': '201',
      'tokens:outside': '-1000',
      'money:due': '100.5',
      'money:outside': '-100.5',
    });
  });

  test('goes to the main API with the request that made it', () => {
    const { id } = world.allocated('ann', '100');
    const [row] = world.ledger.due(10);
    expect(row).toMatchObject({
      kind: 'investment',
      subject: id,
      sequence: 1,
      trace: { requestId: 'request-1' },
    });
    expect(JSON.parse(row?.body ?? '')).toMatchObject({ id, status: 'pending', sequence: 1, user_id: 'ann' });
  });

  test('outlives the instance that made it', () => {
    const investment = world.allocated('ann', '100');
    world.evict();
    expect(investmentOf(world.invest('ann', '100'))).toEqual(investment);
  });
});

describe('a pool', () => {
  test('sells nothing before its sale, or after', () => {
    world = new LedgerWorld({ sale_start: SALE_START + 10 });
    expect(outcomeOf(world.invest('ann', '100'))).toBe('POOL_NOT_OPEN');
    world.pass(10);
    expect(outcomeOf(world.invest('ann', '100'))).toBe('pending');
    world.pass(SALE_SECONDS - 10);
    expect(outcomeOf(world.invest('bob', '100'))).toBe('POOL_NOT_OPEN');
  });

  test.each([{ token_price: '0' }, { token_price: '0.0' }, { payment_decimals: null }])(
    'with %j is not open',
    (changes) => {
      world = new LedgerWorld(changes);
      expect(outcomeOf(world.invest('ann', '100'))).toBe('POOL_NOT_OPEN');
    },
  );
});
