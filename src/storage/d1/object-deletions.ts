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

export interface ClaimedKey {
  object_key: string;
  /** 1 if the object is that of a file: it stays. */
  is_file: number;
}

/** Claims objects that are due. @returns a statement whose results are `ClaimedKey`s */
export const deletionClaim = (
  db: D1Database,
  { claimedUntil, nowSeconds, limit, only }: DeletionClaim,
): D1PreparedStatement =>
  // In no order: SQLite would walk the index in that order, over rows that are not due.
  db
    .prepare(
      `UPDATE object_deletion SET next_attempt_at = ?3 WHERE object_key IN
         (SELECT object_key FROM object_deletion
          WHERE ${isDeletionDue('?1')} AND (?2 IS NULL OR object_key IN (SELECT value FROM json_each(?2)))
          LIMIT ?4)
       RETURNING object_key,
         EXISTS (SELECT 1 FROM user_file WHERE user_file.object_key = object_deletion.object_key) AS is_file`,
    )
    .bind(nowSeconds, only && JSON.stringify(only), claimedUntil, limit);

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

/** Removes objects from the queue that are those of files still. */
export const filesKept = (
  db: D1Database,
  keys: readonly string[],
  claimedUntil: number,
): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM object_deletion WHERE next_attempt_at = ?2
         AND object_key IN (SELECT value FROM json_each(?1))
         AND EXISTS (SELECT 1 FROM user_file WHERE user_file.object_key = object_deletion.object_key)`,
    )
    .bind(JSON.stringify(keys), claimedUntil);

/** Keys that are claimed are due again: from now, so that those which were never tried stand before them in the index. */
export const deletionsDue = (
  db: D1Database,
  keys: readonly string[],
  { claimedUntil, nowSeconds }: Pick<DeletionClaim, 'claimedUntil' | 'nowSeconds'>,
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE object_deletion SET next_attempt_at = ?3 WHERE next_attempt_at = ?2
         AND object_key IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(keys), claimedUntil, nowSeconds);
