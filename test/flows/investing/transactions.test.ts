import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTransactions } from '../../../src/investing/transactions.ts';
import { sortableUnits, toUnits } from '../../../src/storage/decimal-units.ts';
import { countedD1, noCounts } from '../../support/counted-bindings.ts';
import { insert, insertInvestments, insertPools } from '../../support/investors.ts';
import { TABLES } from '../../support/tables.ts';

const transactions = createTransactions(env.DB);
const INVESTMENT = { id: 'one', user_id: 'ann', pool_id: 'pool' };

beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const patch = (assignments: string) =>
  env.DB.exec(`UPDATE user_investment_cache SET ${assignments} WHERE id = 'one'`);

/** As the sync writes it. */
const claimInAll = (total: string, updatedAt: number) =>
  patch(
    `total_claimed = '${total}', total_claimed_units = '${sortableUnits(toUnits(total))}', updated_at = ${updatedAt}`,
  );

/** As the ledger of a pool writes it. */
const claimHere = (id: string, level: string, occurred_at: number) =>
  insert('investment_transaction', {
    id: `claim:${id}`,
    user_id: 'ann',
    investment_id: 'one',
    kind: 'claim',
    level_units: sortableUnits(toUnits(level)),
    occurred_at,
  });
const refuseHere = (id: string) => env.DB.exec(`DELETE FROM investment_transaction WHERE id = 'claim:${id}'`);

/** Newest first: what moved, how much, and when. */
async function listed(userId = 'ann'): Promise<[string, string, number][]> {
  const page = await transactions.page({ userId, after: null, limit: 100 });
  return page.map(({ kind, amount, occurredAt }) => [kind, amount, occurredAt]);
}

describe('a payment', () => {
  test('is listed once, at the time of its confirmation', async () => {
    await insertInvestments({
      ...INVESTMENT,
      status: 'pending',
      confirmed_at: null,
      transaction_hash: '0xab',
    });
    expect(await listed()).toEqual([]);
    await patch("status = 'confirmed', confirmed_at = 2000, updated_at = 2005");
    await patch("status = 'confirmed', confirmed_at = 3000, updated_at = 3005");
    expect(await transactions.page({ userId: 'ann', after: null, limit: 2 })).toMatchObject([
      { kind: 'payment', amount: '100', token: 'USDT', transactionHash: '0xab', occurredAt: 2_000 },
    ]);
  });

  test('that was confirmed before anybody looked is listed too', async () => {
    await insertInvestments(
      { ...INVESTMENT, confirmed_at: null, updated_at: 7 },
      { ...INVESTMENT, id: 'two', status: 'refunded', confirmed_at: 5, updated_at: 9 },
    );
    expect(await listed()).toEqual([
      ['refund', '100', 9],
      ['payment', '100', 7],
      ['payment', '100', 5],
    ]);
  });

  test('of a failed investment is none, and a refund of it is listed', async () => {
    await insertInvestments({ ...INVESTMENT, status: 'failed', confirmed_at: null });
    await patch("status = 'refunded', updated_at = 2000");
    expect(await listed()).toEqual([['refund', '100', 2_000]]);
  });
});

test('a refund is listed once, when the status changed', async () => {
  await insertInvestments(INVESTMENT);
  await patch("status = 'refunded', updated_at = 2000");
  await patch("status = 'refunded', updated_at = 3000");
  expect(await listed()).toEqual([
    ['refund', '100', 2_000],
    ['payment', '100', 1_100],
  ]);
});

describe('claims', () => {
  const claims = async () => (await listed()).filter(([kind]) => kind === 'claim');
  beforeEach(() => insertInvestments(INVESTMENT));

  test('follow from what has been claimed in all, exactly', async () => {
    await claimInAll('10.000000000000000001', 2_000);
    await claimInAll('10.000000000000000001', 2_500);
    await claimInAll('100', 3_000);
    expect(await claims()).toEqual([
      ['claim', '89.999999999999999999', 3_000],
      ['claim', '10.000000000000000001', 2_000],
    ]);
  });

  test('that were made before the investment was known are one', async () => {
    await insertInvestments({ ...INVESTMENT, id: 'two', total_claimed: '7.5', updated_at: 2_000 });
    expect(await claims()).toEqual([['claim', '7.5', 2_000]]);
  });

  test('that were made here are not listed again when the main API counts them', async () => {
    await claimHere('a', '5', 2_000);
    await claimInAll('5', 2_500);
    await claimHere('b', '8', 3_000);
    await claimInAll('8', 3_500);
    expect(await claims()).toEqual([
      ['claim', '3', 3_000],
      ['claim', '5', 2_000],
    ]);
  });

  test('that were made here are listed once, whoever tells of them first', async () => {
    await claimInAll('5', 2_500);
    await claimHere('a', '5', 2_000);
    expect(await claims()).toEqual([['claim', '5', 2_000]]);
    await claimInAll('9', 3_500);
    await claimHere('b', '8', 3_000);
    expect(await claims()).toEqual([
      ['claim', '1', 3_500],
      ['claim', '3', 3_000],
      ['claim', '5', 2_000],
    ]);
  });

  test('of which the main API refuses the first are of lower levels', async () => {
    await claimHere('a', '5', 2_000);
    await claimHere('b', '8', 3_000);
    await claimInAll('2', 2_500);
    await refuseHere('a');
    await env.DB.exec(
      `UPDATE investment_transaction SET level_units = '${sortableUnits(toUnits('3'))}' WHERE id = 'claim:b'`,
    );
    expect(await claims()).toEqual([['claim', '3', 3_000]]);
    await claimInAll('4', 3_500);
    expect(await claims()).toEqual([
      ['claim', '1', 3_500],
      ['claim', '3', 3_000],
    ]);
  });

  test('through another channel are seen, also behind one of here', async () => {
    await claimHere('a', '5', 2_000);
    await claimInAll('7', 2_500);
    expect(await claims()).toEqual([
      ['claim', '2', 2_500],
      ['claim', '5', 2_000],
    ]);
  });

  test('that the main API refuses are gone, and show what they had hidden', async () => {
    await claimHere('a', '5', 2_000);
    await claimInAll('3', 2_500);
    expect(await claims()).toEqual([['claim', '5', 2_000]]);
    await refuseHere('a');
    expect(await claims()).toEqual([['claim', '3', 2_500]]);
    await claimHere('b', '5', 3_000);
    await refuseHere('b');
    expect(await claims()).toEqual([['claim', '3', 2_500]]);
  });

  test('move the tokens of the project', async () => {
    await claimInAll('3', 2_500);
    const tokens = async () =>
      (await transactions.page({ userId: 'ann', after: null, limit: 1 })).map(({ token }) => token);
    expect(await tokens()).toEqual(['?']);
    await insertPools([{ id: 'pool', project: { id: 'project', symbol: 'SALE' } }]);
    expect(await tokens()).toEqual(['SALE']);
  });
});

test("another person's transactions are not listed, and follow the investment to its owner", async () => {
  await insertInvestments(INVESTMENT);
  expect(await listed('bob')).toEqual([]);
  await patch("user_id = 'bob'");
  expect([await listed('ann'), await listed('bob')]).toEqual([[], [['payment', '100', 1_100]]]);
});

test('page 50 reads no more rows than page 1, and nothing is skipped or repeated', async () => {
  const investments = Array.from({ length: 300 }, (_, at) => ({
    ...INVESTMENT,
    id: `inv-${at}`,
    user_id: at % 2 ? 'ann' : 'bob',
    confirmed_at: Math.floor(at / 7),
    total_claimed: at % 3 ? '0' : '1',
  }));
  await insertInvestments(...investments);
  const all = await transactions.page({ userId: 'ann', after: null, limit: 1_000 });
  expect(await transactions.count('ann')).toBe(all.length);
  const counts = noCounts();
  const counted = createTransactions(countedD1(env.DB, counts));
  const rowsRead: number[] = [];
  const calls = new Set<number>();
  const seen: string[] = [];
  let after = null;
  for (;;) {
    Object.assign(counts, noCounts());
    const page = await counted.page({ userId: 'ann', after, limit: 4 });
    const last = page.at(-1);
    if (last === undefined) break;
    seen.push(...page.map(({ id }) => id));
    if (page.length === 4) {
      rowsRead.push(counts.d1RowsRead);
      calls.add(counts.d1Calls);
    }
    after = { key: last.sort_key, id: last.id };
  }
  expect(seen).toEqual(all.map(({ id }) => id));
  expect(rowsRead.length).toBeGreaterThan(48);
  // A page of claims reads the claims before them, and their pools.
  expect(Math.max(...rowsRead)).toBeLessThanOrEqual(4 * 5);
  expect(rowsRead.at(-1)).toBeLessThanOrEqual(rowsRead[0] ?? 0);
  expect([...calls]).toEqual([2]);
});
