/** Passes the parts of an isolate that jobs need to the jobs of a cron event. */
import { askHeartbeat } from '../alerts/heartbeat.ts';
import { backupSealing } from '../backups/sealing.ts';
import { cachePurgeOf } from '../cache/cache-purge.ts';
import { roomsOf } from '../chat/rooms.ts';
import { ledgersOf } from '../investing/ledger-client.ts';
import { log } from '../observability/log.ts';
import { notifyEnded } from '../realtime/ended-sessions.ts';
import { priceFeedObject } from '../realtime/price-events.ts';
import { saleFeedObject } from '../realtime/sale-events.ts';
import { everyMinute } from '../sync/job.ts';
import { JOB_INTERVALS, jobsOfCron } from '../sync/jobs.ts';
import { runJobs } from '../sync/run-jobs.ts';
import type { Isolate } from './isolate.ts';
import { lookAtD1, noticeSender } from './notices.ts';
import { nowMs, nowSeconds, randomId, sleep } from './runtime.ts';

/** Never rejects. */
export async function runCron(isolate: Isolate, cron: string, ctx: ExecutionContext): Promise<void> {
  const { env, config, patientApis, platformFiles, fileUrls, reportUrls, requests } = isolate;
  const jobs = jobsOfCron(cron);
  if (jobs.length === 0) log.error('sync.unknown_cron', { cron });
  const sendNotice = noticeSender(isolate);
  const results = runJobs(jobs, {
    db: env.DB,
    pricesKv: env.PRICES_KV,
    cacheKv: env.CACHE_KV,
    sessionsKv: env.SESSIONS_KV,
    storage: env.STORAGE,
    backupSealing: backupSealing(config.BACKUP_KEY),
    mainApi: patientApis.main,
    priceApi: patientApis.price,
    platformFiles,
    ledgers: ledgersOf(env.IDO_MANAGER),
    rooms: roomsOf(env.REALTIME_CHAT),
    shownAvatarUrl: (userId, stored) => fileUrls.shownAvatar(userId, stored),
    feedPrices: async () => priceFeedObject(env).prices(),
    notifySaleFeed: () => saleFeedObject(env).changed(),
    notifyEnded: (sessionIds) => notifyEnded(env.SUBSCRIPTION_HUBS, sessionIds),
    alertChannels: config.ALERT_CHANNELS,
    alertThresholds: config.ALERT_THRESHOLDS,
    runbooksUrl: config.RUNBOOKS_URL,
    jobIntervals: JOB_INTERVALS,
    reports: { environment: config.ENVIRONMENT, urls: reportUrls },
    sendNotice,
    askHeartbeat: () => askHeartbeat(config.HEARTBEAT_URL, { fetch }),
    tracing: ctx.tracing,
    countRun: ({ job, outcome, durationMs }, calls) => {
      // Another run works: only the attempt to get the lease is left to count.
      if (outcome === 'skipped') {
        isolate.calls.add(calls);
        return;
      }
      const counted = outcome === 'failed' ? 'error' : outcome;
      requests.countRun({ job, outcome: counted, durationMs, calls }, nowSeconds());
    },
    purge: cachePurgeOf(ctx),
    nowMs,
    sleep,
    random: Math.random,
    randomId,
  });
  if (cron === everyMinute.cron) await lookAtD1(isolate, sendNotice, results);
  await results;
}
