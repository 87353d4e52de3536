import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HALF_HOUR, LedgerWorld, outcomeOf, SALE_SECONDS, SALE_START } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const balances = () => world.ledger.balances();
const kinds = () => world.ledger.takeNotices().map(({ kind }) => kind);

describe('a cap', () => {
  test('that is lowered takes what is not sold', () => {
    world.allocated('ann', '100');
    world.pass(1);
    world.change({ total_tokens: '500' });
    expect(balances()).toMatchObject({
      'tokens:unsold': '300',
      'tokens:reserved': '200',
      'tokens:outside': '-500',
    });
    expect(kinds()).toEqual(['cap_changed']);
  });

  test('below what is sold touches no allocation, and what comes free is not sold again', () => {
    const investment = world.allocated('ann', '100');
    world.pass(1);
    world.change({ total_tokens: '150' });
    expect(balances()).toMatchObject({
      'tokens:unsold': '0',
      'tokens:reserved': '200',
      'tokens:outside': '-200',
    });
    expect(outcomeOf(world.invest('bob', '10'))).toBe('SOLD_OUT');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    expect(world.state(investment).status).toBe('failed');
    expect(balances()).toMatchObject({ 'tokens:unsold': '150', 'tokens:outside': '-150' });
  });

  test('that is raised is for sale', () => {
    world.pass(1);
    world.change({ total_tokens: '1500.5' });
    expect(balances()['tokens:unsold']).toBe('1500.5');
    expect(world.ledger.exportEntries(1, 9)).toContain('"reason":"cap raised"');
  });
});

describe('a cancelled pool', () => {
  test('ends what is pending, owes back what was told to be paid, and keeps what is confirmed', () => {
    const [unpaid, paid, confirmed] = ['ann', 'bob', 'cid'].map((name) => world.allocated(name, '50'));
    if (unpaid === undefined || paid === undefined || confirmed === undefined)
      throw new Error('no investment');
    world.submit(paid, '0xa1');
    world.record(confirmed, { status: 'confirmed' });
    world.deliver();
    world.pass(1);
    world.change({ status: 'cancelled' });
    expect(world.state(unpaid)).toMatchObject({ status: 'failed', failure: 'POOL_CANCELLED', refund_due: 0 });
    expect(world.state(paid)).toMatchObject({ status: 'failed', failure: 'POOL_CANCELLED', refund_due: 1 });
    expect(world.state(confirmed)).toMatchObject({ status: 'confirmed', refund_due: 0 });
    expect(kinds()).toEqual(['cancelled']);
    expect(world.deliver().map(({ body }) => JSON.parse(body).status)).toEqual(['failed', 'failed']);
    expect(balances()).toMatchObject({ 'money:owed': '50', 'money:due': '0', 'tokens:reserved': '0' });
  });

  test('sells nothing more, is no strike, and takes no late payment', () => {
    const investment = world.allocated('ann', '50');
    world.pass(1);
    world.change({ status: 'cancelled' });
    expect(outcomeOf(world.invest('bob', '50'))).toBe('POOL_NOT_OPEN');
    expect(world.submit(investment)).toMatchObject({
      investment: { failure: 'POOL_CANCELLED', refund_due: 1 },
    });
    expect(world.ledger.projection(9).members).toEqual([]);
  });

  test('with a thousand paid reservations owes back every one', () => {
    world = new LedgerWorld({ total_tokens: '100000' });
    const investments = Array.from({ length: 1000 }, (_, index) => world.allocated(`user-${index}`, '50'));
    for (const [index, investment] of investments.entries()) world.submit(investment, `0x${index}`);
    world.pass(1);
    world.change({ status: 'cancelled' });
    expect(
      world.ledger.projection(1e4).investments.filter(({ refund_due }) => refund_due === 1),
    ).toHaveLength(1000);
    expect(balances()['money:owed']).toBe('50000');
  });
});

describe('a sale', () => {
  test('whose price changes sells at the new one, and leaves the old one to what is allocated', () => {
    const investment = world.allocated('ann', '50');
    world.pass(1);
    world.change({ token_price: '1' });
    expect(world.allocated('bob', '50').token_amount).toBe('50');
    expect(world.state(investment)).toMatchObject({ token_price: '0.5', token_amount: '100' });
    expect(kinds()).toEqual(['price_changed']);
  });

  test('whose times change is open by the new ones', () => {
    world.allocated('ann', '50');
    world.pass(10);
    world.change({ sale_end: SALE_START + 20 });
    expect(kinds()).toEqual(['times_changed']);
    world.pass(10);
    expect(outcomeOf(world.invest('bob', '50'))).toBe('POOL_NOT_OPEN');
  });

  test('that the platform completes early is over, and takes late payments for a day', () => {
    const [ann, bob] = [world.allocated('ann', '50'), world.allocated('bob', '50')];
    world.pass(HALF_HOUR);
    world.change({ status: 'completed' });
    expect(outcomeOf(world.invest('cid', '50'))).toBe('POOL_NOT_OPEN');
    expect(outcomeOf(world.submit(ann))).toBe('pending');
    world.pass(SALE_SECONDS);
    expect(world.submit(bob, '0xb2')).toMatchObject({ investment: { refund_due: 1 } });
  });

  test('that ends is closed once', () => {
    world.pass(SALE_SECONDS);
    expect(world.ledger.nextWakeMs()).toBeLessThanOrEqual(world.nowMs);
    world.ledger.tick();
    world.pass(SALE_SECONDS);
    world.ledger.tick();
    expect(world.ledger.exportEntries(0, 99).match(/"kind":"close"/g)).toHaveLength(1);
  });
});

test('a change before the sale is told to nobody', () => {
  world = new LedgerWorld({ sale_start: SALE_START + 100 });
  world.pass(1);
  world.change({ token_price: '1', total_tokens: '7', sale_end: SALE_START + 1000, status: 'cancelled' });
  expect(kinds()).toEqual([]);
});

test('the ledger of one pool takes no other', () => {
  expect(() => world.change({ id: 'pool-2' })).toThrow('This is the ledger of the pool pool-1.');
});
