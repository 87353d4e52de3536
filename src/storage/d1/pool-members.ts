/** The places of one user in pools: whether they are on the list, may take part, and what they have put in. */
import { type InvestmentRow, livingInvestmentsIn } from './investments.ts';

/** Times are in Unix seconds. */
export interface PoolPlace {
  registeredAt: number | null;
  /** Reservations that ran out unpaid keep the user from the next one until then; 0 if nothing does. */
  blockedUntil: number;
  /** The main API's decision for a whitelist or private pool; null if it has not said anything. */
  isEligible: boolean | null;
  /** Pending and confirmed. */
  investments: InvestmentRow[];
}

const ASKED_POOLS = 'pool_id IN (SELECT value FROM json_each(?2))';

/** By pool id, one for each of `poolIds`. One D1 call. */
export async function poolPlacesOf(
  db: D1Database,
  userId: string,
  poolIds: readonly string[],
): Promise<Map<string, PoolPlace>> {
  const asked = JSON.stringify(poolIds);
  const [members, eligibilities, investments] = await db.batch([
    db
      .prepare(
        `SELECT pool_id, registered_at, blocked_until FROM pool_member WHERE user_id = ?1 AND ${ASKED_POOLS}`,
      )
      .bind(userId, asked),
    db
      .prepare(`SELECT pool_id, eligible FROM pool_eligibility WHERE user_id = ?1 AND ${ASKED_POOLS}`)
      .bind(userId, asked),
    livingInvestmentsIn(db, userId, asked),
  ]);
  const places = new Map<string, PoolPlace>(
    poolIds.map((id) => [id, { registeredAt: null, blockedUntil: 0, isEligible: null, investments: [] }]),
  );
  const each = <Row extends { pool_id: string }>(
    result: D1Result | undefined,
    note: (place: PoolPlace, row: Row) => void,
  ) => {
    for (const row of (result?.results ?? []) as Row[]) {
      const place = places.get(row.pool_id);
      if (place !== undefined) note(place, row);
    }
  };
  each<{ pool_id: string; registered_at: number | null; blocked_until: number }>(members, (place, row) => {
    place.registeredAt = row.registered_at;
    place.blockedUntil = row.blocked_until;
  });
  each<{ pool_id: string; eligible: number }>(eligibilities, (place, { eligible }) => {
    place.isEligible = eligible === 1;
  });
  each<InvestmentRow>(investments, (place, row) => {
    place.investments.push(row);
  });
  return places;
}
