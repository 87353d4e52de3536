import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PoolTerms } from '../../../src/investing/pool-ledger.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { HALF_HOUR, LedgerWorld, outcomeOf } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld({ max_allocation: null });
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const unsold = () => world.ledger.balances()['tokens:unsold'];
const elsewhere = () => world.ledger.balances()['tokens:elsewhere'];
const figures = () => {
  world.pass(1);
  return world.ledger.projection(0).figures;
};
/** The revision that the ledger has shown in D1 by now. */
const shownRevision = () => figures()?.ledger_revision ?? 0;
const snapshot = (sold: string, changes: Partial<PoolTerms> = {}) =>
  world.change({ upstream_sold_tokens: sold, ...changes });

describe('what others sell', () => {
  test('is for sale no more', () => {
    snapshot('900', { upstream_total_raised: '450', upstream_participant_count: 3 });
    expect(unsold()).toBe('100');
    expect(outcomeOf(world.invest('ann', '60'))).toBe('SOLD_OUT');
    world.allocated('ann', '50', 'key-two');
    expect(figures()).toMatchObject({
      sold_tokens: '1000',
      total_raised: '500',
      participant_count: 4,
      progress_percent: 100,
      total_raised_real: 500,
    });
  });

  test('is for sale again when they refund it', () => {
    snapshot('900');
    world.pass(1);
    snapshot('0');
    expect(unsold()).toBe('1000');
  });

  test('comes from no request: D1 may have a newer snapshot than the ledger has records', () => {
    world.pass(1);
    const pool = {
      ...world.terms,
      upstream_sold_tokens: '1',
      updated_at: world.nowSeconds,
      token_price: '0.25',
    };
    expect(world.invest('ann', '100', { pool })).toMatchObject({ investment: { token_amount: '400' } });
    expect(elsewhere()).toBe('0');
  });

  test('of an older snapshot is ignored', () => {
    world.pass(10);
    snapshot('500');
    snapshot('900', { updated_at: world.nowSeconds - 1 });
    snapshot('900', { askedAtMs: world.nowMs - 1 });
    expect(elsewhere()).toBe('500');
  });

  test('beyond the total is recorded as an adjustment, told to a person, and taken back', () => {
    world.allocated('ann', '50');
    world.deliver();
    world.pass(1);
    snapshot('1150');
    expect(world.ledger.balances()).toMatchObject({ 'tokens:unsold': '0', 'tokens:elsewhere': '1050' });
    expect(world.ledger.takeNotices()).toMatchObject([{ kind: 'over_allocated' }]);
    world.pass(1);
    snapshot('1150');
    expect(world.ledger.takeNotices()).toEqual([]);
    snapshot('1000', { askedAtMs: world.nowMs + 1 });
    expect(world.ledger.balances()).toMatchObject({ 'tokens:unsold': '0', 'tokens:elsewhere': '900' });
  });
});

describe('an investment of the edge', () => {
  let investment: InvestmentRow;
  /** The second in which the main API has stored it. */
  let storedAt: number;
  let revisionBefore: number;
  beforeEach(() => {
    investment = world.allocated('ann', '50');
    revisionBefore = shownRevision();
    world.deliver();
    storedAt = world.nowSeconds;
  });

  test('counts twice until a snapshot is strictly newer than its acknowledgement', () => {
    snapshot('100', { updated_at: storedAt - 1 });
    expect(elsewhere()).toBe('100');
    snapshot('100', { updated_at: storedAt });
    expect(elsewhere()).toBe('100');
    snapshot('100', { updated_at: storedAt + 1 });
    expect(elsewhere()).toBe('0');
    expect(unsold()).toBe('900');
  });

  test('counts once in a snapshot of the same second that was asked for by somebody who knew of it', () => {
    const askedAtRevision = shownRevision();
    snapshot('100', { updated_at: storedAt, askedAtRevision });
    expect(elsewhere()).toBe('0');
  });

  test('counts twice in a snapshot of the same second that was asked for before, whatever its clock says', () => {
    const askedAtRevision = revisionBefore;
    snapshot('100', { updated_at: storedAt, askedAtRevision, askedAtMs: world.nowMs + 1e6 });
    expect(elsewhere()).toBe('100');
  });

  test('counts once, whichever of snapshot and acknowledgement comes first', () => {
    const bob = world.allocated('bob', '50');
    const [row] = world.ledger.due(1);
    if (row === undefined) throw new Error('no call');
    world.ledger.sending(row);
    world.pass(5);
    snapshot('200');
    expect(elsewhere()).toBe('100');
    world.ledger.acknowledge(row, world.recordOf(bob, { updated_at: storedAt + 1 }));
    expect(elsewhere()).toBe('0');
  });

  test('counts once after a lost acknowledgement, by its record', () => {
    const bob = world.allocated('bob', '50');
    world.pass(5);
    snapshot('200');
    expect(elsewhere()).toBe('100');
    world.record(bob, { updated_at: storedAt + 1 });
    expect(elsewhere()).toBe('0');
  });

  test('that ran out is free at once if the snapshot surely has it, and stays free', () => {
    world.pass(1);
    snapshot('100');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    expect([elsewhere(), unsold()]).toEqual(['0', '1000']);
    world.deliver();
    expect([elsewhere(), unsold()]).toEqual(['0', '1000']);
    world.pass(1);
    snapshot('0');
    expect([elsewhere(), unsold()]).toEqual(['0', '1000']);
  });

  test('that ran out counts as sold elsewhere if a snapshot that came later may still have it', () => {
    world.pass(HALF_HOUR);
    world.ledger.tick();
    const [row] = world.ledger.due(1);
    if (row === undefined) throw new Error('no call');
    world.ledger.sending(row);
    world.pass(1);
    snapshot('100');
    expect(elsewhere()).toBe('100');
    world.pass(1);
    world.ledger.acknowledge(row, world.recordOf(investment, { status: 'failed', sequence: 2 }));
    expect(elsewhere()).toBe('100');
    world.pass(1);
    snapshot('0');
    expect(elsewhere()).toBe('0');
  });

  test('that is allocated again is not counted by a snapshot from between', () => {
    world.pass(1);
    snapshot('100');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    world.deliver();
    world.submit(investment);
    expect([elsewhere(), unsold()]).toEqual(['0', '900']);
    world.pass(1);
    snapshot('70');
    expect([elsewhere(), unsold()]).toEqual(['70', '830']);
    world.deliver();
    world.pass(1);
    snapshot('170');
    expect([elsewhere(), unsold()]).toEqual(['70', '830']);
  });

  test('that the main API has failed is not taken off what others sell', () => {
    world.submit(investment);
    world.deliver();
    world.pass(1);
    snapshot('100');
    world.pass(1);
    world.record(investment, { status: 'failed', sequence: 2 });
    expect([elsewhere(), unsold()]).toEqual(['100', '900']);
    world.pass(1);
    snapshot('0');
    expect([elsewhere(), unsold()]).toEqual(['0', '1000']);
  });

  test('whose earlier payment has failed counts twice until the main API has stored the later one', () => {
    world.submit(investment, '0xa1');
    world.deliver();
    world.submit(investment, '0xb2');
    world.pass(1);
    snapshot('100');
    expect(elsewhere()).toBe('0');
    world.record(investment, { status: 'failed', sequence: 2 });
    expect(elsewhere()).toBe('100');
    world.deliver();
    world.pass(1);
    snapshot('100');
    expect(elsewhere()).toBe('0');
  });

  test('takes no second place among the participants once a snapshot has it', () => {
    world.pass(1);
    snapshot('100', { upstream_participant_count: 1, upstream_total_raised: '50' });
    expect(figures()).toMatchObject({ participant_count: 1, total_raised: '50', sold_tokens: '100' });
    world.submit(investment);
    world.allocated('ann', '50', 'key-two');
    expect(figures()).toMatchObject({ participant_count: 1, total_raised: '100', sold_tokens: '200' });
  });

  test('keeps its place among the participants until a snapshot lacks it', () => {
    world.pass(1);
    snapshot('100', { upstream_participant_count: 1 });
    world.pass(HALF_HOUR);
    world.ledger.tick();
    world.deliver();
    expect(figures()).toMatchObject({ participant_count: 1 });
    world.pass(1);
    snapshot('0', { upstream_participant_count: 0 });
    expect(figures()).toMatchObject({ participant_count: 0 });
  });
});

test('tokens that are freed go to what others have sold first', () => {
  world.allocated('ann', '100');
  snapshot('1000');
  expect(elsewhere()).toBe('800');
  world.pass(HALF_HOUR);
  expect(outcomeOf(world.invest('bob', '20'))).toBe('SOLD_OUT');
  expect(elsewhere()).toBe('1000');
});
