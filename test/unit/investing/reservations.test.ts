import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HALF_HOUR, LedgerWorld, MINUTE, outcomeOf, SALE_SECONDS, SALE_START } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const key = (idempotencyKey: string) => ({ idempotencyKey });
/** One second before the time. */
const JUST_BEFORE = (seconds: number) => seconds - 1;

describe('a reservation', () => {
  test('keeps its owner from another one until it is paid', () => {
    const first = world.allocated('ann', '50');
    expect(world.invest('ann', '20', key('key-two'))).toMatchObject({
      code: 'RESERVATION_LIMIT',
      message: 'Another reservation is open until 2027-01-15T08:30:00Z.',
    });
    world.submit(first);
    expect(outcomeOf(world.invest('ann', '20', key('key-two')))).toBe('pending');
  });

  test('runs out after half an hour, to the second, whenever anybody looks', () => {
    const first = world.allocated('ann', '50');
    world.pass(JUST_BEFORE(HALF_HOUR));
    world.ledger.tick();
    expect(world.ledger.balances()['tokens:reserved']).toBe('100');
    world.pass(1);
    expect(outcomeOf(world.invest('bob', '20'))).toBe('pending');
    expect(world.ledger.balances()).toMatchObject({ 'tokens:reserved': '40', 'money:due': '20' });
    expect(world.state(first)).toMatchObject({
      status: 'failed',
      failure: 'EXPIRED',
      reservation_expires_at: null,
      refund_due: 0,
      revision: 2,
    });
  });

  test('that ran out is told to the main API after it was told of the reservation', () => {
    const { id } = world.allocated('ann', '50');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    const delivered = world.deliver();
    expect(delivered.map(({ subject, sequence }) => [subject, sequence])).toEqual([
      [id, 1],
      [id, 2],
    ]);
    expect(JSON.parse(delivered[1]?.body ?? '')).toMatchObject({ status: 'failed', sequence: 2 });
    expect(delivered[1]?.trace).toBeNull();
  });

  test('outlives the end of the sale', () => {
    world.pass(JUST_BEFORE(SALE_SECONDS));
    const first = world.allocated('ann', '50');
    world.pass(MINUTE);
    expect(outcomeOf(world.submit(first))).toBe('pending');
    expect(world.state(first).failure).toBeNull();
  });
});

describe('a person whose reservation ran out', () => {
  /** Reserves, and lets it run out. */
  const waste = (name: string) => {
    world.allocated('ann', '50', name);
    world.pass(HALF_HOUR);
  };

  test('waits half an hour from then, then an hour, then two', () => {
    let keys = 0;
    for (const waitSeconds of [HALF_HOUR, 2 * HALF_HOUR, 4 * HALF_HOUR]) {
      keys += 1;
      waste(`key-${keys}`);
      world.pass(JUST_BEFORE(waitSeconds));
      expect(outcomeOf(world.invest('ann', '50', key('key-too-early')))).toBe('RESERVATION_LIMIT');
      world.pass(1);
    }
  });

  test('waits from when it ran out, however late that is found', () => {
    waste('key-one');
    world.pass(HALF_HOUR);
    expect(outcomeOf(world.invest('ann', '50', key('key-two')))).toBe('pending');
    expect(world.ledger.projection(9).members).toMatchObject([
      { user_id: 'ann', blocked_until: SALE_START + 2 * HALF_HOUR },
    ]);
  });

  test('is told until when', () => {
    waste('key-one');
    expect(world.invest('ann', '50', key('key-two'))).toMatchObject({
      message: 'Reservations ran out unpaid: the next is possible from 2027-01-15T09:00:00Z.',
    });
  });

  test('is free again once a payment is confirmed', () => {
    const paid = world.allocated('ann', '50', 'key-paid');
    world.submit(paid);
    waste('key-one');
    world.record(paid, { status: 'confirmed', sequence: 2 });
    expect(outcomeOf(world.invest('ann', '50', key('key-two')))).toBe('pending');
    world.pass(HALF_HOUR);
    world.pass(HALF_HOUR);
    expect(outcomeOf(world.invest('ann', '50', key('key-three')))).toBe('pending');
  });

  test('waits no longer than a month', () => {
    world = new LedgerWorld({ sale_end: SALE_START + 1e8 });
    for (let times = 0; times < 14; times += 1) {
      waste(`key-${times}`);
      world.pass(30 * 86_400);
    }
    expect(outcomeOf(world.invest('ann', '50', key('key-last')))).toBe('pending');
  });
});

describe('the clock', () => {
  test('of a ledger never goes back, in one instance and in the next', () => {
    const first = world.allocated('ann', '50');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    world.pass(-SALE_SECONDS);
    expect(outcomeOf(world.invest('bob', '50'))).toBe('pending');
    world.evict();
    expect(outcomeOf(world.invest('cid', '50'))).toBe('pending');
    expect(world.state(first).status).toBe('failed');
    expect(world.ledger.head()?.recordedAt).toBe(SALE_START + HALF_HOUR);
  });

  test('that jumps ahead settles everything once', () => {
    for (const name of ['ann', 'bob', 'cid']) world.allocated(name, '50');
    world.pass(10 * SALE_SECONDS);
    world.ledger.tick();
    world.ledger.tick();
    const kinds = [...world.ledger.exportEntries(0, 100).matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind);
    expect(kinds).toEqual(['open', 'reserve', 'reserve', 'reserve', 'expire', 'expire', 'expire', 'close']);
  });
});

test('200 accounts that never pay hold a pool for less than a fifth of a day', () => {
  world = new LedgerWorld({ total_tokens: '20000', max_allocation: '50' });
  let heldMinutes = 0;
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    for (let account = 0; account < 200; account += 1) {
      world.invest(`bot-${account}`, '50', key(`bot-${account}-${minute}`));
    }
    if (world.ledger.balances()['tokens:unsold'] === '0') heldMinutes += 5;
    world.pass(5 * MINUTE);
  }
  expect(heldMinutes).toBeLessThan((24 * 60) / 5);
});
