import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejection } from '../../../src/auth/rejection.ts';
import { HALF_HOUR, investmentOf, LedgerWorld, outcomeOf, SALE_SECONDS } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld({ max_participants: 2 });
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const forbidden = rejection('KYC_REQUIRED', 'Identify yourself.');
const key = (idempotencyKey: string) => ({ idempotencyKey });

test('a key that allocated leads to the same investment for ever', () => {
  const first = world.allocated('ann', '100', 'key-one');
  expect(investmentOf(world.invest('ann', '100', key('key-one'))).id).toBe(first.id);
  world.pass(10 * SALE_SECONDS);
  const again = investmentOf(world.invest('ann', '100', key('key-one')));
  expect(again).toMatchObject({ id: first.id, status: 'failed', failure: 'EXPIRED' });
});

test('a known key is answered although the viewer may not invest any more', () => {
  const first = world.allocated('ann', '100', 'key-one');
  const again = world.invest('ann', '100', { ...key('key-one'), refusal: forbidden });
  expect(investmentOf(again).id).toBe(first.id);
  expect(outcomeOf(world.invest('ann', '50', { ...key('key-two'), refusal: forbidden }))).toBe(
    'KYC_REQUIRED',
  );
});

test.each(['100.0', '100.', '0100', '100.000000000000000000'])('100 and %s are one amount', (amount) => {
  const first = world.allocated('ann', '100', 'key-one');
  expect(investmentOf(world.invest('ann', amount, key('key-one'))).id).toBe(first.id);
});

test('another amount under a key is refused', () => {
  world.allocated('ann', '100', 'key-one');
  expect(outcomeOf(world.invest('ann', '100.1', key('key-one')))).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(outcomeOf(world.invest('ann', 'much', key('key-one')))).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('two people may choose the same key', () => {
  const first = world.allocated('ann', '100', 'key-one');
  expect(world.allocated('bob', '100', 'key-one').id).not.toBe(first.id);
});

describe('a refusal that sticks', () => {
  test('SOLD_OUT, although there are tokens again', () => {
    world = new LedgerWorld({ total_tokens: '200' });
    const ann = world.allocated('ann', '100');
    expect(outcomeOf(world.invest('bob', '20'))).toBe('SOLD_OUT');
    world.pass(HALF_HOUR);
    expect(outcomeOf(world.invest('bob', '20'))).toBe('SOLD_OUT');
    expect(outcomeOf(world.invest('bob', '20', key('key-two')))).toBe('pending');
    expect(world.state(ann).failure).toBe('EXPIRED');
  });

  test('POOL_FULL, although there is a place again', () => {
    world.allocated('ann', '100');
    world.allocated('bob', '100');
    expect(outcomeOf(world.invest('cid', '100'))).toBe('POOL_FULL');
    world.pass(HALF_HOUR);
    expect(outcomeOf(world.invest('cid', '100'))).toBe('POOL_FULL');
    expect(outcomeOf(world.invest('cid', '100', key('key-two')))).toBe('pending');
  });

  test('ABOVE_MAXIMUM, although the maximum is higher now, with the same message', () => {
    const first = world.invest('ann', '201');
    expect(outcomeOf(first)).toBe('ABOVE_MAXIMUM');
    world.pass(1);
    world.change({ max_allocation: '300' });
    expect(world.invest('ann', '201')).toEqual(first);
  });
});

describe('a refusal that leaves the key free', () => {
  test('POOL_NOT_OPEN', () => {
    world.change({ status: 'upcoming', sale_start: world.nowSeconds + 60 });
    expect(outcomeOf(world.invest('ann', '100'))).toBe('POOL_NOT_OPEN');
    world.pass(60);
    expect(outcomeOf(world.invest('ann', '100'))).toBe('pending');
  });

  test('BELOW_MINIMUM and VALIDATION_FAILED', () => {
    expect(outcomeOf(world.invest('ann', '9'))).toBe('BELOW_MINIMUM');
    expect(outcomeOf(world.invest('ann', '9.0000001'))).toBe('VALIDATION_FAILED');
    expect(outcomeOf(world.invest('ann', '10'))).toBe('pending');
  });

  test('RESERVATION_LIMIT', () => {
    world.allocated('ann', '50');
    expect(outcomeOf(world.invest('ann', '60', key('key-two')))).toBe('RESERVATION_LIMIT');
    world.pass(2 * HALF_HOUR);
    expect(outcomeOf(world.invest('ann', '60', key('key-two')))).toBe('pending');
  });

  test('a reason outside of the ledger', () => {
    expect(outcomeOf(world.invest('ann', '60', { refusal: forbidden }))).toBe('KYC_REQUIRED');
    expect(outcomeOf(world.invest('ann', '70'))).toBe('pending');
  });
});
