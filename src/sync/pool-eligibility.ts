/**
 * Asks the main API who may take part in each whitelist and private pool that is not over.
 *
 * A pool whose call fails keeps its stored decisions, and the next run asks for the same ones again.
 */
import pLimit from 'p-limit';
import { ELIGIBILITY_OVERLAP_SECONDS } from '../config.ts';
import { writtenRows } from '../storage/d1/columns.ts';
import { eligibilityWrites, type RestrictedPool, restrictedPools } from '../storage/d1/pool-eligibility.ts';
import { sinceLastRun } from './changed-records.ts';
import {
  errorText,
  everyNight,
  everyQuarter,
  firstError,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  logRefused,
  nothingDone,
} from './job.ts';

const JOB = 'pool-eligibility';
const FULL_JOB = `${JOB}-full`;
/** The platform allows 6 connections. */
const CALLS_AT_ONCE = 6;
/** The main API counts as down then. */
const FAILURES_IN_A_ROW_MAX = 6;

const shared = { leaseSeconds: 300, continues: [JOB, FULL_JOB] };

export const poolEligibilityJobs: { changes: JobDefinition; full: JobDefinition } = {
  changes: {
    ...shared,
    name: JOB,
    schedule: everyQuarter,
    run: (deps, run) => askForAll(deps, run, sinceLastRun(run, ELIGIBILITY_OVERLAP_SECONDS)),
  },
  full: {
    ...shared,
    name: FULL_JOB,
    schedule: everyNight,
    run: (deps, run) => askForAll(deps, run, undefined),
  },
};

async function askForAll(
  { db, mainApi }: JobDeps,
  { startedAt, newestUpdatedAt, lease }: JobRun,
  sinceSeconds: number | undefined,
): Promise<JobReport> {
  const report: JobReport = { ...nothingDone(), newestUpdatedAt };
  let failuresInARow = 0;

  async function askFor({ id, is_known }: RestrictedPool): Promise<D1PreparedStatement[]> {
    if (failuresInARow >= FAILURES_IN_A_ROW_MAX) {
      report.skipped += 1;
      return [];
    }
    await lease.keep();
    try {
      // Of a pool that is new here, older decisions are not stored.
      const answer = await mainApi.eligibleUsers(id, is_known === 1 ? sinceSeconds : undefined);
      failuresInARow = 0;
      const { records, skipped, refused = [] } = answer ?? { records: [], skipped: [] };
      logRefused(JOB, refused);
      report.read += records.length + skipped.length;
      report.skipped += skipped.length;
      report.firstError ??= firstError(refused);
      for (const { updated_at } of records)
        report.newestUpdatedAt = Math.max(report.newestUpdatedAt ?? 0, updated_at);
      return eligibilityWrites(db, id, records, startedAt);
    } catch (error) {
      failuresInARow += 1;
      report.skipped += 1;
      report.firstError ??= errorText(error);
      return [];
    }
  }

  try {
    const pools = await restrictedPools(db, startedAt);
    const writes = (await pLimit(CALLS_AT_ONCE).map(pools, askFor)).flat();
    if (writes.length > 0) report.written = writtenRows(await lease.write(writes));
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}
