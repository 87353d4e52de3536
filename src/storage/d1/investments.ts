/** Reads of `user_investment_cache`. Every function here is one D1 call, whatever it is asked for. */
import { type KeysetPosition, keysetStatement } from './keyset.ts';
import type { Keyed } from './projects.ts';
import type { InvestmentRow, InvestmentStatus } from './rows.ts';

const COLUMNS =
  'id, user_id, pool_id, investment_amount, token_amount, token_price, payment_token, status, total_claimed, ' +
  'claimable_amount, next_claim_date, transaction_hash, block_number, invested_at, confirmed_at, updated_at';

export interface InvestmentPageQuery {
  userId: string;
  status?: InvestmentStatus | undefined;
  after: KeysetPosition | null;
  limit: number;
}

/** Newest first. */
export async function investmentPage(
  db: D1Database,
  query: InvestmentPageQuery,
): Promise<Keyed<InvestmentRow>[]> {
  const ofStatus = query.status !== undefined;
  const statement = keysetStatement(db, {
    table: 'user_investment_cache',
    columns: COLUMNS,
    keyColumn: 'invested_at',
    keyNullable: false,
    descending: true,
    after: query.after,
    limit: query.limit,
    filter: ofStatus ? ['user_id = ?1', 'status = ?2'] : ['user_id = ?1'],
    filterValues: ofStatus ? [query.userId, query.status] : [query.userId],
    plan: 'range',
    indexedBy: `INDEXED BY user_investment_cache_user${ofStatus ? '_status' : ''}`,
  });
  return (await statement.all<Keyed<InvestmentRow>>()).results;
}

export async function countInvestments(
  db: D1Database,
  userId: string,
  status: InvestmentStatus | undefined,
): Promise<number> {
  const sql = `SELECT count(*) AS total FROM user_investment_cache WHERE user_id = ?1 ${status === undefined ? '' : 'AND status = ?2'}`;
  const values = status === undefined ? [userId] : [userId, status];
  const row = await db
    .prepare(sql)
    .bind(...values)
    .first<{ total: number }>();
  return row?.total ?? 0;
}

/** Only those of one user: an investment of somebody else is as good as absent. */
export async function investmentsOfUser(
  db: D1Database,
  userId: string,
  ids: readonly string[],
): Promise<Map<string, InvestmentRow>> {
  const sql = `SELECT ${COLUMNS} FROM user_investment_cache WHERE user_id = ?1 AND id IN (SELECT value FROM json_each(?2))`;
  const { results } = await db.prepare(sql).bind(userId, JSON.stringify(ids)).all<InvestmentRow>();
  return new Map(results.map((row) => [row.id, row]));
}

/** Whosoever they are: for the feed that tells each owner of their own. */
export async function investmentsByIds(db: D1Database, ids: readonly string[]): Promise<InvestmentRow[]> {
  const sql = `SELECT ${COLUMNS} FROM user_investment_cache WHERE id IN (SELECT value FROM json_each(?1))`;
  return (await db.prepare(sql).bind(JSON.stringify(ids)).all<InvestmentRow>()).results;
}
