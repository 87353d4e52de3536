/** Notices to people, with the parts of an isolate that they need. */
import { D1_DOWN_RULE, watchD1 } from '../alerts/d1-failure.ts';
import { runbookUrl } from '../alerts/runbook-url.ts';
import { createSendNotice, type SendNotice } from '../alerts/send-notice.ts';
import { D1_PROBE_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { JobResult } from '../sync/job.ts';
import type { Isolate } from './isolate.ts';
import { nowMs } from './runtime.ts';

export const noticeSender = ({ env, config }: Pick<Isolate, 'env' | 'config'>): SendNotice =>
  createSendNotice({
    fetch,
    email: env.ALERT_EMAIL,
    environment: config.ENVIRONMENT,
    origin: config.PUBLIC_ORIGIN,
    nowMs,
  });

/**
 * Looks at D1 in the minute's cron: it fails if it does not answer, or if no job could even take its lease. Never rejects.
 *
 * @param results of the minute's jobs
 */
export async function lookAtD1(
  { env, config }: Isolate,
  send: SendNotice,
  results: Promise<readonly JobResult[]>,
): Promise<void> {
  const { DB: db, CACHE_KV: kv } = env;
  try {
    const answers = await answerWithin(D1_PROBE_TIMEOUT_MS, 'database', () =>
      db.prepare('SELECT 1').first(),
    ).then(
      () => true,
      () => false,
    );
    const isFailing = !answers || (await results).every(({ outcome }) => outcome === 'failed');
    const page = runbookUrl(config.RUNBOOKS_URL, D1_DOWN_RULE);
    await watchD1(isFailing, { db, kv, channels: config.ALERT_CHANNELS, send, runbookUrl: page, nowMs });
  } catch (error) {
    log.error('alerts.d1_not_looked_at', errorFields(error));
  }
}
