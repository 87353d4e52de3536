/**
 * The pools whose ledgers may have work that nobody does: a call of the main API that was recorded until `outboxSince`, or
 * a reservation that ran out until `nowSeconds`. One D1 call.
 */
export async function poolsWithOldWork(
  db: D1Database,
  { outboxSince, nowSeconds }: { outboxSince: number; nowSeconds: number },
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT id FROM ido_pool_cache WHERE ledger_revision IS NOT NULL AND (ledger_outbox_since <= ?1 OR id IN
         (SELECT pool_id FROM user_investment_cache INDEXED BY user_investment_cache_reservation
          WHERE status = 'pending' AND reservation_expires_at <= ?2))`,
    )
    .bind(outboxSince, nowSeconds)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
