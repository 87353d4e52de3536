import { beforeEach, describe, expect, test } from 'vitest';
import { LedgerWorld, outcomeOf } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});

/** The statements of a step that writes, one after another, fail once each. */
const failsAt = (nth: number, step: () => unknown) => {
  const { sql } = world.storage;
  const { exec } = sql;
  let writes = 0;
  sql.exec = (query, ...values) => {
    if (!query.startsWith('SELECT')) writes += 1;
    if (writes === nth) throw new Error('the disk is full');
    return exec(query, ...values);
  };
  try {
    step();
    return false;
  } catch {
    return true;
  } finally {
    sql.exec = exec;
  }
};

const everything = () => [
  world.ledger.exportEntries(0, 99),
  world.ledger.balances(),
  world.ledger.due(99),
  world.ledger.projection(99),
];

describe('a step that fails leaves nothing behind, wherever it fails', () => {
  test.each(['in the same instance', 'in the next instance'])('%s', (place) => {
    const paid = world.allocated('bob', '50');
    const steps = [
      () => world.invest('ann', '50'),
      () => world.submit(paid),
      () => world.record(paid, { status: 'confirmed', sequence: 2, claimable_amount: '5' }),
      () => world.claim(paid),
      () => world.change({ upstream_sold_tokens: '400', total_tokens: '800' }),
      () => world.change({ status: 'cancelled', updated_at: world.nowSeconds + 1 }),
    ];
    for (const step of steps) {
      for (let nth = 1; ; nth += 1) {
        const before = everything();
        if (!failsAt(nth, step)) break;
        if (place === 'in the next instance') world.evict();
        expect(world.ledger.takeNotices()).toEqual([]);
        expect(everything()).toEqual(before);
        expect(world.ledger.check()).toEqual([]);
      }
      world.ledger.takeNotices();
    }
    expect(world.ledger.projection(99).investments.map(({ status }) => status)).toEqual([
      'confirmed',
      'failed',
    ]);
  });
});

test('an instance reads what the one before it has written', () => {
  world.allocated('ann', '50');
  const before = everything();
  world.evict();
  expect(everything()).toEqual(before);
  expect(outcomeOf(world.invest('ann', '50'))).toBe('pending');
});
