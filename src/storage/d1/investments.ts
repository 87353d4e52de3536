/**
 * Investments, as the upstream contract names their fields. Times are in Unix seconds, amounts are decimals.
 *
 * Every read is one D1 call, whatever its arguments are.
 */
import { defineTable, integer, orNull, type SelectedRow, text, textOf } from './columns.ts';
import type { IdoPoolRow } from './ido-pools.ts';
import { countRows, type Keyed, keysetPage, type PageStart } from './keyset.ts';

export type InvestmentStatus = 'pending' | 'confirmed' | 'failed' | 'refunded';

export type InvestmentFailure = 'EXPIRED' | 'SOLD_OUT' | 'POOL_CANCELLED' | 'REFUSED';

/** The ledger of the pool writes the rows of the edge's own investments, and syncs all others. */
export const investmentTable = defineTable({
  name: 'user_investment_cache',
  columns: {
    id: text,
    user_id: text,
    pool_id: text,
    investment_amount: text,
    token_amount: text,
    token_price: text,
    payment_token: text,
    status: textOf<InvestmentStatus>(),
    total_claimed: text,
    claimable_amount: text,
    next_claim_date: orNull(integer),
    transaction_hash: orNull(text),
    block_number: orNull(integer),
    invested_at: integer,
    confirmed_at: orNull(integer),
    updated_at: integer,
    revision: orNull(integer),
    reservation_expires_at: orNull(integer),
    failure: orNull(textOf<InvestmentFailure>()),
    /** 1 or 0. */
    refund_due: integer,
    receipt_sequence: orNull(integer),
    receipt_hash: orNull(text),
    receipt_at: orNull(integer),
    claim_level: text,
  },
  writeOnly: { total_claimed_units: text },
  computed: [
    'revision',
    'reservation_expires_at',
    'failure',
    'refund_due',
    'receipt_sequence',
    'receipt_hash',
    'receipt_at',
    'claim_level',
  ],
  unless: { condition: 'revision IS NOT NULL' },
  key: ['id'],
  version: 'updated_at',
  insertedAt: 'created_at',
});
export type InvestmentRow = SelectedRow<typeof investmentTable>;
export const investmentWrites = investmentTable.writes;

const COLUMNS = investmentTable.selectList();

export interface InvestmentPageQuery extends PageStart {
  userId: string;
  status?: InvestmentStatus | undefined;
  limit: number;
}

/** Newest first. */
export function investmentPage(db: D1Database, query: InvestmentPageQuery): Promise<Keyed<InvestmentRow>[]> {
  const filter = filterSql(query.userId, query.status);
  return keysetPage<InvestmentRow>(db, {
    table: 'user_investment_cache',
    columns: COLUMNS,
    keyColumn: 'invested_at',
    keyNullable: false,
    descending: true,
    after: query.after,
    offset: query.offset,
    limit: query.limit,
    filter: filter.conditions,
    filterValues: filter.values,
    plan: 'range',
    indexedBy: `INDEXED BY user_investment_cache_user${query.status === undefined ? '' : '_status'}`,
  });
}

export function countInvestments(
  db: D1Database,
  userId: string,
  status: InvestmentStatus | undefined,
): Promise<number> {
  const { conditions, values } = filterSql(userId, status);
  return countRows(db, 'user_investment_cache', conditions, values);
}

const filterSql = (userId: string, status: InvestmentStatus | undefined) =>
  status === undefined
    ? { conditions: ['user_id = ?1'], values: [userId] }
    : { conditions: ['user_id = ?1', 'status = ?2'], values: [userId, status] };

/** By id, without the investments of other users. */
export async function investmentsOfUser(
  db: D1Database,
  userId: string,
  ids: readonly string[],
): Promise<Map<string, InvestmentRow>> {
  // The unary plus keeps SQLite from reading all investments of the user.
  const sql = `SELECT ${COLUMNS} FROM user_investment_cache WHERE +user_id = ?1 AND id IN (SELECT value FROM json_each(?2))`;
  const { results } = await db.prepare(sql).bind(userId, JSON.stringify(ids)).all<InvestmentRow>();
  return new Map(results.map((row) => [row.id, row]));
}

/**
 * A user's pending and confirmed investments in some pools.
 *
 * @param poolIds a JSON list
 */
export const livingInvestmentsIn = (db: D1Database, userId: string, poolIds: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${COLUMNS} FROM user_investment_cache INDEXED BY user_investment_cache_user_pool
       WHERE user_id = ?1 AND pool_id IN (SELECT value FROM json_each(?2)) AND status IN ('pending', 'confirmed')`,
    )
    .bind(userId, poolIds);

/** The investments of any user: only for the feed that sends each owner their own. */
export async function investmentsByIds(db: D1Database, ids: readonly string[]): Promise<InvestmentRow[]> {
  const sql = `SELECT ${COLUMNS} FROM user_investment_cache WHERE id IN (SELECT value FROM json_each(?1))`;
  return (await db.prepare(sql).bind(JSON.stringify(ids)).all<InvestmentRow>()).results;
}

/** An investment of the edge's own. */
export type EdgeInvestmentRow = Pick<
  InvestmentRow,
  'id' | 'user_id' | 'pool_id' | 'investment_amount' | 'token_amount' | 'status' | 'updated_at'
> &
  Pick<IdoPoolRow, 'ledger_outbox_since'>;

/** All of them by pages, in the order of their ids. `''` begins. */
export async function edgeInvestmentsAfter(
  db: D1Database,
  id: string,
  limit: number,
): Promise<EdgeInvestmentRow[]> {
  const sql = `SELECT investment.id, investment.user_id, investment.pool_id, investment_amount, token_amount,
      investment.status, investment.updated_at, pool.ledger_outbox_since
    FROM user_investment_cache AS investment LEFT JOIN ido_pool_cache AS pool ON pool.id = investment.pool_id
    WHERE investment.id > ?1 AND investment.revision IS NOT NULL ORDER BY investment.id LIMIT ?2`;
  return (await db.prepare(sql).bind(id, limit).all<EdgeInvestmentRow>()).results;
}
