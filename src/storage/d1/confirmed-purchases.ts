/** What one confirmed investment has bought. Amounts are decimals. */
export interface ConfirmedPurchase {
  pool_id: string;
  token_amount: string;
  investment_amount: string;
  payment_token: string;
  /** Null if the pool or its project is not known. */
  project_id: string | null;
  /** In upper case. */
  symbol: string | null;
  /** 1 if the symbol means this project, else 0. */
  owns_symbol: number | null;
}

/** A user's, oldest first. One D1 call. */
export async function confirmedPurchases(db: D1Database, userId: string): Promise<ConfirmedPurchase[]> {
  const { results } = await db
    .prepare(
      `SELECT pool_id, token_amount, investment_amount, investment.payment_token,
         project.id AS project_id, project.symbol, project.owns_symbol
       FROM user_investment_cache AS investment INDEXED BY user_investment_cache_user_status
       LEFT JOIN ido_pool_cache AS pool ON pool.id = investment.pool_id
       LEFT JOIN project_cache AS project ON project.id = pool.project_id
       WHERE investment.user_id = ?1 AND investment.status = 'confirmed'
       ORDER BY invested_at, investment.id`,
    )
    .bind(userId)
    .all<ConfirmedPurchase>();
  return results;
}
