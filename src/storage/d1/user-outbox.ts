/** The accounts that are handed over to the main API, each version of an account a row. Times are in Unix seconds. */

/** SQL that must hold for anything to be written, with `?1`, `?2`, … for its values. */
export interface OutboxCondition {
  condition: string;
  values: readonly string[];
}

/** Writes the next version of an account to the outbox; nothing if there is no such account. */
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
         FROM user_account WHERE id = ${user} AND EXISTS (${condition})`,
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
