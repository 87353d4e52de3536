/** Accounts that were closed: nothing of them is left but their investments. */

/**
 * Erases accounts with all that depends on them.
 *
 * @param userIds a JSON list
 * @returns statements whose results have the ids of the sessions that end, and of the accounts, each as `{ id }`.
 */
export const closedUsersDeletes = (
  db: D1Database,
  userIds: string,
): [sessions: D1PreparedStatement, accounts: D1PreparedStatement] => [
  db
    .prepare('DELETE FROM user_session WHERE user_id IN (SELECT value FROM json_each(?1)) RETURNING id')
    .bind(userIds),
  db
    .prepare('DELETE FROM user_account WHERE id IN (SELECT value FROM json_each(?1)) RETURNING id')
    .bind(userIds),
];
