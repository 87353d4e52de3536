/**
 * The jobs of one cron event, one after another: each with its lease, its run record, its result, and its effects.
 *
 * Guarantees: of two overlapping runs of a job one works, and the other leaves no record. A run that has lost its lease
 * writes nothing any more. An error of a job ends in its run record, in one line of the log and in the result, never in
 * the caller. A job's effects start when that job ends and run while the next jobs work; an effect that fails is logged,
 * and affects no job and no other effect.
 */
import { errorFields, log } from '../observability/log.ts';
import { endCalls, runWork } from '../observability/running-work.ts';
import { beginRun, finishRun } from '../storage/d1/sync-runs.ts';
import { CacheInvalidation } from './cache-generations.ts';
import {
  errorText,
  type JobCounts,
  type JobDefinition,
  type JobDeps,
  type JobEffect,
  type JobReport,
  type JobResult,
  nothingDone,
} from './job.ts';
import { holdLease } from './run-lease.ts';

const FIRST_ERROR_MAX_CHARACTERS = 300;

/** Never rejects. Resolves when all effects have ended too: the platform cancels what outlives a cron event. */
export async function runJobs(jobs: readonly JobDefinition[], deps: JobDeps): Promise<JobResult[]> {
  const caches = new CacheInvalidation(deps);
  const results: JobResult[] = [];
  const running: Promise<void>[] = [];
  for (const job of jobs) {
    const result = await runWork({ requestId: deps.randomId(), tracing: deps.tracing }, async () => {
      const ended = await runJob(job, deps);
      deps.countRun(ended, endCalls());
      return ended;
    });
    results.push(result);
    const { cacheTag, effects = [] } = job;
    if (cacheTag !== undefined && result.written > 0) {
      running.push(caches.invalidate(cacheTag, result.startedAt));
    }
    running.push(...effects.map((effect) => runEffect(effect, deps, result)));
  }
  await Promise.all(running);
  return results;
}

async function runEffect(effect: JobEffect, deps: JobDeps, result: JobResult): Promise<void> {
  try {
    await effect.run(deps, result);
  } catch (error) {
    log.error(effect.failureEvent, { job: result.job, ...errorFields(error) });
  }
}

interface EndedRun extends JobCounts {
  outcome: JobResult['outcome'];
  failure?: unknown;
}

/** Never rejects. Runs no effects. */
export async function runJob(job: JobDefinition, deps: JobDeps): Promise<JobResult> {
  const startedAtMs = deps.nowMs();
  const startedAt = seconds(startedAtMs);
  const { failure, ...ended } = await leasedRun(job, deps, startedAt).catch(
    (error: unknown): EndedRun => failed(nothingDone(), error),
  );
  const result = { job: job.name, startedAt, durationMs: deps.nowMs() - startedAtMs, ...ended };
  if (result.outcome === 'partial') log.warn('sync.partial', { ...result });
  if (result.outcome === 'failed') {
    log.error('sync.failed', { job: job.name, ...errorFields(failure), ...causeFields(failure) });
  }
  log.info('sync.finished', { cron: job.schedule.cron, ...result });
  return result;
}

async function leasedRun(job: JobDefinition, deps: JobDeps, startedAt: number): Promise<EndedRun> {
  const { db } = deps;
  const run = { id: deps.randomId(), job: job.name };
  const lease = { db, run, seconds: job.leaseSeconds, nowMs: deps.nowMs };
  const leaseExpiresAt = startedAt + lease.seconds;
  const begun = await beginRun(db, { ...run, startedAt, leaseExpiresAt, sources: job.continues ?? [] });
  if (begun === null) return { outcome: 'skipped', ...nothingDone() };

  const { newestUpdatedAt = null, ...report } = await Promise.try(() =>
    job.run(deps, { startedAt, newestUpdatedAt: begun.newestUpdatedAt, lease: holdLease(lease) }),
  ).catch((failure: unknown): JobReport => ({ ...nothingDone(), failure }));
  const ended = endedRun(report);
  const { failure: _, ...recorded } = ended;
  try {
    await finishRun(db, { ...run, ...recorded, finishedAt: seconds(deps.nowMs()), newestUpdatedAt });
    return ended;
  } catch (error) {
    log.error('sync.run_left_open', { job: job.name, ...errorFields(error) });
    // The rows are written although the record is not: the counts stay, for the effects.
    return failed(report, report.failure ?? error);
  }
}

function endedRun({ failure, ...counts }: JobReport) {
  if (failure !== undefined) return failed(counts, failure);
  const firstError = counts.firstError?.slice(0, FIRST_ERROR_MAX_CHARACTERS) ?? null;
  const outcome = counts.skipped > 0 || firstError !== null ? ('partial' as const) : ('ok' as const);
  return { ...counts, firstError, outcome, failure };
}

const failed = (counts: JobCounts, failure: unknown) => ({
  ...counts,
  firstError: errorText(failure).slice(0, FIRST_ERROR_MAX_CHARACTERS),
  outcome: 'failed' as const,
  failure,
});

const seconds = (ms: number) => Math.floor(ms / 1000);

/** The reason of a failed connection; the run record's text omits it. */
function causeFields(error: unknown): { cause?: string } {
  return error instanceof Error && error.cause !== undefined ? { cause: String(error.cause) } : {};
}
