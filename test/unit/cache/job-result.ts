import type { JobResult } from '../../../src/sync/run-job.ts';
import type { JobName } from '../../../src/sync/schedule.ts';

export const STARTED_AT = 1_795_000_000;

export const jobResult = (job: JobName, written: number, startedAt = STARTED_AT): JobResult => ({
  job,
  outcome: 'ok',
  read: 10,
  written,
  skipped: 0,
  firstError: null,
  startedAt,
  durationMs: 5,
});
