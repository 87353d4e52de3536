/** An outbox of notices with local receivers, whose clock a test moves. */
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { createSendNotice, type NoticeSources } from '../../../src/alerts/send-notice.ts';
import { sendNotifications } from '../../../src/alerts/send-notifications.ts';
import type { Notice } from '../../../src/observability/notice.ts';
import type { AlertChannel } from '../../../src/settings/alert-settings.ts';
import { silenceWrite } from '../../../src/storage/d1/alert-silences.ts';
import { notificationInserts } from '../../../src/storage/d1/notifications.ts';
import { openInbox } from '../../support/alert-inbox.ts';
import { firedNotice } from '../../support/notices.ts';

const { DB: db } = env;
export const STARTED_AT = firedNotice('x').startedAt;
export const MINUTE = 60;
/** A receiver that hangs is given up after it. */
export const IMPATIENT_MS = 300;

interface NotificationState {
  id: string;
  attempts: number;
  next_attempt_at: number;
  outcome: string | null;
  last_error: string | null;
}

/** An outbox of its own, whose clock the test moves. */
export async function openOutbox(
  sources: Partial<NoticeSources> & { channels?: readonly AlertChannel[] } = {},
) {
  const logs = (['error', 'warn'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => undefined),
  );
  await db.batch(['notification', 'alert_silence'].map((table) => db.prepare(`DELETE FROM ${table}`)));
  const inbox = openInbox();
  let nowSeconds = STARTED_AT;
  const nowMs = () => nowSeconds * 1000;
  const all = {
    fetch,
    email: env.ALERT_EMAIL,
    environment: 'production',
    origin: 'https://api.example',
    nowMs,
    ...sources,
  };
  const send = createSendNotice(all);
  const impatient = createSendNotice({ ...all, timeoutMs: IMPATIENT_MS });
  const channels = sources.channels ?? inbox.channels;
  /** @param impatientWith the name of a channel that is given up after `IMPATIENT_MS` */
  const run = (impatientWith = '') =>
    sendNotifications({
      db,
      channels,
      send: (channel, ...notice) => (channel.name === impatientWith ? impatient : send)(channel, ...notice),
      nowSeconds: () => nowSeconds,
    });
  return {
    ...inbox,
    send,
    channels,
    run,
    now: () => nowSeconds,
    advance: (seconds: number) => {
      nowSeconds += seconds;
    },
    /** A run of each of the next minutes. */
    async minutes(count: number) {
      for (let minute = 0; minute < count; minute += 1) {
        nowSeconds += MINUTE;
        await run();
      }
    },
    queue: (notice: Notice, names: readonly string[] = channels.map(({ name }) => name)) =>
      db.batch(notificationInserts(db, notice, names, nowSeconds)),
    silence: (rule: string, seconds: number) =>
      silenceWrite(db, {
        rule,
        endsAt: nowSeconds + seconds,
        createdAt: nowSeconds,
        createdBy: 'tests',
      }).run(),
    async states(): Promise<NotificationState[]> {
      const query = 'SELECT * FROM notification ORDER BY sequence';
      return (await db.prepare(query).all<NotificationState>()).results;
    },
    logged: () => logs.flatMap(({ mock }) => mock.calls.map(([line]) => JSON.parse(String(line)))),
  };
}
