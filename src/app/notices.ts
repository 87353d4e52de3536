/** Notices to people, with the parts of an isolate that they need. */
import { D1_DOWN_RULE, isD1Failing, watchD1 } from '../alerts/d1-failure.ts';
import { runbookUrl } from '../alerts/runbook-url.ts';
import { createSendNotice, type SendNotice } from '../alerts/send-notice.ts';
import { errorFields, log } from '../observability/log.ts';
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
 * Looks at D1 in the minute's cron. Never rejects.
 *
 * @param results of the minute's jobs
 */
export async function lookAtD1(
  { env, config }: Isolate,
  send: SendNotice,
  results: Promise<readonly JobResult[]>,
): Promise<void> {
  const { DB: db, CACHE_KV: kv } = env;
  const page = runbookUrl(config.RUNBOOKS_URL, D1_DOWN_RULE);
  try {
    const isFailing = await isD1Failing(db, results);
    await watchD1(isFailing, { db, kv, channels: config.ALERT_CHANNELS, send, runbookUrl: page, nowMs });
  } catch (error) {
    log.error('alerts.d1_not_looked_at', errorFields(error));
  }
}
