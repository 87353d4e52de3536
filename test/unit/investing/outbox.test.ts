import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutboxRow } from '../../../src/investing/ledger-types.ts';
import { HALF_HOUR, LedgerWorld, outcomeOf } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const due = () => world.ledger.due(99).map(({ subject, sequence }) => `${subject}:${sequence}`);
const first = (): OutboxRow => {
  const [row] = world.ledger.due(1);
  if (row === undefined) throw new Error('no call is due');
  return row;
};

describe('calls of the main API', () => {
  test('of one investment leave one after another, under their keys', () => {
    const { id } = world.allocated('ann', '50');
    world.submit({ ...world.allocated('bob', '50'), id, user_id: 'ann' });
    expect(due()).toHaveLength(2);
    expect(due()).toContain(`${id}:1`);
    world.ledger.acknowledge(first(), null);
    expect(due()).toContain(`${id}:2`);
  });

  test('have the bytes of when they were recorded', () => {
    const investment = world.allocated('ann', '50');
    const { body } = first();
    world.submit(investment);
    world.evict();
    expect(first().body).toBe(body);
  });

  test('are due again with longer and longer pauses, up to five minutes', () => {
    world.allocated('ann', '50');
    const pausesMs: number[] = [];
    for (let attempts = 0; attempts < 12; attempts += 1) {
      const row = first();
      expect(row.attempts).toBe(attempts);
      world.ledger.sending(row);
      world.ledger.postpone(row);
      const atMs = world.ledger.nextWakeMs() ?? 0;
      world.ledger.projected(world.ledger.projection(99));
      const wakeMs = world.ledger.nextWakeMs() ?? 0;
      pausesMs.push(Math.max(atMs, wakeMs) - world.nowMs);
      world.nowMs = Math.max(atMs, wakeMs, world.nowMs + 1);
    }
    expect(pausesMs.slice(0, 4)).toEqual([750, 1500, 3000, 6000]);
    expect(pausesMs.at(-1)).toBe(225_000);
  });

  test('of which nobody reports are due again after a minute', () => {
    world.allocated('ann', '50');
    world.ledger.sending(first());
    world.evict();
    expect(due()).toEqual([]);
    world.pass(59);
    expect(due()).toEqual([]);
    world.pass(1);
    expect(first().attempts).toBe(1);
  });

  test('that were answered before change nothing when they are answered again', () => {
    const investment = world.allocated('ann', '50');
    const row = first();
    world.ledger.acknowledge(row, world.recordOf(investment));
    world.ledger.acknowledge(row, world.recordOf(investment, { status: 'failed', sequence: 1 }));
    world.ledger.refuse(row, { code: 'NO', message: 'no' });
    world.ledger.postpone(row);
    world.ledger.sending(row);
    expect(world.state(investment).status).toBe('pending');
    expect(due()).toEqual([]);
  });

  test('that take tokens wait for earlier ones that release some', () => {
    world = new LedgerWorld({ total_tokens: '100' });
    const ann = world.allocated('ann', '50');
    world.deliver();
    world.pass(HALF_HOUR);
    const bob = world.allocated('bob', '50');
    expect(due()).toEqual([`${ann.id}:2`]);
    const release = first();
    world.ledger.sending(release);
    expect(due()).toEqual([]);
    world.ledger.postpone(release);
    expect(world.ledger.nextWakeMs()).not.toBeNull();
    world.pass(1);
    expect(due()).toEqual([`${ann.id}:2`]);
    world.ledger.acknowledge(first(), null);
    expect(due()).toEqual([`${bob.id}:1`]);
  });

  test('wait no longer for a release that nobody answers', () => {
    world.allocated('ann', '50');
    world.deliver();
    world.pass(HALF_HOUR);
    const bob = world.allocated('bob', '50');
    for (let attempts = 0; attempts < 40; attempts += 1) {
      const row = first();
      expect(row.sequence).toBe(2);
      world.ledger.sending(row);
      world.ledger.postpone(row);
      world.pass(300);
    }
    expect(due()).toContain(`${bob.id}:1`);
  });

  test('wait no longer for a release behind a call that nobody answers', () => {
    const ann = world.allocated('ann', '50');
    const bobs: string[] = [];
    for (let attempts = 0; attempts < 40; attempts += 1) {
      const row = first();
      expect(row.subject).toBe(ann.id);
      world.ledger.sending(row);
      world.ledger.postpone(row);
      world.pass(300);
      if (attempts === 10) bobs.push(world.allocated('bob', '50').id);
    }
    expect(due()).toEqual(expect.arrayContaining(bobs.map((id) => `${id}:1`)));
  });
});

describe('an answer', () => {
  test('that confirms the investment is taken as a record', () => {
    const investment = world.allocated('ann', '50');
    world.ledger.acknowledge(first(), world.recordOf(investment, { status: 'confirmed' }));
    expect(world.state(investment).status).toBe('confirmed');
  });

  test('for a reservation that ran out leaves it over', () => {
    const investment = world.allocated('ann', '50');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    world.ledger.acknowledge(first(), world.recordOf(investment));
    world.ledger.acknowledge(first(), world.recordOf(investment, { status: 'failed', sequence: 2 }));
    expect(world.state(investment)).toMatchObject({ status: 'failed', failure: 'EXPIRED' });
    expect(world.noticeKinds()).toEqual([]);
  });
});

describe('a refusal for good', () => {
  const no = { code: 'UNKNOWN_USER', message: 'ann@example.com is unknown' };

  test('fails the investment, frees what it held, and is no strike', () => {
    const investment = world.allocated('ann', '50');
    world.ledger.refuse(first(), no);
    expect(world.state(investment)).toMatchObject({ status: 'failed', failure: 'REFUSED', refund_due: 0 });
    expect(world.ledger.balances()).toMatchObject({ 'tokens:unsold': '1000', 'money:due': '0' });
    expect(outcomeOf(world.invest('ann', '60', { idempotencyKey: 'key-two' }))).toBe('pending');
  });

  test('of a paid one marks a refund due, and drops what waits behind it', () => {
    const investment = world.allocated('ann', '50');
    world.submit(investment);
    world.ledger.refuse(first(), no);
    expect(world.state(investment)).toMatchObject({ status: 'failed', failure: 'REFUSED', refund_due: 1 });
    expect(world.ledger.balances()).toMatchObject({ 'money:owed': '50', 'money:submitted': '0' });
    expect(due()).toEqual([]);
    expect(outcomeOf(world.invest('ann', '60', { idempotencyKey: 'key-two' }))).toBe('pending');
  });

  test('is told to a person, and names nobody', () => {
    world.allocated('ann', '50');
    world.ledger.refuse(first(), no);
    const [notice] = world.ledger.takeNotices();
    expect(notice).toMatchObject({ kind: 'refused', detail: 'The main API refuses it: UNKNOWN_USER.' });
  });

  test('of an investment that is confirmed changes nothing', () => {
    const investment = world.allocated('ann', '50');
    const row = first();
    world.record(investment, { status: 'confirmed' });
    world.ledger.refuse(row, no);
    expect(world.state(investment).status).toBe('confirmed');
  });

  test('of one that ran out leaves it as it is', () => {
    const investment = world.allocated('ann', '50');
    world.pass(HALF_HOUR);
    world.ledger.tick();
    world.ledger.refuse(first(), no);
    expect(world.state(investment)).toMatchObject({ failure: 'EXPIRED', refund_due: 0 });
    expect(due()).toEqual([]);
  });
});
