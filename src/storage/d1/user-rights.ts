/**
 * Levels and permissions of accounts, as the main API gives them. Times are in Unix seconds.
 *
 * An older answer is never written over a newer one, and an account that the main API has refused never has rights.
 */

import { CLOCK_SKEW_MAX_SECONDS } from '../clock-skew.ts';
import { IDENTIFICATION_KINDS_SQL } from './user-uploads.ts';

/** A value that is left out keeps what is stored. */
export interface RightsAnswer {
  user_level?: number | undefined;
  kyc_level?: number | undefined;
  permissions?: readonly string[] | undefined;
  kyc_decided_at?: number | undefined;
}

export interface RightsRow {
  user_level: number;
  kyc_level: number;
  /** A JSON list. */
  permissions: string;
  refused_at: number | null;
}

/**
 * The statement has one result if it writes. `changes` of D1 also counts what triggers write.
 *
 * @param answer null if the main API does not know the user: no rights
 * @param askedAt when the question was asked
 */
export function rightsWrite(
  db: D1Database,
  userId: string,
  answer: RightsAnswer | null,
  askedAt: number,
): D1PreparedStatement {
  const { user_level, kyc_level, permissions, kyc_decided_at }: RightsAnswer = answer ?? NO_RIGHTS;
  // If two answers are of one second, "not known" is the older one: an account is asked for while it is handed over.
  const newerFrom = answer === null ? askedAt : askedAt + 1;
  return db
    .prepare(
      `UPDATE user_account SET
         user_level = CASE WHEN refused_at IS NULL THEN coalesce(?2, user_level) ELSE 0 END,
         kyc_level = CASE WHEN refused_at IS NULL THEN coalesce(?3, kyc_level) ELSE 0 END,
         permissions = CASE WHEN refused_at IS NULL THEN coalesce(?4, permissions) ELSE '[]' END,
         rights_checked_at = ?5, kyc_decided_at = coalesce(?7, kyc_decided_at)
       WHERE id = ?1 AND rights_checked_at NOT BETWEEN ?6 AND ?5 + ${CLOCK_SKEW_MAX_SECONDS}
       RETURNING 1`,
    )
    .bind(
      ...[userId, user_level ?? null, kyc_level ?? null],
      ...[permissions === undefined ? null : JSON.stringify(permissions), askedAt, newerFrom],
      kyc_decided_at ?? null,
    );
}

const NO_RIGHTS: RightsAnswer = { user_level: 0, kyc_level: 0, permissions: [] };

export const rightsRead = (db: D1Database, userId: string): D1PreparedStatement =>
  db
    .prepare('SELECT user_level, kyc_level, permissions, refused_at FROM user_account WHERE id = ?1')
    .bind(userId);

/**
 * The ids of accounts that were active since a time, and after them of those that wait for a decision about their documents and were
 * not checked since another: of either, those whose rights were checked longest ago first.
 */
export async function usersToCheck(
  db: D1Database,
  { activeSince, checkedBefore, limit }: { activeSince: number; checkedBefore: number; limit: number },
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT id FROM user_account
       WHERE refused_at IS NULL AND (last_active_at >= ?1 OR rights_checked_at <= ?2 AND id IN (
         SELECT user_id FROM user_file
         WHERE delete_after IS NULL AND kind IN ${IDENTIFICATION_KINDS_SQL}))
       ORDER BY last_active_at >= ?1 DESC, rights_checked_at, id LIMIT ?3`,
    )
    .bind(activeSince, checkedBefore, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
