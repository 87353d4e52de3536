/** What a mutation of investing reads, in one call of D1. */
import { fromUnits, toUnits } from '../decimal-units.ts';
import { type IdoPoolRow, storedIdoPoolRead } from './ido-pools.ts';
import { eligibilityRead } from './pool-eligibility.ts';
import { type RightsRow, rightsRead } from './user-rights.ts';

export interface InvestingFacts {
  /** With the status and the figures that the main API gave. */
  pool: IdoPoolRow;
  /** Null if there is no such account. */
  rights: RightsRow | null;
  isRegistered: boolean;
  /** The main API's decision for a whitelist or private pool; null if it has not said anything. */
  isEligible: boolean | null;
  /** The user's living investments in the pool through other channels: a decimal in payment tokens. */
  elsewhere: { amount: string; isParticipant: boolean };
}

/** Null if there is no such pool. */
export async function investingFacts(
  db: D1Database,
  { userId, poolId }: { userId: string; poolId: string },
): Promise<InvestingFacts | null> {
  const [pools, rights, members, eligible, elsewhere] = await db.batch<never>([
    storedIdoPoolRead(db, poolId),
    rightsRead(db, userId),
    db
      .prepare('SELECT registered_at FROM pool_member WHERE user_id = ?1 AND pool_id = ?2')
      .bind(userId, poolId),
    eligibilityRead(db, poolId, userId),
    db
      .prepare(
        `SELECT investment_amount FROM user_investment_cache
         WHERE user_id = ?1 AND pool_id = ?2 AND revision IS NULL AND status IN ('pending', 'confirmed')`,
      )
      .bind(userId, poolId),
  ]);
  const pool = first<IdoPoolRow>(pools);
  if (pool === null) return null;
  const amounts = (elsewhere?.results ?? []) as { investment_amount: string }[];
  return {
    pool,
    rights: first<RightsRow>(rights),
    isRegistered: (first<{ registered_at: number | null }>(members)?.registered_at ?? null) !== null,
    isEligible: eligibleOf(first<{ eligible: number }>(eligible)),
    elsewhere: {
      amount: fromUnits(amounts.reduce((sum, row) => sum + toUnits(row.investment_amount), 0n)),
      isParticipant: amounts.length > 0,
    },
  };
}

const first = <Row>(result: D1Result | undefined): Row | null =>
  (result?.results[0] as Row | undefined) ?? null;
const eligibleOf = (row: { eligible: number } | null) => (row === null ? null : row.eligible === 1);
