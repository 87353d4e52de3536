/**
 * Who may take part in a whitelist or private pool, as the main API says. Times are in Unix seconds.
 *
 * An older decision is never written over a newer one.
 */
import { defineTable, integer, type SelectedRow, text } from './columns.ts';

export const poolEligibilityTable = defineTable({
  name: 'pool_eligibility',
  columns: {
    pool_id: text,
    user_id: text,
    /** 1 or 0. */
    eligible: integer,
    updated_at: integer,
  },
  key: ['pool_id', 'user_id'],
  version: 'updated_at',
});

export type EligibilityDecision = Pick<SelectedRow<typeof poolEligibilityTable>, 'user_id' | 'updated_at'> & {
  eligible: boolean;
};

export const eligibilityWrites = (
  db: D1Database,
  poolId: string,
  decisions: readonly EligibilityDecision[],
  nowSeconds: number,
): D1PreparedStatement[] =>
  poolEligibilityTable.writes(
    db,
    decisions.map(({ user_id, eligible, updated_at }) => ({
      ...{ pool_id: poolId, user_id, eligible: eligible ? 1 : 0, updated_at },
    })),
    nowSeconds,
  );

/** `eligible` is 1 or 0; no row if the main API has not said anything. */
export const eligibilityRead = (db: D1Database, poolId: string, userId: string): D1PreparedStatement =>
  db
    .prepare('SELECT eligible FROM pool_eligibility WHERE pool_id = ?1 AND user_id = ?2')
    .bind(poolId, userId);

/** `newest`: the greatest `updated_at` of the pool's decisions; null if there is none. */
export const newestEligibilityRead = (db: D1Database, poolId: string): D1PreparedStatement =>
  db.prepare('SELECT max(updated_at) AS newest FROM pool_eligibility WHERE pool_id = ?1').bind(poolId);

export interface RestrictedPool {
  id: string;
  /** 1 if decisions are stored, else 0. */
  is_known: number;
}

/** The whitelist and private pools that are not over, those whose sale ends first. */
export async function restrictedPools(db: D1Database, nowSeconds: number): Promise<RestrictedPool[]> {
  const { results } = await db
    .prepare(
      `SELECT id, EXISTS (SELECT 1 FROM pool_eligibility WHERE pool_id = pool.id) AS is_known
       FROM ido_pool_cache AS pool
       WHERE pool_type <> 'public' AND status NOT IN ('cancelled', 'completed') AND sale_end > ?1
       ORDER BY sale_end, id`,
    )
    .bind(nowSeconds)
    .all<RestrictedPool>();
  return results;
}
