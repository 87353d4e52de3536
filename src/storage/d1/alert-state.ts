/** The one row in which the rules of alerts leave their state for the next minute. */

/** Null where there is none, or where it is not JSON. */
export async function readAlertState(db: D1Database): Promise<unknown> {
  const text = await db.prepare('SELECT state FROM alert_state WHERE id = 1').first<string>('state');
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const alertStateWrite = (db: D1Database, state: unknown): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO alert_state (id, state) VALUES (1, ?1)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state`,
    )
    .bind(JSON.stringify(state));
