/** The one row in which the rules of alerts leave their state for the next minute. */
import * as z from 'zod';
import { parseJson } from '../parse-json.ts';

/** Null where there is none, or where it is not JSON. */
export async function readAlertState(db: D1Database): Promise<unknown> {
  const text = await db.prepare('SELECT state FROM alert_state WHERE id = 1').first<string>('state');
  return text === null ? null : (parseJson(text, z.unknown()) ?? null);
}

export const alertStateWrite = (db: D1Database, state: unknown): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO alert_state (id, state) VALUES (1, ?1)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state`,
    )
    .bind(JSON.stringify(state));
