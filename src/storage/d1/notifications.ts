/** Notices on their way to channels: one row for each of both. Times are in Unix seconds. */
import type { Notice } from '../../observability/notice.ts';
import { IS_SILENCED_SQL } from './alert-silences.ts';
import { IS_DUE_SQL, NEXT_ATTEMPT_SQL } from './outbox-attempts.ts';

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

/** A notice that is being sent to a channel. */
export interface NotificationRow {
  id: string;
  channel: string;
  /** A `Notice`, as JSON. */
  notice: string;
  /** With this one. */
  attempts: number;
}

/** Rules that are silenced now: `?1` is the time. */
const SILENCED_SQL = `(SELECT rule FROM alert_silence WHERE ${IS_SILENCED_SQL})`;
const pairSql = (event: 'fired' | 'resolved', condition: string) =>
  `EXISTS (SELECT 1 FROM notification AS other
    WHERE other.thread = notification.thread AND other.channel = notification.channel
      AND other.outcome IS NULL AND json_extract(other.notice, '$.event') = '${event}' ${condition})`;

/** Ends notices of incidents that began and ended in a silence: no channel gets them when the silence ends. */
export const silencedPairsWrite = (db: D1Database, nowSeconds: number): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE notification SET outcome = 'silenced', ended_at = ?1
       WHERE outcome IS NULL AND rule IN ${SILENCED_SQL}
         AND ${pairSql('fired', 'AND other.attempts = 0')} AND ${pairSql('resolved', '')}`,
    )
    .bind(nowSeconds);

/**
 * Takes rows that are due and returns them. It puts off their next attempt: nothing has to be written when an attempt
 * fails. A row waits for the earlier ones of its thread, and for the end of a silence if no channel has its incident's first notice.
 *
 * @param exceptChannels channels that have failed in this run
 */
export const dueNotificationClaim = (
  db: D1Database,
  {
    nowSeconds,
    limit,
    exceptChannels,
  }: { nowSeconds: number; limit: number; exceptChannels: readonly string[] },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE notification SET attempts = attempts + 1, next_attempt_at = ${NEXT_ATTEMPT_SQL}
       WHERE id IN (
         SELECT id FROM notification AS due
         WHERE outcome IS NULL AND ${IS_DUE_SQL}
           AND channel NOT IN (SELECT value FROM json_each(?3))
           AND NOT (attempts = 0 AND rule IN ${SILENCED_SQL} AND json_extract(notice, '$.event') = 'fired')
           AND NOT EXISTS (
             SELECT 1 FROM notification AS earlier
             WHERE earlier.thread = due.thread AND earlier.channel = due.channel
               AND earlier.outcome IS NULL AND earlier.sequence < due.sequence)
         ORDER BY attempts, sequence LIMIT ?2)
       RETURNING id, channel, notice, attempts`,
    )
    .bind(nowSeconds, limit, JSON.stringify(exceptChannels));

export const sentNotificationWrite = (db: D1Database, id: string, nowSeconds: number): D1PreparedStatement =>
  db.prepare(`UPDATE notification SET outcome = 'sent', ended_at = ?2 WHERE id = ?1`).bind(id, nowSeconds);

/** @param failure.notBefore Unix seconds; the time that the claim has set may be later */
export const failedNotificationWrite = (
  db: D1Database,
  id: string,
  { reason, notBefore }: { reason: string; notBefore: number },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE notification SET last_error = ?2, next_attempt_at = max(next_attempt_at, ?3)
       WHERE id = ?1 AND outcome IS NULL`,
    )
    .bind(id, reason, notBefore);

export const givenUpNotificationWrite = (
  db: D1Database,
  id: string,
  { reason, nowSeconds }: { reason: string; nowSeconds: number },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE notification SET outcome = 'given_up', ended_at = ?3, last_error = ?2
       WHERE id = ?1 AND outcome IS NULL`,
    )
    .bind(id, reason, nowSeconds);

/** The state of a channel, by the notices that are kept. */
export interface ChannelState {
  waiting: number;
  /** The oldest that waits. */
  waitingSince: number | null;
  lastSentAt: number | null;
  /** The latest error of those that wait or were given up. */
  lastError: string | null;
  givenUp: number;
}

/** By the name of the channel. */
export async function channelStates(db: D1Database): Promise<Map<string, ChannelState>> {
  const { results } = await db
    .prepare(
      `SELECT channel, count(*) FILTER (WHERE outcome IS NULL) AS waiting,
         min(created_at) FILTER (WHERE outcome IS NULL) AS waitingSince,
         max(ended_at) FILTER (WHERE outcome = 'sent') AS lastSentAt,
         count(*) FILTER (WHERE outcome = 'given_up') AS givenUp,
         (SELECT last_error FROM notification AS failed
          WHERE failed.channel = notification.channel AND last_error IS NOT NULL
            AND (outcome IS NULL OR outcome = 'given_up')
          ORDER BY sequence DESC LIMIT 1) AS lastError
       FROM notification GROUP BY channel`,
    )
    .all<ChannelState & { channel: string }>();
  return new Map(results.map(({ channel, ...state }) => [channel, state]));
}

/** @param before Unix seconds */
export const expiredNotificationDeletes = (db: D1Database, before: number): D1PreparedStatement[] => [
  db.prepare('DELETE FROM notification WHERE outcome IS NOT NULL AND ended_at < ?1').bind(before),
  db.prepare('DELETE FROM alert_silence WHERE ends_at < ?1').bind(before),
];
