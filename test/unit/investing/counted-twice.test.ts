import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { HALF_HOUR, LedgerWorld } from '../../support/ledger.ts';

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

test('what may be counted twice is no adjustment, and nobody is told', () => {
  world.allocated('ann', '500');
  world.deliver();
  snapshot('1000', { updated_at: world.nowSeconds });
  expect(world.ledger.balances()).toMatchObject({ 'tokens:unsold': '0', 'tokens:outside': '-1000' });
  world.pass(1);
  snapshot('1000');
  expect(world.ledger.balances()).toMatchObject({ 'tokens:unsold': '0', 'tokens:elsewhere': '0' });
  expect(world.ledger.takeNotices()).toEqual([]);
  expect(world.ledger.exportEntries(0, 99)).not.toContain('adjust');
});

test.each(['acknowledged', 'refused'])('an end that is %s leaves no doubt for ever', (answer) => {
  const ann = world.allocated('ann', '50');
  world.submit(world.allocated('bob', '450'));
  world.deliver();
  world.pass(HALF_HOUR);
  world.ledger.tick();
  const [row] = world.ledger.due(1);
  if (row === undefined) throw new Error('no call');
  world.ledger.sending(row);
  const updated_at = world.nowSeconds;
  snapshot('900', { updated_at });
  if (answer === 'refused') world.ledger.refuse(row, { code: 'NO', message: 'no' });
  else world.ledger.acknowledge(row, world.recordOf(ann, { status: 'failed', sequence: 2 }));
  snapshot('1100', { updated_at, askedAtMs: world.nowMs + 1 });
  expect(elsewhere()).toBe('100');
  expect(world.ledger.takeNotices().map(({ kind }) => kind)).not.toContain('over_allocated');
  snapshot('1100', { updated_at, askedAtRevision: shownRevision() });
  expect(elsewhere()).toBe('200');
  expect(world.ledger.takeNotices().map(({ kind }) => kind)).toContain('over_allocated');
});

describe('an investment that the main API may have failed and taken back unseen', () => {
  test.each(['by a later version', 'by a confirmation'])('%s counts twice until that can be known', (how) => {
    const investment = world.allocated('ann', '50');
    world.deliver();
    world.submit(investment, '0xa1');
    world.deliver();
    world.submit(investment, '0xa2');
    world.pass(10);
    // The main API has failed it by now: the snapshot lacks it. Then it takes it back, and only that is seen.
    const lacking = { updated_at: world.nowSeconds, upstream_sold_tokens: '400' };
    world.pass(1);
    if (how === 'by a later version') world.deliver();
    else world.record(investment, { status: 'confirmed', sequence: 2 });
    world.change(lacking);
    expect([elsewhere(), unsold()]).toEqual(['400', '500']);
    snapshot('500', { updated_at: lacking.updated_at, askedAtRevision: shownRevision() });
    expect([elsewhere(), unsold()]).toEqual(['400', '500']);
    world.pass(1);
    snapshot('500', { updated_at: world.nowSeconds });
    expect([elsewhere(), unsold()]).toEqual(['400', '500']);
  });

  test('counts once in a pool that changes no more', () => {
    const investment = world.allocated('ann', '50');
    world.deliver();
    world.pass(1);
    const updated_at = world.nowSeconds;
    snapshot('100', { updated_at });
    world.pass(1);
    world.record(investment, { status: 'confirmed' });
    expect(elsewhere()).toBe('0');
    snapshot('100', { updated_at, askedAtRevision: shownRevision() });
    world.pass(1);
    world.record(investment, { status: 'confirmed', total_claimed: '5' });
    snapshot('100', { updated_at, askedAtRevision: shownRevision() });
    expect([elsewhere(), unsold()]).toEqual(['0', '900']);
  });
});
