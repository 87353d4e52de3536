/** Notices on their way to channels: one row for each of both. Times are in Unix seconds. */
import type { Notice } from '../../observability/notice.ts';

/**
 * Writes that queue a notice for each channel. A notice with the same id is queued once.
 *
 * @param channels names of `ALERT_CHANNELS`; none makes no statement
 */
export function notificationInserts(
  db: D1Database,
  notice: Notice,
  channels: readonly string[],
  nowSeconds: number,
): D1PreparedStatement[] {
  if (channels.length === 0) return [];
  const isAlert = notice.kind === 'alert';
  return [
    db
      .prepare(
        `INSERT INTO notification (id, channel, thread, rule, notice, created_at, next_attempt_at)
         SELECT ?1 || ':' || value, value, ?2, ?3, ?4, ?5, ?5 FROM json_each(?6) WHERE true
         ON CONFLICT (id) DO NOTHING`,
      )
      .bind(
        notice.id,
        isAlert ? notice.incidentId : notice.id,
        isAlert ? notice.rule : null,
        JSON.stringify(notice),
        nowSeconds,
        JSON.stringify(channels),
      ),
  ];
}
