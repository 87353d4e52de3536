/**
 * One run of a job: its lease, its record, its result.
 *
 * Guarantees: of two overlapping runs of a job one works; whatever the job throws ends in the run record, in
 * one line of the log and in the result, never in the caller. A run that was kept out leaves no record.
 */
import { errorFields, log } from '../observability/log.ts';
import { beginRun, finishRun, type SyncOutcome } from '../storage/d1/sync-runs.ts';
import { JOB_SCHEDULES, type JobName } from './schedule.ts';

/** What a job is told. */
export interface JobRun {
  /** Unix seconds. */
  startedAt: number;
  /** The greatest `updated_at` that a whole run has seen; null before the first. */
  newestUpdatedAt: number | null;
}

/** What a job tells. A job that throws has failed, and then has written nothing. */
export interface JobReport {
  read: number;
  written: number;
  /** Records that were refused. */
  skipped: number;
  /** Why the run is not whole, although it did its work; null where it is. */
  firstError: string | null;
  newestUpdatedAt?: number | null;
}

export interface Job {
  run: (run: JobRun) => Promise<JobReport>;
  /** Jobs whose whole runs tell this one how far upstream was read. */
  continues?: readonly JobName[];
}

export interface JobResult {
  job: JobName;
  /** `skipped`: another run of this job is working. */
  outcome: SyncOutcome | 'skipped';
  read: number;
  written: number;
  skipped: number;
  firstError: string | null;
  /** Unix seconds. */
  startedAt: number;
  durationMs: number;
}

export interface RunDeps {
  db: D1Database;
  /** Unix milliseconds. */
  now: () => number;
  randomId: () => string;
}

const FIRST_ERROR_MAX_CHARACTERS = 300;
const NOTHING = { read: 0, written: 0, skipped: 0 };

/** Never throws. */
export async function runJob(name: JobName, job: Job, deps: RunDeps): Promise<JobResult> {
  const startedAtMs = deps.now();
  const startedAt = seconds(startedAtMs);
  let result: JobResult;
  try {
    result = { job: name, startedAt, durationMs: 0, ...(await leasedRun(name, job, deps, startedAt)) };
  } catch (error) {
    log.error('sync.failed', { job: name, ...errorFields(error), ...causeFields(error) });
    const failure = { ...NOTHING, firstError: errorText(error) };
    result = { job: name, startedAt, durationMs: 0, outcome: 'failed', ...failure };
  }
  result.durationMs = deps.now() - startedAtMs;
  if (result.outcome === 'partial') log.warn('sync.partial', { ...result });
  return result;
}

async function leasedRun(
  name: JobName,
  job: Job,
  deps: RunDeps,
  startedAt: number,
): Promise<Omit<JobResult, 'job' | 'startedAt' | 'durationMs'>> {
  const id = deps.randomId();
  const leaseExpiresAt = startedAt + JOB_SCHEDULES[name].leaseSeconds;
  const sources = job.continues ?? [];
  const begun = await beginRun(deps.db, { id, job: name, startedAt, leaseExpiresAt, sources });
  if (begun === null) return { outcome: 'skipped', ...NOTHING, firstError: null };

  const finish = async (outcome: SyncOutcome, report: JobReport) => {
    const { newestUpdatedAt = null, ...counts } = report;
    const firstError = report.firstError?.slice(0, FIRST_ERROR_MAX_CHARACTERS) ?? null;
    const finishedAt = seconds(deps.now());
    await finishRun(deps.db, { id, job: name, finishedAt, outcome, ...counts, firstError, newestUpdatedAt });
    return { outcome, ...counts, firstError };
  };

  let report: JobReport;
  try {
    report = await job.run({ startedAt, newestUpdatedAt: begun.newestUpdatedAt });
  } catch (error) {
    await finish('failed', { ...NOTHING, firstError: errorText(error) }).catch((finishError) =>
      log.error('sync.run_left_open', { job: name, ...errorFields(finishError) }),
    );
    throw error;
  }
  const outcome = report.skipped > 0 || report.firstError !== null ? 'partial' : 'ok';
  return finish(outcome, report).catch((error: unknown) => {
    log.error('sync.failed', { job: name, ...errorFields(error), ...causeFields(error) });
    // What it wrote is written, and caches must hear of it.
    const { read, written, skipped } = report;
    return { outcome: 'failed' as const, read, written, skipped, firstError: errorText(error) };
  });
}

const seconds = (ms: number) => Math.floor(ms / 1000);

function errorText(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, FIRST_ERROR_MAX_CHARACTERS);
}

/** What lies under a failed connection; the run record's text leaves it out. */
function causeFields(error: unknown): { cause?: string } {
  return error instanceof Error && error.cause !== undefined ? { cause: String(error.cause) } : {};
}
