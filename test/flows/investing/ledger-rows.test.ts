/** Rows that a ledger writes to D1, in batches that D1 may run late, twice and in any order. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { type LedgerRows, ledgerWrites } from '../../../src/storage/d1/ledger-rows.ts';
import { MADE_ELSEWHERE } from '../../support/investment-rows.ts';

const NOW = 2_000_000_000;
const NOTHING: LedgerRows = {
  figures: null,
  investments: [],
  members: [],
  toldPayments: [],
  claimLevels: [],
  claims: [],
  notices: [],
};

let poolId: string;
let ownId: string;
let foreignId: string;

async function insert(table: string, fields: Record<string, unknown>): Promise<void> {
  const names = Object.keys(fields);
  await env.DB.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  )
    .bind(...Object.values(fields))
    .run();
}

const investment = (id: string, changes: Partial<InvestmentRow> = {}): InvestmentRow => ({
  ...MADE_ELSEWHERE,
  id,
  user_id: 'usr_a',
  pool_id: poolId,
  investment_amount: '200',
  token_amount: '100.5',
  token_price: '1.99',
  payment_token: 'USDT',
  status: 'pending',
  total_claimed: '0',
  claimable_amount: '0',
  next_claim_date: null,
  transaction_hash: null,
  block_number: null,
  invested_at: 1,
  confirmed_at: null,
  updated_at: 1,
  ...changes,
});

beforeEach(async () => {
  const run = crypto.randomUUID();
  poolId = `pool-${run}`;
  ownId = `own-${run}`;
  foreignId = `foreign-${run}`;
  const text = Object.fromEntries(
    [
      'project_id',
      'pool_name',
      'pool_type',
      'token_price',
      'total_tokens',
      'sold_tokens',
      'total_raised',
    ].map((name) => [name, '0']),
  );
  await insert('ido_pool_cache', {
    id: poolId,
    ...text,
    ...{ min_allocation: '0', payment_token: 'USDT', blockchain: 'ethereum', status: 'active' },
    ...{ participant_count: 0, sale_start: 1, sale_end: 2, progress_percent: 0, total_raised_real: 0 },
    ...{ created_at: 1, updated_at: 1 },
  });
  await insert('user_investment_cache', { ...investment(foreignId), total_claimed_units: '', created_at: 1 });
});

const write = (number: number, rows: Partial<LedgerRows>) =>
  env.DB.batch(ledgerWrites(env.DB, { poolId, number, nowSeconds: NOW + number }, { ...NOTHING, ...rows }));

/** Everything that the ledger shows. */
async function shown(): Promise<Record<string, unknown>> {
  const [pool, own, foreign, members, told, claims, notices] = await env.DB.batch([
    env.DB.prepare('SELECT * FROM ido_pool_cache WHERE id = ?').bind(poolId),
    env.DB.prepare('SELECT * FROM user_investment_cache WHERE id = ?').bind(ownId),
    env.DB.prepare('SELECT claim_level, revision FROM user_investment_cache WHERE id = ?').bind(foreignId),
    env.DB.prepare('SELECT * FROM pool_member WHERE pool_id = ?').bind(poolId),
    env.DB.prepare('SELECT * FROM told_payment WHERE investment_id = ?').bind(ownId),
    env.DB.prepare('SELECT * FROM investment_transaction WHERE investment_id = ?').bind(foreignId),
    env.DB.prepare('SELECT * FROM ledger_notice WHERE pool_id = ? ORDER BY notice_id').bind(poolId),
  ]);
  const rows = { pool, own, foreign, members, told, claims, notices };
  return Object.fromEntries(Object.entries(rows).map(([name, result]) => [name, result?.results]));
}

/** The state of the ledger after so many changes, as one batch writes it. */
function stateAfter(changes: number): Partial<LedgerRows> {
  const isRefused = changes % 3 === 0;
  return {
    figures: {
      pool_id: poolId,
      sold_tokens: `${changes}.5`,
      total_raised: `${changes * 2}`,
      participant_count: changes,
      progress_percent: changes,
      total_raised_real: changes * 2,
      ledger_revision: changes,
      ledger_sequence: changes,
      ledger_hash: `hash-${changes}`,
      ledger_recorded_at: NOW + changes,
      ledger_outbox_since: changes % 2 === 0 ? null : NOW,
    },
    investments: [
      investment(ownId, {
        revision: changes,
        status: changes % 2 === 0 ? 'pending' : 'confirmed',
        total_claimed: `${changes}`,
        refund_due: changes % 2,
        reservation_expires_at: changes % 2 === 0 ? null : NOW,
      }),
    ],
    members: [{ user_id: 'usr_a', registered_at: NOW, blocked_until: changes, revision: changes }],
    claimLevels: [{ investment_id: foreignId, claim_level: isRefused ? '0' : '7.5' }],
    claims: [
      {
        id: `claim-${poolId}`,
        investment_id: foreignId,
        user_id: 'usr_a',
        level: '7.5',
        requested_at: NOW,
        status: isRefused ? 'refused' : 'asked',
      },
    ],
  };
}

describe('rows of a ledger', () => {
  test('are written as they are, and every other column of the pool stays', async () => {
    const { pool: before } = await shown();
    const told = { transaction_hash: '0xa', investment_id: ownId, blockchain: 'ethereum', user_id: 'usr_a' };
    const notice = { kind: 'cancelled', investment_id: null, detail: 'the pool was cancelled' };
    await write(1, {
      ...stateAfter(1),
      toldPayments: [{ ...told, told_at: NOW }],
      notices: [
        { ...notice, notice_id: 1, noticed_at: NOW },
        { ...notice, notice_id: 2, noticed_at: NOW + 1, investment_id: ownId },
      ],
    });
    const { figures, investments = [] } = stateAfter(1);
    const { pool_id: _, ...columns } = figures ?? {};
    expect(await shown()).toEqual({
      pool: [{ ...(before as object[])[0], ...columns }],
      own: [
        {
          ...investments[0],
          total_claimed_units: `${'0'.repeat(41)}1${'0'.repeat(18)}`,
          created_at: NOW + 1,
        },
      ],
      foreign: [{ claim_level: '7.5', revision: null }],
      members: [{ pool_id: poolId, user_id: 'usr_a', registered_at: NOW, blocked_until: 1, revision: 1 }],
      told: [{ ...told, told_at: NOW }],
      claims: [
        {
          id: `claim-${poolId}`,
          user_id: 'usr_a',
          investment_id: foreignId,
          kind: 'claim',
          level_units: `${'0'.repeat(41)}75${'0'.repeat(17)}`,
          occurred_at: NOW,
        },
      ],
      notices: [
        { pool_id: poolId, ...notice, notice_id: 1, noticed_at: NOW },
        { pool_id: poolId, ...notice, notice_id: 2, noticed_at: NOW + 1, investment_id: ownId },
      ],
    });
  });

  test('never go back, in whatever order D1 runs their batches, and however often', async () => {
    const order = fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(order, fc.nat({ max: 4 }), async (numbers, again) => {
        const latest = Math.max(...numbers);
        // The state that the latest batch leaves where it is the only one.
        const isolated = await stateOfOnly(latest);
        for (const number of [...numbers, numbers[again % numbers.length] ?? latest])
          await write(number, stateAfter(number));
        const { own, ...rest } = await shown();
        const { own: expectedOwn, ...expected } = isolated;
        expect(rest).toEqual(expected);
        expect(withoutInsertTime(own)).toEqual(withoutInsertTime(expectedOwn));
        await clear();
      }),
      { numRuns: 30 },
    );
  });

  test('take the place of a row that a sync had written before', async () => {
    await insert('user_investment_cache', { ...investment(ownId), total_claimed_units: '', created_at: 1 });
    await write(1, stateAfter(1));
    expect((await shown()).own).toMatchObject([{ revision: 1, status: 'confirmed' }]);
  });

  test('are none for nothing', () => {
    expect(ledgerWrites(env.DB, { poolId, number: 1, nowSeconds: NOW }, NOTHING)).toEqual([]);
  });
});

const withoutInsertTime = (rows: unknown) =>
  (rows as Record<string, unknown>[]).map(({ created_at: _, ...row }) => row);

async function stateOfOnly(number: number): Promise<Record<string, unknown>> {
  await write(number, stateAfter(number));
  const state = await shown();
  await clear();
  return state;
}

/** As before the first batch. */
async function clear(): Promise<void> {
  const of = (sql: string, id: string) => env.DB.prepare(sql).bind(id);
  await env.DB.batch([
    of('UPDATE ido_pool_cache SET ledger_revision = NULL WHERE id = ?', poolId),
    of('DELETE FROM user_investment_cache WHERE id = ?', ownId),
    of("UPDATE user_investment_cache SET claim_level = '0' WHERE id = ?", foreignId),
    of('DELETE FROM pool_member WHERE pool_id = ?', poolId),
    of('DELETE FROM investment_transaction WHERE investment_id = ?', foreignId),
    of('DELETE FROM ledger_batch WHERE pool_id = ?', poolId),
  ]);
}
