import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import { HALF_HOUR, LedgerWorld, SALE_SECONDS } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const lines = () => world.ledger.exportEntries(0, 1e6).trimEnd().split('\n');

describe('an entry', () => {
  test('has the bytes of the contract', () => {
    const { id } = world.allocated('ann', '50');
    const [open = '', reserve = ''] = lines();
    expect(open).toBe(
      '{"accounts":{"tokens:outside":"-1000","tokens:unsold":"1000"},"at":"2027-01-15T08:00:00.000Z","kind":"open",' +
        `"pool":"pool-1","previous":"${'0'.repeat(64)}","sequence":"1"}`,
    );
    expect(reserve).toBe(
      '{"accounts":{"money:due":"50","money:outside":"-50","tokens:reserved":"100","tokens:unsold":"-100"},' +
        `"at":"2027-01-15T08:00:00.000Z","investment":"${sha256(encodeGlobalId('Investment', id))}","kind":"reserve",` +
        `"pool":"pool-1","previous":"${sha256(open)}","sequence":"2"}`,
    );
  });

  test('is the receipt of what it allocated, and the head', () => {
    const investment = world.allocated('ann', '50');
    const hash = sha256(lines()[1] ?? '');
    expect(investment).toMatchObject({
      receipt_sequence: 2,
      receipt_hash: hash,
      receipt_at: world.nowSeconds,
    });
    expect(world.ledger.head()).toEqual({ pool: 'pool-1', sequence: 2, hash, recordedAt: world.nowSeconds });
  });

  test.each([
    "UPDATE entry SET json = '{}' WHERE sequence = 1",
    'DELETE FROM entry WHERE sequence = 2',
    "INSERT OR REPLACE INTO entry (sequence, json) VALUES (1, '{}')",
    "INSERT INTO entry (sequence, json) VALUES (9, '{}')",
    "UPDATE idempotency_key SET amount = '1'",
    'DELETE FROM idempotency_key',
    "UPDATE book SET tokens_unsold = '-1'",
    "UPDATE book SET money_due = '1'",
  ])('and what belongs to it is kept by the database: %s', (statement) => {
    world.allocated('ann', '50');
    expect(() => world.storage.sql.exec(statement)).toThrow(/never changed|in order|CHECK/);
    expect(world.ledger.check()).toEqual([]);
  });
});

test('the export gives entries behind a sequence, as many as are asked for, each with its line break', () => {
  for (const name of ['ann', 'bob', 'cid']) world.allocated(name, '20');
  const all = world.ledger.exportEntries(0, 99);
  expect(all.endsWith('}\n')).toBe(true);
  const [, second, third] = all.split('\n');
  expect(world.ledger.exportEntries(1, 2)).toBe(`${second}\n${third}\n`);
  expect(world.ledger.exportEntries(4, 2)).toBe('');
});

test('everybody can check the entries of a sale with everything in it', () => {
  const paid = world.allocated('ann', '50');
  world.submit(paid, '0xa1');
  world.submit(paid, '0xa2');
  const late = world.allocated('bob', '50');
  const owed = world.allocated('cid', '50');
  world.deliver();
  world.pass(HALF_HOUR);
  world.submit(late, '0xb1');
  world.change({ total_tokens: '150', upstream_sold_tokens: '10' });
  world.submit(owed, '0xc1');
  world.submit(owed, '0xc2');
  world.record(paid, { status: 'confirmed', claimable_amount: '3' });
  world.claim(paid);
  world.record(owed, { status: 'confirmed' });
  world.pass(1);
  world.record(late, { status: 'failed', sequence: 9 });
  world.record(owed, { status: 'refunded' });
  world.change({ upstream_sold_tokens: '1000' });
  world.change({ total_tokens: '5000' });
  world.pass(SALE_SECONDS);
  world.ledger.tick();
  expect(world.ledger.check()).toEqual([]);
  const verifier = new LedgerVerifier();
  const faults = lines().map((line) => verifier.accept(Buffer.from(line)));
  expect(faults.filter((result) => 'fault' in result)).toEqual([]);
});
