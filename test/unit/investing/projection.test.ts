import { beforeEach, describe, expect, test } from 'vitest';
import { HALF_HOUR, LedgerWorld } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});

const flush = () => {
  const rows = world.ledger.projection(99);
  world.ledger.projected(rows);
  return rows;
};
const NOTHING = { investments: [], members: [], toldPayments: [], claimLevels: [], claims: [], notices: [] };

describe('rows for D1', () => {
  test('come until they are noted as written, and then no more', () => {
    const investment = world.allocated('ann', '50');
    expect(world.ledger.projection(99).investments).toEqual([investment]);
    expect(flush().investments).toEqual([investment]);
    expect(flush()).toEqual({ figures: null, ...NOTHING });
  });

  test('that change while they are written come again', () => {
    const investment = world.allocated('ann', '50');
    const rows = world.ledger.projection(99);
    world.submit(investment);
    world.ledger.projected(rows);
    expect(flush().investments).toMatchObject([{ revision: 2, transaction_hash: '0xa1' }]);
    world.ledger.projected(rows);
    expect(flush().investments).toEqual([]);
  });

  test('come in the order of their allocation, as many as are asked for', () => {
    const ids = ['ann', 'bob', 'cid', 'dan'].map((name) => world.allocated(name, '20').id);
    expect(world.ledger.projection(3).investments.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  });

  test('survive an eviction', () => {
    const investment = world.allocated('ann', '50');
    world.evict();
    expect(world.ledger.projection(99).investments).toEqual([investment]);
  });

  test('of members come once a person registers or has to wait', () => {
    world.allocated('ann', '50');
    expect(flush().members).toEqual([]);
    world.pass(HALF_HOUR);
    world.ledger.tick();
    expect(flush().members).toMatchObject([{ user_id: 'ann', registered_at: null, revision: 1 }]);
    expect(flush().members).toEqual([]);
  });
});

describe("a pool's figures", () => {
  test('come with the head of the chain and the oldest call', () => {
    world.allocated('ann', '50');
    const { sequence, hash } = world.ledger.head() ?? {};
    expect(flush().figures).toMatchObject({
      pool_id: 'pool-1',
      sold_tokens: '100',
      total_raised: '50',
      participant_count: 1,
      progress_percent: 10,
      ledger_sequence: sequence,
      ledger_hash: hash,
      ledger_recorded_at: world.nowSeconds,
      ledger_outbox_since: world.nowSeconds,
    });
    world.deliver();
    world.pass(1);
    expect(flush().figures?.ledger_outbox_since).toBeNull();
  });

  test('come at most once a second', () => {
    world.allocated('ann', '50');
    expect(flush().figures).not.toBeNull();
    world.allocated('bob', '50');
    world.nowMs += 999;
    expect(flush().figures).toBeNull();
    world.nowMs += 1;
    expect(flush().figures).toMatchObject({ sold_tokens: '200' });
  });

  test('that are on their way while others change come again', () => {
    world.allocated('ann', '50');
    const rows = world.ledger.projection(99);
    world.allocated('bob', '50');
    world.ledger.projected(rows);
    world.pass(1);
    expect(flush().figures).toMatchObject({ sold_tokens: '200' });
  });

  test('grow in revision with each change', () => {
    world.allocated('ann', '50');
    const { ledger_revision: before = 0 } = flush().figures ?? {};
    world.allocated('bob', '50');
    world.pass(1);
    expect(flush().figures?.ledger_revision).toBeGreaterThan(before);
  });
});

describe('the next wake', () => {
  test('is at once while rows are not written', () => {
    world.allocated('ann', '50');
    expect(world.ledger.nextWakeMs()).toBeLessThanOrEqual(world.nowMs);
  });

  test('is when figures may be written, a reservation runs out, a payment should be confirmed, the sale ends', () => {
    const settled = () => {
      flush();
      world.deliver();
      flush();
      return (world.ledger.nextWakeMs() ?? 0) / 1000 - world.nowSeconds;
    };
    const investment = world.allocated('ann', '50');
    expect(settled()).toBe(1);
    world.pass(1);
    expect(settled()).toBe(HALF_HOUR - 1);
    world.submit(investment);
    settled();
    world.pass(HALF_HOUR);
    world.ledger.tick();
    expect(settled()).toBe(86_400 - HALF_HOUR - 1);
    world.pass(86_400);
    world.ledger.tick();
    settled();
    world.pass(1);
    settled();
    expect(world.ledger.nextWakeMs()).toBeNull();
  });
});

test('a ledger of which nothing is known has nothing to do', () => {
  const { ledger } = new LedgerWorld({}, undefined, false);
  expect(ledger.projection(9)).toEqual({ figures: null, ...NOTHING });
  expect([ledger.head(), ledger.nextWakeMs()]).toEqual([null, null]);
  expect([ledger.due(9), ledger.check(), ledger.exportEntries(0, 9)]).toEqual([[], [], '']);
  ledger.tick();
  ledger.applyRecords([]);
  expect(ledger.head()).toBeNull();
});
