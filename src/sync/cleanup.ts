import { errorFields, log } from '../observability/log.ts';
import { expiredHourlyCandlesDelete } from '../storage/d1/candles.ts';
import { expiredHourlyClosesDelete } from '../storage/d1/hourly-closes.ts';
import { expiredCountsDeletes } from '../storage/d1/operation-usage.ts';
import { foldFlushes } from '../storage/d1/operation-usage-folding.ts';
import { expiredProjectDetailsDelete } from '../storage/d1/project-details.ts';
import { expiredSyncRowsWrites } from '../storage/d1/sync-runs.ts';
import { DAY_SECONDS } from './candle-plan.ts';
import type { JobReport, JobRun } from './run-job.ts';

export const RUN_RECORDS_KEPT_DAYS = 30;
export const HOURLY_CANDLES_KEPT_DAYS = 35;
/** The platform ends a scheduled run after 15 minutes: what is open for longer was cut off. */
const RUN_MAX_SECONDS = 3_600;
/** Bounds what one run adds up; the rest is the next one's, and is seen by readers meanwhile. */
const FOLDS_A_RUN = 100;

/**
 * The hour's other job: counted uses are added up, rows whose time is over are deleted, and runs that were cut off count
 * as failed. Where the counts cannot be added up, the rest is done all the same.
 */
export async function cleanUp(db: D1Database, run: JobRun): Promise<JobReport> {
  const folded = await foldAll(db);
  const candlesBefore = run.startedAt - HOURLY_CANDLES_KEPT_DAYS * DAY_SECONDS;
  const results = await db.batch([
    ...expiredSyncRowsWrites(db, {
      now: run.startedAt,
      runsBefore: run.startedAt - RUN_RECORDS_KEPT_DAYS * DAY_SECONDS,
      openRunsBefore: run.startedAt - RUN_MAX_SECONDS,
    }),
    ...expiredCountsDeletes(db, run.startedAt),
    expiredProjectDetailsDelete(db, run.startedAt),
    expiredHourlyCandlesDelete(db, candlesBefore),
    expiredHourlyClosesDelete(db, candlesBefore),
  ]);
  const written = results.reduce((sum, { meta }) => sum + meta.changes, folded.written);
  return { ...folded, written };
}

async function foldAll(db: D1Database): Promise<JobReport> {
  const report: JobReport = { read: 0, written: 0, skipped: 0, firstError: null };
  try {
    for (let folds = 0; folds < FOLDS_A_RUN; folds += 1) {
      const { flushes, written, unsound, more } = await foldFlushes(db);
      report.read += flushes;
      report.written += written;
      report.skipped += unsound;
      if (!more) break;
    }
  } catch (error) {
    log.error('cleanup.usage_not_folded', errorFields(error));
    report.firstError = error instanceof Error ? error.message : String(error);
  }
  if (report.skipped > 0) report.firstError ??= 'Some counted uses were not of the form that isolates write.';
  return report;
}
