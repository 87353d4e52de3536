import { expiredHourlyCandlesDelete } from '../storage/d1/candles-writes.ts';
import { expiredCountsDeletes } from '../storage/d1/operation-usage.ts';
import { expiredProjectDetailsDelete } from '../storage/d1/project-details.ts';
import { expiredSyncRowsWrites } from '../storage/d1/sync-runs.ts';
import { DAY_SECONDS } from './candle-plan.ts';
import type { JobReport, JobRun } from './run-job.ts';

export const RUN_RECORDS_KEPT_DAYS = 30;
export const HOURLY_CANDLES_KEPT_DAYS = 35;
/** The platform ends a scheduled run after 15 minutes: what is open for longer was cut off. */
const RUN_MAX_SECONDS = 3_600;

/** The hour's other job: rows whose time is over are deleted, and runs that were cut off count as failed. */
export async function cleanUp(db: D1Database, run: JobRun): Promise<JobReport> {
  const results = await db.batch([
    ...expiredSyncRowsWrites(db, {
      now: run.startedAt,
      runsBefore: run.startedAt - RUN_RECORDS_KEPT_DAYS * DAY_SECONDS,
      openRunsBefore: run.startedAt - RUN_MAX_SECONDS,
    }),
    ...expiredCountsDeletes(db, run.startedAt),
    expiredProjectDetailsDelete(db, run.startedAt),
    expiredHourlyCandlesDelete(db, run.startedAt - HOURLY_CANDLES_KEPT_DAYS * DAY_SECONDS),
  ]);
  const written = results.reduce((sum, { meta }) => sum + meta.changes, 0);
  return { read: 0, written, skipped: 0, firstError: null };
}
