/** Silences of alert rules. Times are in Unix seconds. */
import { CLOCK_SKEW_MAX_SECONDS } from '../clock-skew.ts';

export interface AlertSilence {
  rule: string;
  endsAt: number;
  createdAt: number;
  /** The name of the key that asked for it. */
  createdBy: string;
}

/**
 * True of a row of `alert_silence` that silences its rule now, as SQL: `?1` is the time. One that seems to be of a later time was made
 * before the clock was set back, and would last too long.
 */
export const IS_SILENCED_SQL = `(ends_at > ?1 AND created_at <= ?1 + ${CLOCK_SKEW_MAX_SECONDS})`;

/** Replaces the silence of the rule. */
export const silenceWrite = (
  db: D1Database,
  { rule, endsAt, createdAt, createdBy }: AlertSilence,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO alert_silence (rule, ends_at, created_at, created_by) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (rule) DO UPDATE SET ends_at = ?2, created_at = ?3, created_by = ?4`,
    )
    .bind(rule, endsAt, createdAt, createdBy);

/** Those that have not ended, the next one to end first. */
export async function runningSilences(db: D1Database, nowSeconds: number): Promise<AlertSilence[]> {
  const { results } = await db
    .prepare(
      `SELECT rule, ends_at AS endsAt, created_at AS createdAt, created_by AS createdBy
       FROM alert_silence WHERE ${IS_SILENCED_SQL} ORDER BY ends_at, rule`,
    )
    .bind(nowSeconds)
    .all<AlertSilence>();
  return results;
}
