import { finishedHoursWrites } from '../storage/d1/hour-in-progress.ts';
import { HOUR_SECONDS } from './prices.ts';
import type { JobReport, JobRun } from './run-job.ts';

/** The hour's job: every finished hour of samples becomes candles. Reads are hours, writes candles. */
export async function syncHourlyCandles(db: D1Database, run: JobRun): Promise<JobReport> {
  const currentHourStart = run.startedAt - (run.startedAt % HOUR_SECONDS);
  const [candles, , hours] = await db.batch(finishedHoursWrites(db, currentHourStart));
  return {
    read: hours?.meta.changes ?? 0,
    written: candles?.meta.changes ?? 0,
    skipped: 0,
    firstError: null,
  };
}
