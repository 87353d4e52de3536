/** Documents for identification that the main API does not know of yet. Times are in Unix seconds. */
import { IS_DUE_SQL, NEXT_ATTEMPT_SQL } from './outbox-attempts.ts';

/** A document that is being handed over. */
export interface IdentificationOutboxRow {
  file_id: string;
  user_id: string;
  body: string;
  /** With this one. */
  attempts: number;
}

/**
 * Takes rows that are due and returns them. It puts off their next attempt: nothing has to be written when an attempt
 * fails. A document waits for its account, and for ever if the main API has refused that.
 *
 * @param userId of one account; null for all, the least tried first
 */
export function dueIdentificationClaim(
  db: D1Database,
  { nowSeconds, limit, userId }: { nowSeconds: number; limit: number; userId: string | null },
): D1PreparedStatement {
  const ofUser = userId === null ? '' : 'AND user_id = ?3';
  return db
    .prepare(
      `UPDATE identification_outbox SET attempts = attempts + 1,
         next_attempt_at = ${NEXT_ATTEMPT_SQL}
       WHERE file_id IN (
         SELECT file_id FROM identification_outbox AS due
         WHERE ${IS_DUE_SQL} ${ofUser}
           AND NOT EXISTS (SELECT 1 FROM user_outbox WHERE user_outbox.user_id = due.user_id)
           AND NOT EXISTS (SELECT 1 FROM user_account WHERE id = due.user_id AND refused_at IS NOT NULL)
         ORDER BY attempts, next_attempt_at LIMIT ?2)
       RETURNING file_id, user_id, body, attempts`,
    )
    .bind(...[nowSeconds, limit], ...(userId === null ? [] : [userId]));
}

/** The main API has answered for good. */
export const identificationOutboxDelete = (db: D1Database, fileId: string): D1PreparedStatement =>
  db.prepare('DELETE FROM identification_outbox WHERE file_id = ?1').bind(fileId);
