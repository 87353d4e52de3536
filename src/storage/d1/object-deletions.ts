/**
 * Objects of R2 that are queued for deletion. Each deletion of the row of a file or an upload queues its object, by a trigger.
 * A row that is not due holds its key (`object-writes.ts`). Times are in Unix seconds.
 */

import { isDeletionDue } from './object-writes.ts';

export interface DeletionClaim {
  claimedUntil: number;
  nowSeconds: number;
  limit: number;
  /** Others stay; null for all. */
  only: readonly string[] | null;
}

/**
 * Claims objects that are due, and forgets those that a file has again.
 *
 * @returns statements, of which the result of the second has the claimed keys as `{ object_key }`
 */
export const deletionClaim = (
  db: D1Database,
  { claimedUntil, nowSeconds, limit, only }: DeletionClaim,
): [forget: D1PreparedStatement, claim: D1PreparedStatement] => {
  const isDue = `${isDeletionDue('?1')} AND (?2 IS NULL OR object_key IN (SELECT value FROM json_each(?2)))`;
  const keys = only && JSON.stringify(only);
  return [
    db
      .prepare(
        `DELETE FROM object_deletion WHERE ${isDue}
           AND EXISTS (SELECT 1 FROM user_file WHERE user_file.object_key = object_deletion.object_key)`,
      )
      .bind(nowSeconds, keys),
    // In no order: SQLite would walk the index in that order, over rows that are not due.
    db
      .prepare(
        `UPDATE object_deletion SET next_attempt_at = ?3 WHERE object_key IN
           (SELECT object_key FROM object_deletion WHERE ${isDue} LIMIT ?4)
         RETURNING object_key`,
      )
      .bind(nowSeconds, keys, claimedUntil, limit),
  ];
};

/** Removes objects that are deleted from the queue. */
export const deletionsDone = (
  db: D1Database,
  keys: readonly string[],
  claimedUntil: number,
): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM object_deletion WHERE next_attempt_at = ?2
         AND object_key IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(keys), claimedUntil);

/** Keys that are claimed are due again. */
export const deletionsDue = (
  db: D1Database,
  keys: readonly string[],
  claimedUntil: number,
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE object_deletion SET next_attempt_at = 0 WHERE next_attempt_at = ?2
         AND object_key IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(keys), claimedUntil);
