/** Transactions that users have told of. A pool's ledger sees those of its own pool alone. */
import type { FoundNotice } from './ledger-notices.ts';

const DETAIL = 'Its transaction was told of for an investment in another pool too.';

/** Investments whose transaction was told of since then, and at any time for an investment in another pool. */
export async function hashesToldInTwoPools(db: D1Database, sinceSeconds: number): Promise<FoundNotice[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT investment.pool_id, investment.id AS investment_id
       FROM told_payment AS told JOIN user_investment_cache AS investment ON investment.id = told.investment_id
       WHERE told.told_at >= ?1 AND EXISTS (
         SELECT 1 FROM told_payment AS other
         JOIN user_investment_cache AS elsewhere ON elsewhere.id = other.investment_id
         WHERE other.transaction_hash = told.transaction_hash AND elsewhere.pool_id <> investment.pool_id)`,
    )
    .bind(sinceSeconds)
    .all<{ pool_id: string; investment_id: string }>();
  return results.map((found) => ({ ...found, kind: 'hash_told_twice', detail: DETAIL }));
}
