import { NOTIFICATIONS_KEPT_DAYS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { bringLivenessToKv } from '../operations/liveness-writes.ts';
import { expiredHourlyCandlesDelete } from '../storage/d1/candles.ts';
import { expiredHourlyClosesDelete } from '../storage/d1/hourly-closes.ts';
import { expiredIncidentsDelete } from '../storage/d1/incidents.ts';
import { expiredNoticesDelete } from '../storage/d1/ledger-notices.ts';
import { expiredNotificationDeletes } from '../storage/d1/notifications.ts';
import { goneObjectsDelete } from '../storage/d1/object-sizes.ts';
import { expiredCountsDeletes } from '../storage/d1/operation-usage.ts';
import { foldFlushes } from '../storage/d1/operation-usage-folding.ts';
import { expiredProjectDetailsDelete } from '../storage/d1/project-details.ts';
import { expiredHoursDelete } from '../storage/d1/request-rollups.ts';
import { expiredSyncRowsWrites } from '../storage/d1/sync-runs.ts';
import { expiredSessionsDelete } from '../storage/d1/user-sessions.ts';
import { expiredWalletChallengesDelete } from '../storage/d1/wallet-challenges.ts';
import { expiredPaymentCountsDelete } from '../storage/d1/watched-business.ts';
import { DAY_SECONDS } from './candle-plan.ts';
import {
  errorText,
  everyHour,
  type JobCounts,
  type JobDefinition,
  type JobReport,
  type JobRun,
  nothingDone,
} from './job.ts';
import type { RunLease } from './run-lease.ts';

export const RUN_RECORDS_KEPT_DAYS = 30;
export const HOURLY_CANDLES_KEPT_DAYS = 35;
export const NOTICES_KEPT_DAYS = 90;
export const INCIDENTS_KEPT_DAYS = 400;
/** Each night measures them again. */
const OBJECT_SIZES_KEPT_DAYS = 7;
/** The platform ends a scheduled run after 15 minutes: a run that is open for longer was cut off. */
const RUN_MAX_SECONDS = 3_600;
/** The next run continues with the rest; until then readers add up the rest themselves. */
const FOLDS_A_RUN = 100;

export const cleanupJob: JobDefinition = {
  name: 'cleanup',
  schedule: everyHour,
  leaseSeconds: 300,
  effects: [
    {
      // A request that changed a release may have been cut off between its write to D1 and its write to KV.
      failureEvent: 'operations.liveness_not_repaired',
      run: ({ cacheKv, ...deps }) => bringLivenessToKv({ ...deps, kv: cacheKv }),
    },
  ],
  run: ({ db }, run) => cleanUp(db, run),
};

/**
 * Adds up counted uses, deletes rows that have expired, and closes runs that were cut off as failed. The rest is done
 * even if the counts cannot be added up.
 */
async function cleanUp(db: D1Database, { startedAt, lease }: JobRun): Promise<JobReport> {
  const report: JobReport = await foldAll(db, startedAt, lease);
  const candlesBefore = startedAt - HOURLY_CANDLES_KEPT_DAYS * DAY_SECONDS;
  try {
    const results = await lease.write([
      ...expiredSyncRowsWrites(db, {
        now: startedAt,
        runsBefore: startedAt - RUN_RECORDS_KEPT_DAYS * DAY_SECONDS,
        openRunsBefore: startedAt - RUN_MAX_SECONDS,
      }),
      ...expiredCountsDeletes(db, startedAt),
      expiredHoursDelete(db, startedAt),
      expiredProjectDetailsDelete(db, startedAt),
      expiredSessionsDelete(db, startedAt),
      expiredWalletChallengesDelete(db, startedAt),
      expiredHourlyCandlesDelete(db, candlesBefore),
      expiredHourlyClosesDelete(db, candlesBefore),
      expiredIncidentsDelete(db, startedAt - INCIDENTS_KEPT_DAYS * DAY_SECONDS),
      expiredPaymentCountsDelete(db, startedAt),
      goneObjectsDelete(db, startedAt - OBJECT_SIZES_KEPT_DAYS * DAY_SECONDS),
      ...expiredNotificationDeletes(db, startedAt - NOTIFICATIONS_KEPT_DAYS * DAY_SECONDS),
      expiredNoticesDelete(db, startedAt - NOTICES_KEPT_DAYS * DAY_SECONDS),
    ]);
    for (const { meta } of results) report.written += meta.changes;
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

async function foldAll(db: D1Database, nowSeconds: number, lease: RunLease): Promise<JobCounts> {
  const report = nothingDone();
  try {
    for (let folds = 0; folds < FOLDS_A_RUN; folds += 1) {
      const { flushes, written, malformed, more } = await foldFlushes(db, { nowSeconds, write: lease.write });
      report.read += flushes;
      report.written += written;
      report.skipped += malformed;
      if (!more) break;
    }
  } catch (error) {
    log.error('cleanup.usage_not_folded', errorFields(error));
    report.firstError = errorText(error);
  }
  if (report.skipped > 0) report.firstError ??= 'Some counts do not have the form that isolates write.';
  return report;
}
