/** Documents for identification that the main API does not know of yet. Times are in Unix seconds. */

/** A document that is being handed over. */
export interface IdentificationOutboxRow {
  file_id: string;
  user_id: string;
  body: string;
  /** With this one. */
  attempts: number;
}

/** A call, and the answer to it, take less than this: until then no other run sends the same row. */
const FIRST_PAUSE_SECONDS = 60;
const DOUBLINGS_MAX = 4;
/** A row that is due later than this was written before the clock was set back. */
const DUE_WITHIN_SECONDS = FIRST_PAUSE_SECONDS * 2 ** DOUBLINGS_MAX + 60;

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
         next_attempt_at = ?1 + (${FIRST_PAUSE_SECONDS} << min(attempts, ${DOUBLINGS_MAX}))
       WHERE file_id IN (
         SELECT file_id FROM identification_outbox AS due
         WHERE (next_attempt_at <= ?1 OR next_attempt_at > ?1 + ${DUE_WITHIN_SECONDS}) ${ofUser}
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
