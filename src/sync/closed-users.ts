/**
 * Erases accounts that were closed at the main API: their sessions end everywhere, and nothing of them is left but their
 * investments.
 *
 * D1 is first: from then on nothing changes for the account any more. The copies of its sessions in KV are too old to be
 * used after half a minute, and a hub asks for the viewer at each event, so a run that ends in between does no harm.
 */
import { closedUsersDeletes } from '../storage/d1/closed-users.ts';
import { jsonChunks } from '../storage/d1/json-chunks.ts';
import { deleteSessionCopies } from '../storage/kv/sessions.ts';
import { DAY_SECONDS } from './candle-plan.ts';
import { sinceLastRun } from './changed-records.ts';
import {
  everyHour,
  firstError,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  logRefused,
} from './job.ts';

const JOB = 'closed-users';
/** A closing that upstream has stored late must not be missed; one that is read again changes nothing. */
const OVERLAP_SECONDS = DAY_SECONDS;
const SESSIONS_PER_NOTICE = 100;

export const closedUsersJob: JobDefinition = {
  name: JOB,
  schedule: everyHour,
  leaseSeconds: 300,
  continues: [JOB],
  run: eraseClosed,
};

async function eraseClosed(deps: JobDeps, run: JobRun): Promise<JobReport> {
  const { db, mainApi } = deps;
  const { records, skipped, refused = [] } = await mainApi.closedUsers(sinceLastRun(run, OVERLAP_SECONDS));
  logRefused(JOB, refused);
  const report: JobReport = {
    read: records.length + skipped.length,
    written: 0,
    skipped: skipped.length,
    firstError: firstError(refused),
    newestUpdatedAt: records.reduce<number | null>(
      (newest, { closed_at }) => Math.max(newest ?? 0, closed_at),
      run.newestUpdatedAt,
    ),
  };
  try {
    for (const chunk of jsonChunks(records.map(({ user_id }) => user_id))) {
      const [sessions, accounts] = await run.lease.write(closedUsersDeletes(db, chunk));
      report.written += accounts?.results.length ?? 0;
      await tellOfEnded(
        deps,
        ((sessions?.results ?? []) as { id: string }[]).map(({ id }) => id),
      );
    }
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

async function tellOfEnded({ sessionsKv, notifyEnded }: JobDeps, sessionIds: string[]): Promise<void> {
  for (let start = 0; start < sessionIds.length; start += SESSIONS_PER_NOTICE) {
    const ids = sessionIds.slice(start, start + SESSIONS_PER_NOTICE);
    await Promise.all([deleteSessionCopies(sessionsKv, ids), notifyEnded(ids)]);
  }
}
