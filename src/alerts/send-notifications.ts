/**
 * Sends the notices that are due, each to its channel.
 *
 * Guarantees: a channel that fails holds up no other one. A row is sent again until its channel has taken it, with the same
 * id, or until its attempts are used up. A run that is cut off after a channel has taken a notice sends it once more: a
 * channel that knows ids shows it once. Two runs at once do not take the same row.
 */
import { NOTICE_ATTEMPTS_MAX, NOTICES_AT_ONCE } from '../config.ts';
import { log } from '../observability/log.ts';
import type { Notice } from '../observability/notice.ts';
import type { AlertChannel } from '../settings/alert-settings.ts';
import {
  dueNotificationClaim,
  failedNotificationWrite,
  givenUpNotificationWrite,
  type NotificationRow,
  sentNotificationWrite,
  silencedPairsWrite,
} from '../storage/d1/notifications.ts';
import { type SentRow, sendDueRows } from '../storage/d1/send-due-rows.ts';
import type { SendNotice, SendOutcome } from './send-notice.ts';

export interface NotificationSources {
  db: D1Database;
  channels: readonly AlertChannel[];
  send: SendNotice;
  nowSeconds(): number;
}

/** @throws the error of D1 that ended the run early */
export async function sendNotifications(sources: NotificationSources): Promise<void> {
  const { db, nowSeconds } = sources;
  const failed = new Set<string>();
  await silencedPairsWrite(db, nowSeconds()).run();
  const { failure } = await sendDueRows<NotificationRow>({
    write: (statements) => db.batch(statements),
    claim: () =>
      dueNotificationClaim(db, {
        nowSeconds: nowSeconds(),
        limit: NOTICES_AT_ONCE,
        exceptChannels: [...failed],
      }),
    async send(row) {
      const sent = await sendRow(sources, row);
      if (sent.outcome === 'failed') failed.add(row.channel);
      return sent;
    },
    isEnough: (sent) => sent.length === 0,
  });
  if (failure !== undefined) throw failure;
}

async function sendRow(sources: NotificationSources, row: NotificationRow): Promise<SentRow> {
  const { db, nowSeconds } = sources;
  const { id, channel, attempts } = row;
  const outcome = await sendTo(sources, row);
  if (outcome.isSent) {
    return { outcome: 'stored', writes: [sentNotificationWrite(db, id, nowSeconds())] };
  }
  const { reason, retryAfterSeconds } = outcome;
  if (attempts >= NOTICE_ATTEMPTS_MAX) {
    // Before the write: a run that ends between the two must have left a line for a person.
    log.error('alerts.notice_given_up', { notice: id, channel, attempts, reason });
    const write = givenUpNotificationWrite(db, id, { reason, nowSeconds: nowSeconds() });
    return { outcome: 'refused', writes: [write] };
  }
  log.warn('alerts.notice_not_sent', { notice: id, channel, attempts, reason });
  const write = failedNotificationWrite(db, id, { reason, notBefore: nowSeconds() + retryAfterSeconds });
  return { outcome: 'failed', writes: [write], error: reason };
}

async function sendTo(
  { channels, send }: NotificationSources,
  { id, channel: name, notice }: NotificationRow,
): Promise<SendOutcome> {
  const channel = channels.find((channel) => channel.name === name);
  if (channel !== undefined) return send(channel, id, JSON.parse(notice) as Notice);
  return { isSent: false, reason: 'ALERT_CHANNELS has no channel of this name', retryAfterSeconds: 0 };
}
