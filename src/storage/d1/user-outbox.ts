/** The accounts that are handed over to the main API, each version of an account a row. Times are in Unix seconds. */
import { IS_DUE_SQL, NEXT_ATTEMPT_SQL } from './outbox-attempts.ts';

/** SQL that must hold for anything to be written, with `?1`, `?2`, … for its values. */
export interface OutboxCondition {
  condition: string;
  values: readonly string[];
}

/** Writes the next version of an account to the outbox; nothing if there is no such account, or if it was refused. */
export function outboxWrites(
  db: D1Database,
  userId: string,
  nowSeconds: number,
  { condition, values }: OutboxCondition = { condition: 'SELECT 1', values: [] },
): D1PreparedStatement[] {
  const user = `?${values.length + 1}`;
  const now = `?${values.length + 2}`;
  return [
    db
      .prepare(
        `INSERT INTO user_outbox (user_id, sequence, body, next_attempt_at)
         SELECT id, sequence + 1, json_object('id', id, 'email', email, 'wallet_addresses',
             json((SELECT json_group_array(address) FROM
               (SELECT address FROM user_wallet WHERE user_id = id ORDER BY linked_at, address))),
             'created_at', created_at), ${now}
         FROM user_account WHERE id = ${user} AND refused_at IS NULL AND EXISTS (${condition})`,
      )
      .bind(...values, userId, nowSeconds),
    db
      .prepare(
        `UPDATE user_account SET sequence = sequence + 1
         WHERE id = ?1 AND EXISTS (SELECT 1 FROM user_outbox
           WHERE user_id = ?1 AND user_outbox.sequence = user_account.sequence + 1)`,
      )
      .bind(userId),
  ];
}

/** A version of an account that is being sent. */
export interface OutboxRow {
  user_id: string;
  sequence: number;
  body: string;
  /** With this one. */
  attempts: number;
}

/**
 * Takes rows that are due, the first row of each account alone, and returns them as `OutboxRow`. It puts off their next
 * attempt: nothing has to be written when an attempt fails, or when the run that made it ends too soon.
 *
 * @param userId of one account; null for all, the least tried first
 */
export function dueClaim(
  db: D1Database,
  { nowSeconds, limit, userId }: { nowSeconds: number; limit: number; userId: string | null },
): D1PreparedStatement {
  const ofUser = userId === null ? '' : 'AND user_id = ?3';
  return db
    .prepare(
      `UPDATE user_outbox SET attempts = attempts + 1,
         next_attempt_at = ${NEXT_ATTEMPT_SQL}
       WHERE (user_id, sequence) IN (
         SELECT user_id, sequence FROM user_outbox AS due
         WHERE ${IS_DUE_SQL} ${ofUser}
           AND NOT EXISTS (SELECT 1 FROM user_outbox AS earlier
             WHERE earlier.user_id = due.user_id AND earlier.sequence < due.sequence)
         ORDER BY attempts, next_attempt_at LIMIT ?2)
       RETURNING user_id, sequence, body, attempts`,
    )
    .bind(...[nowSeconds, limit], ...(userId === null ? [] : [userId]));
}

/** The main API has stored the version. */
export const storedDelete = (db: D1Database, { user_id, sequence }: OutboxRow): D1PreparedStatement =>
  db.prepare('DELETE FROM user_outbox WHERE user_id = ?1 AND sequence = ?2').bind(user_id, sequence);

/** The main API has refused the account: it has no rights any more, and no other version of it is sent. */
export const accountRefusalWrites = (
  db: D1Database,
  { user_id, sequence }: OutboxRow,
  nowSeconds: number,
): D1PreparedStatement[] => [
  db
    .prepare(
      `UPDATE user_account SET refused_at = ?3, kyc_level = 0, user_level = 0, permissions = '[]'
       WHERE id = ?1 AND EXISTS (SELECT 1 FROM user_outbox WHERE user_id = ?1 AND sequence = ?2)`,
    )
    .bind(user_id, sequence, nowSeconds),
  db
    .prepare(
      `DELETE FROM user_outbox
       WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM user_account WHERE id = ?1 AND refused_at IS NOT NULL)`,
    )
    .bind(user_id),
];

/**
 * The main API has refused a later version: its wallets are unlinked. The versions behind it have not been sent yet, and
 * are sent without these wallets.
 */
export const walletRefusalWrites = (
  db: D1Database,
  { user_id, sequence }: OutboxRow,
): D1PreparedStatement[] => [
  db
    .prepare(
      `UPDATE user_outbox SET body = json_set(body, '$.wallet_addresses',
         json((SELECT json_group_array(value) FROM
           (SELECT value FROM json_each(body, '$.wallet_addresses') WHERE value NOT IN
             (SELECT address FROM user_wallet WHERE user_id = ?1 AND sequence = ?2) ORDER BY key))))
       WHERE user_id = ?1 AND sequence > ?2
         AND EXISTS (SELECT 1 FROM user_outbox WHERE user_id = ?1 AND sequence = ?2)`,
    )
    .bind(user_id, sequence),
  db
    .prepare(
      `DELETE FROM user_wallet WHERE user_id = ?1 AND sequence = ?2
         AND EXISTS (SELECT 1 FROM user_outbox WHERE user_id = ?1 AND sequence = ?2)`,
    )
    .bind(user_id, sequence),
  db.prepare('DELETE FROM user_outbox WHERE user_id = ?1 AND sequence = ?2').bind(user_id, sequence),
];
