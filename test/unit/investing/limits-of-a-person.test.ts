import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HALF_HOUR, LedgerWorld, outcomeOf } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const other = (amount: string, isParticipant = true) => ({ elsewhere: { amount, isParticipant } });
const key = (idempotencyKey: string) => ({ idempotencyKey });

describe('the maximum of a person', () => {
  test('is over all of their investments', () => {
    world.submit(world.allocated('ann', '150'));
    expect(outcomeOf(world.invest('ann', '50.000001', key('key-two')))).toBe('ABOVE_MAXIMUM');
    expect(outcomeOf(world.invest('ann', '50', key('key-three')))).toBe('pending');
  });

  test('counts other channels', () => {
    expect(outcomeOf(world.invest('ann', '51', other('150')))).toBe('ABOVE_MAXIMUM');
    expect(outcomeOf(world.invest('ann', '50', { ...other('150'), ...key('key-two') }))).toBe('pending');
  });

  test('does not count what has failed or was refunded', () => {
    const failed = world.allocated('ann', '150');
    world.pass(2 * HALF_HOUR);
    const refunded = world.allocated('ann', '150', 'key-two');
    world.record(refunded, { status: 'refunded' });
    expect(outcomeOf(world.invest('ann', '200', key('key-three')))).toBe('pending');
    expect(world.state(failed).status).toBe('failed');
  });

  test('is none where the pool has none', () => {
    world = new LedgerWorld({ max_allocation: null });
    expect(outcomeOf(world.invest('ann', '500'))).toBe('pending');
  });
});

describe('the minimum of a person', () => {
  test('is reached by all of their investments together', () => {
    expect(outcomeOf(world.invest('ann', '9.999999'))).toBe('BELOW_MINIMUM');
    world.submit(world.allocated('ann', '10'));
    expect(outcomeOf(world.invest('ann', '1', key('key-two')))).toBe('pending');
    expect(outcomeOf(world.invest('bob', '1', other('9')))).toBe('pending');
  });

  test('does not keep anybody from the last piece', () => {
    world = new LedgerWorld({ total_tokens: '210.3' });
    world.allocated('ann', '100');
    expect(outcomeOf(world.invest('bob', '5.1', key('key-less')))).toBe('BELOW_MINIMUM');
    expect(outcomeOf(world.invest('bob', '10', key('key-more')))).toBe('SOLD_OUT');
    expect(world.allocated('bob', '5.15').token_amount).toBe('10.3');
    expect(world.ledger.balances()['tokens:unsold']).toBe('0');
    expect(outcomeOf(world.invest('cid', '10'))).toBe('SOLD_OUT');
  });
});

describe('participants', () => {
  beforeEach(() => {
    world = new LedgerWorld({ max_participants: 2, upstream_participant_count: 1 });
  });

  test('take one place each, however often they invest', () => {
    world.submit(world.allocated('ann', '50'));
    expect(outcomeOf(world.invest('bob', '50'))).toBe('POOL_FULL');
    expect(outcomeOf(world.invest('ann', '50', key('key-two')))).toBe('pending');
  });

  test('who invest through another channel have their place', () => {
    world.allocated('ann', '50');
    expect(outcomeOf(world.invest('bob', '50', other('20')))).toBe('pending');
  });

  test('whose place a snapshot still counts may take it again', () => {
    world.allocated('ann', '50');
    world.deliver();
    world.pass(1);
    world.change({ upstream_participant_count: 2, upstream_sold_tokens: '100' });
    world.pass(2 * HALF_HOUR);
    expect(outcomeOf(world.invest('bob', '50'))).toBe('POOL_FULL');
    expect(outcomeOf(world.invest('ann', '50', key('key-two')))).toBe('pending');
  });

  test('whose reservation ran out leave their place', () => {
    world.allocated('ann', '50');
    world.pass(HALF_HOUR);
    expect(outcomeOf(world.invest('bob', '50'))).toBe('pending');
  });
});

describe('an amount', () => {
  test.each(['0', '0.0000001', '-5', 'ten', '', '1'.repeat(31)])('of "%s" is refused', (amount) => {
    expect(world.invest('ann', amount)).toMatchObject({
      code: 'VALIDATION_FAILED',
      field: ['input', 'amount'],
    });
  });

  test('that buys no token is refused', () => {
    world = new LedgerWorld({ token_price: '100000000000000', payment_decimals: 6 });
    expect(outcomeOf(world.invest('ann', '0.00001'))).toBe('VALIDATION_FAILED');
  });

  test('may be as fine as the payment token is', () => {
    world = new LedgerWorld({ payment_decimals: 0, total_tokens: '1000' });
    expect(outcomeOf(world.invest('ann', '20.5'))).toBe('VALIDATION_FAILED');
    expect(outcomeOf(world.invest('ann', '20'))).toBe('pending');
  });
});

describe('registration', () => {
  const START = 1_800_000_000;

  test('is needed where a pool has one', () => {
    world = new LedgerWorld({
      registration_start: START - 100,
      registration_end: START + 50,
      sale_start: START + 100,
    });
    expect(world.register('ann')).toBeNull();
    expect(world.register('ann')).toBeNull();
    const rows = world.ledger.due(10);
    expect(rows.map(({ kind }) => kind)).toEqual(['registration']);
    expect(JSON.parse(rows[0]?.body ?? '')).toEqual({
      pool_id: 'pool-1',
      user_id: 'ann',
      registered_at: START,
    });
    world.pass(50);
    expect(world.register('bob')?.code).toBe('POOL_NOT_OPEN');
    world.pass(50);
    expect(outcomeOf(world.invest('bob', '50'))).toBe('NOT_REGISTERED');
    expect(outcomeOf(world.invest('ann', '50'))).toBe('pending');
    expect(outcomeOf(world.invest('cid', '50', other('10')))).toBe('pending');
  });

  test('is over for a person whom the main API refuses', () => {
    world = new LedgerWorld({ registration_start: START - 100, sale_start: START + 100 });
    world.register('ann');
    const [row] = world.ledger.due(1);
    if (row === undefined) throw new Error('no call');
    world.ledger.refuse(row, { code: 'NO', message: 'not this one' });
    expect(world.ledger.projection(9).members).toMatchObject([{ user_id: 'ann', registered_at: null }]);
    expect(world.noticeKinds()).toEqual(['registration_refused']);
  });

  test('is not open where a pool has none, is cancelled or over', () => {
    expect(world.register('ann')?.code).toBe('POOL_NOT_OPEN');
    world = new LedgerWorld({
      registration_start: START - 100,
      sale_start: START + 100,
      status: 'cancelled',
    });
    expect(world.register('ann')?.code).toBe('POOL_NOT_OPEN');
  });
});
