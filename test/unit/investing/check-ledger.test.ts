import { beforeEach, describe, expect, test } from 'vitest';
import { HALF_HOUR, LedgerWorld } from '../../support/ledger.ts';

let world: LedgerWorld;
beforeEach(() => {
  world = new LedgerWorld();
  const paid = world.allocated('ann', '50');
  world.submit(paid);
  world.deliver();
  world.record(paid, { status: 'confirmed', sequence: 2 });
  world.allocated('bob', '50');
  world.allocated('cid', '50');
  world.pass(HALF_HOUR);
  world.allocated('dan', '50');
  world.change({ upstream_sold_tokens: '300', upstream_participant_count: 2 });
});

/** Writes as a fault of the ledger could, or a hand in its database. */
function tamper(statement: string): void {
  for (const name of ['no_update', 'no_delete']) {
    world.storage.sql.exec(`DROP TRIGGER entry_${name}`);
    world.storage.sql.exec(`DROP TRIGGER idempotency_key_${name}`);
  }
  world.storage.sql.exec('PRAGMA ignore_check_constraints = 1');
  world.storage.sql.exec(statement);
  world.evict();
}

const UNITS = (digits: string) => `substr('${'0'.repeat(60)}${digits}', -60)`;

test('a ledger without a fault has none', () => {
  expect(world.ledger.check()).toEqual([]);
});

describe('a fault is found:', () => {
  test.each([
    ["UPDATE entry SET json = replace(json, '100', '101') WHERE sequence = 2", 'entry 3 does not follow'],
    ['UPDATE entry SET json = replace(json, \'"50"\', \'"51"\') WHERE sequence = 2', 'does not sum to zero'],
    ['DELETE FROM entry WHERE sequence = 2', 'entry 2 says that it is 3'],
    [
      'DELETE FROM entry WHERE sequence = (SELECT max(sequence) FROM entry)',
      'the head is not the last entry',
    ],
    [
      'UPDATE entry SET json = replace(json, \'"open"\', \'"reserve"\') WHERE sequence = 1',
      'sells more than there is',
    ],
    [`UPDATE book SET tokens_unsold = ${UNITS('1')}`, 'tokens:unsold is'],
    [`UPDATE book SET money_due = ${UNITS('1')}`, 'money:due is'],
    [`UPDATE book SET living_amount = ${UNITS('1')}`, 'the sum of living amounts is wrong'],
    [`UPDATE book SET contained_tokens = ${UNITS('1')}`, 'the sum of contained tokens is wrong'],
    [`UPDATE book SET contained_amount = ${UNITS('1')}`, 'the sum of contained amounts is wrong'],
    ['UPDATE book SET new_participants = 9', 'the number of new participants is wrong'],
    [
      'UPDATE terms SET terms = replace(terms, \'"1000"\', \'"999"\')',
      'tokens beyond the total are for sale',
    ],
    ['UPDATE terms SET terms = replace(terms, \'"1000"\', \'"1001"\')', 'tokens of the total are nowhere'],
    [
      'UPDATE terms SET terms = replace(terms, \'"300"\', \'"301"\')',
      'others have sold 201, the books have 200',
    ],
    [
      "UPDATE investment SET status = 'confirmed' WHERE user_id = 'dan'",
      'is confirmed tokens:reserved money:due',
    ],
    ["UPDATE investment SET token_amount = '99' WHERE user_id = 'dan'", 'its investments sum to'],
    ["UPDATE investment SET failure = NULL WHERE status = 'failed'", 'has failed without a reason'],
    ['UPDATE investment SET reservation_expires_at = NULL', 'does not run out as it should'],
    [
      "UPDATE investment SET user_id = 'bob' WHERE user_id = 'dan'",
      "the sums of a person's investments are wrong",
    ],
    ["UPDATE investment SET user_id = 'eve' WHERE user_id = 'dan'", 'an investment belongs to nobody'],
    [
      "UPDATE member SET open_investment = NULL WHERE user_id = 'dan'",
      'the open reservation of a person is another',
    ],
    ["DELETE FROM idempotency_key WHERE user_id = 'dan'", '1 investments have no key'],
    [
      "UPDATE idempotency_key SET user_id = 'eve' WHERE user_id = 'dan'",
      'leads to no investment of its owner',
    ],
    ['UPDATE outbox SET is_first = 1 - is_first', 'may leave'],
    ['UPDATE outbox SET place = -place', 'are out of order'],
  ])('%s', (statement, problem) => {
    tamper(statement);
    expect(world.ledger.check().join('\n')).toContain(problem);
  });
});
