/**
 * `/health`: 200 while D1 and KV answer and every job has succeeded within three of its intervals, else 503. A run that
 * took none of the records that it read is no success.
 *
 * A job that never ran counts from the first run of any job, so that a night's job is not missed on the first day. Before
 * the first run of all there is nothing to serve, which is 503.
 *
 * Notices about pools and their ledgers change no status: they are for a person, and the gateway serves all the same.
 */
import type { OperationsMode } from '../config.ts';
import { executionCounts } from '../execution/execute.ts';
import { errorFields, log } from '../observability/log.ts';
import type { MemoryBudget } from '../storage/bounded-memory.ts';
import { noticesSince } from '../storage/d1/ledger-notices.ts';
import { type LatestRun, latestRuns } from '../storage/d1/sync-runs.ts';
import { PRICE_SNAPSHOT_KEY } from '../storage/kv/keys.ts';
import { jsonResponse } from './responses.ts';
import type { Route } from './router.ts';

const LATE_AFTER_INTERVALS = 3;
const NOTICES_SHOWN_SECONDS = 86_400;

export interface HealthSources {
  mode: OperationsMode;
  workerVersion: WorkerVersionMetadata;
  /** The version of the operations that the build bundles. */
  operationsVersion: string;
  db: D1Database;
  kv: KVNamespace;
  /** Seconds between two runs, by job. */
  jobIntervals: Readonly<Record<string, number>>;
  memory: MemoryBudget;
  nowMs(): number;
}

export const healthRoute = (sources: HealthSources): Route => ({
  paths: ['/health'],
  methods: ['GET'],
  handle: () => healthResponse(sources),
});

async function healthResponse(sources: HealthSources): Promise<Response> {
  const startedMs = sources.nowMs();
  const timed = async <Check>(check: Promise<Check>) => ({
    result: await check,
    milliseconds: sources.nowMs() - startedMs,
  });
  const [{ result: d1, milliseconds: d1Ms }, { result: kv, milliseconds: kvMs }] = await Promise.all([
    timed(checkD1(sources)),
    timed(checkKv(sources.kv)),
  ]);
  const jobs = d1.jobs ?? {};
  const ok = d1.status === 'ok' && kv === 'ok' && Object.values(jobs).every((job) => !job.late);
  const checks = { d1: d1.status, kv };
  // `milliseconds` are those that both checks took, which run at once.
  // `ledgerNotices` counts those of the last day by kind, the latest first. The last two are the answering isolate's own.
  const body = {
    status: ok ? 'ok' : 'unavailable',
    version: { worker: sources.workerVersion.id, operations: sources.operationsVersion },
    mode: sources.mode,
    checks,
    milliseconds: { d1: d1Ms, kv: kvMs },
    jobs,
    ledgerNotices: d1.ledgerNotices ?? {},
    executions: executionCounts(),
    memory: sources.memory.use,
  };
  return jsonResponse(body, ok ? 200 : 503);
}

interface JobHealth {
  late: boolean;
  outcome: LatestRun['outcome'] | 'running' | 'never run';
  startedAt: string | null;
  finishedAt: string | null;
  lastSuccessAt: string | null;
  read: number | null;
  written: number | null;
  skipped: number | null;
  firstError: string | null;
}

async function checkD1(sources: HealthSources): Promise<{
  status: 'ok' | 'failed';
  jobs?: Record<string, JobHealth>;
  ledgerNotices?: Record<string, number>;
}> {
  try {
    const noticesFrom = Math.floor(sources.nowMs() / 1000) - NOTICES_SHOWN_SECONDS;
    const [runs, notices] = await Promise.all([
      latestRuns(sources.db, Object.keys(sources.jobIntervals)),
      noticesSince(sources.db, noticesFrom),
    ]);
    const jobs = runs.jobs.map((run) => [run.job, jobHealth(run, runs.oldestStartedAt, sources)] as const);
    return {
      status: 'ok',
      jobs: Object.fromEntries(jobs),
      ledgerNotices: Object.fromEntries(notices.map(({ kind, notices: count }) => [kind, count])),
    };
  } catch (error) {
    log.error('health.d1_failed', errorFields(error));
    return { status: 'failed' };
  }
}

async function checkKv(kv: KVNamespace): Promise<'ok' | 'failed'> {
  try {
    await kv.get(PRICE_SNAPSHOT_KEY, 'stream').then((stream) => stream?.cancel());
    return 'ok';
  } catch (error) {
    log.error('health.kv_failed', errorFields(error));
    return 'failed';
  }
}

function jobHealth(run: LatestRun, oldestStartedAt: number | null, sources: HealthSources): JobHealth {
  const countsFrom = run.lastSuccessAt ?? oldestStartedAt;
  const allowedSeconds = LATE_AFTER_INTERVALS * (sources.jobIntervals[run.job] ?? 0);
  return {
    late: countsFrom === null || sources.nowMs() / 1000 - countsFrom > allowedSeconds,
    outcome: run.outcome ?? (run.startedAt === null ? 'never run' : 'running'),
    startedAt: instant(run.startedAt),
    finishedAt: instant(run.finishedAt),
    lastSuccessAt: instant(run.lastSuccessAt),
    read: run.read,
    written: run.written,
    skipped: run.skipped,
    firstError: run.firstError,
  };
}

const instant = (unixSeconds: number | null) =>
  unixSeconds === null ? null : new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
