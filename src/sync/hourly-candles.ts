import { finishedHoursWrites } from '../storage/d1/hour-in-progress.ts';
import { everyHour, type JobDefinition, type JobReport, type JobRun } from './job.ts';
import { HOUR_SECONDS } from './prices.ts';

export const hourlyCandlesJob: JobDefinition = {
  name: 'hourly-candles',
  schedule: everyHour,
  leaseSeconds: 300,
  cacheTag: 'candles',
  run: ({ db }, run) => syncHourlyCandles(db, run),
};

/** Turns every finished hour of samples into candles. `read` counts hours, `written` candles. */
export async function syncHourlyCandles(db: D1Database, run: JobRun): Promise<JobReport> {
  const currentHourStart = run.startedAt - (run.startedAt % HOUR_SECONDS);
  const [candles, , hours] = await run.lease.write(finishedHoursWrites(db, currentHourStart));
  return {
    read: hours?.meta.changes ?? 0,
    written: candles?.meta.changes ?? 0,
    skipped: 0,
    firstError: null,
  };
}
