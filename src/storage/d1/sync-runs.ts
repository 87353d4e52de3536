/**
 * The lease and the run records of each sync job. Times are in Unix seconds.
 *
 * One batch takes the lease and opens the run record. Of two overlapping runs, one works and leaves a record, and the
 * other writes nothing.
 */

import { CLOCK_SKEW_MAX_SECONDS } from '../clock-skew.ts';

export type SyncOutcome = 'ok' | 'partial' | 'failed';

export interface BegunRun {
  /** The greatest `updated_at` that a run of the sources has seen, of the runs that skipped no record. */
  newestUpdatedAt: number | null;
}

/**
 * Takes the job's lease and opens its run record. Null if another run holds the lease.
 *
 * `sources` are the jobs that read the same upstream list.
 */
export async function beginRun(
  db: D1Database,
  run: { id: string; job: string; startedAt: number; leaseExpiresAt: number; sources: readonly string[] },
): Promise<BegunRun | null> {
  const results = await db.batch<{ newest: number | null }>([
    db
      .prepare(
        `INSERT INTO sync_lease (job, holder, expires_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
         WHERE sync_lease.expires_at <= ?4
            OR sync_lease.expires_at > ?3 + ${CLOCK_SKEW_MAX_SECONDS}`,
      )
      .bind(run.job, run.id, run.leaseExpiresAt, run.startedAt),
    db
      .prepare(
        `INSERT INTO sync_run (id, job, started_at)
         SELECT ?2, ?1, ?3 WHERE EXISTS (SELECT 1 FROM sync_lease WHERE job = ?1 AND holder = ?2)`,
      )
      .bind(run.job, run.id, run.startedAt),
    db
      .prepare(
        `SELECT (SELECT newest_updated_at FROM sync_run WHERE job = source.value
                   AND (outcome = 'ok' OR outcome = 'partial' AND skipped_count = 0)
                 ORDER BY started_at DESC LIMIT 1) AS newest
         FROM json_each(?1) AS source ORDER BY newest DESC LIMIT 1`,
      )
      .bind(JSON.stringify(run.sources)),
  ]);
  if (results[1]?.meta.changes !== 1) return null;
  return { newestUpdatedAt: results[2]?.results[0]?.newest ?? null };
}

/** The message of D1's error if `leaseRenewal` finds the lease with another run, or with none. */
export const LEASE_LOST_MESSAGE = 'NOT NULL constraint failed: sync_lease.holder';

/**
 * The first statement of a batch that only the holder of a lease may write: it moves the end of the lease. If the run
 * does not hold it, the statement breaks a constraint, and D1 writes nothing of the batch.
 */
export const leaseRenewal = (db: D1Database, run: { id: string; job: string; leaseExpiresAt: number }) =>
  db
    .prepare(
      `INSERT INTO sync_lease (job, holder, expires_at)
       VALUES (?1, (SELECT holder FROM sync_lease WHERE job = ?1 AND holder = ?2), ?3)
       ON CONFLICT (job) DO UPDATE SET expires_at = excluded.expires_at`,
    )
    .bind(run.job, run.id, run.leaseExpiresAt);

export interface FinishedRun {
  id: string;
  job: string;
  finishedAt: number;
  outcome: SyncOutcome;
  read: number;
  written: number;
  skipped: number;
  firstError: string | null;
  newestUpdatedAt: number | null;
}

/** Closes the run record, and releases the lease if the run still holds it. */
export async function finishRun(db: D1Database, run: FinishedRun): Promise<void> {
  await db.batch([
    db
      .prepare(
        `UPDATE sync_run SET finished_at = ?2, outcome = ?3, read_count = ?4, written_count = ?5,
           skipped_count = ?6, first_error = ?7, newest_updated_at = ?8
         WHERE id = ?1`,
      )
      .bind(
        ...[run.id, run.finishedAt, run.outcome, run.read, run.written, run.skipped],
        ...[run.firstError, run.newestUpdatedAt],
      ),
    db.prepare('DELETE FROM sync_lease WHERE job = ?1 AND holder = ?2').bind(run.job, run.id),
  ]);
}

export interface LatestRun {
  job: string;
  /** Null if the job never ran, and then so are the other fields of the run. */
  startedAt: number | null;
  /** Null while it runs, and if it was cut off. */
  finishedAt: number | null;
  outcome: SyncOutcome | null;
  read: number | null;
  written: number | null;
  skipped: number | null;
  firstError: string | null;
  /** The end of the last run that was complete, or partial and took at least one record. */
  lastSuccessAt: number | null;
}

export interface LatestRuns {
  /** One a job, in the order of the question. */
  jobs: LatestRun[];
  /** The start of the oldest stored run of any job; null if there is none. */
  oldestStartedAt: number | null;
}

/** The run states for `/health`, in one query that reads a few rows a job. */
export async function latestRuns(db: D1Database, jobs: readonly string[]): Promise<LatestRuns> {
  const { results } = await db
    .prepare(
      `SELECT asked.value AS job, run.started_at AS startedAt, run.finished_at AS finishedAt, run.outcome,
         run.read_count AS read, run.written_count AS written, run.skipped_count AS skipped,
         run.first_error AS firstError,
         (SELECT finished_at FROM sync_run WHERE job = asked.value
            AND (outcome = 'ok' OR outcome = 'partial' AND read_count > skipped_count)
          ORDER BY started_at DESC LIMIT 1) AS lastSuccessAt,
         (SELECT min(started_at) FROM sync_run) AS oldestStartedAt
       FROM json_each(?1) AS asked
       LEFT JOIN sync_run AS run ON run.id =
         (SELECT id FROM sync_run WHERE job = asked.value ORDER BY started_at DESC LIMIT 1)
       ORDER BY asked.key`,
    )
    .bind(JSON.stringify(jobs))
    .all<LatestRun & { oldestStartedAt: number | null }>();
  return {
    jobs: results.map(({ oldestStartedAt: _, ...run }) => run),
    oldestStartedAt: results[0]?.oldestStartedAt ?? null,
  };
}

export interface EndedRun {
  job: string;
  /** Null if no run has ended, and then so are the others. */
  startedAt: number | null;
  outcome: SyncOutcome | null;
  firstError: string | null;
}

/** The latest run of each job that has ended, with the size of the database: one query that reads a few rows a job. */
export async function latestEndedRuns(
  db: D1Database,
  jobs: readonly string[],
  nowSeconds: number,
): Promise<{ runs: EndedRun[]; databaseBytes: number }> {
  const { results, meta } = await db
    .prepare(
      `SELECT asked.value AS job, run.started_at AS startedAt, run.outcome, run.first_error AS firstError
       FROM json_each(?1) AS asked
       LEFT JOIN sync_run AS run ON run.id =
         (SELECT id FROM sync_run WHERE job = asked.value AND started_at <= ?2 AND outcome IS NOT NULL
          ORDER BY started_at DESC LIMIT 1)
       ORDER BY asked.key`,
    )
    // A run that a clock which was ahead has recorded must not hide those of now.
    .bind(JSON.stringify(jobs), nowSeconds + CLOCK_SKEW_MAX_SECONDS)
    .all<EndedRun>();
  return { runs: results, databaseBytes: meta.size_after };
}

/** Deletes expired leases and old run records, and closes runs that were cut off. */
export const expiredSyncRowsWrites = (
  db: D1Database,
  times: { now: number; runsBefore: number; openRunsBefore: number },
) => [
  db.prepare('DELETE FROM sync_lease WHERE expires_at <= ?1').bind(times.now),
  db.prepare('DELETE FROM sync_run WHERE started_at < ?1').bind(times.runsBefore),
  db
    .prepare(
      `UPDATE sync_run SET finished_at = ?1, outcome = 'failed', first_error = 'the run was cut off'
       WHERE finished_at IS NULL AND started_at < ?2`,
    )
    .bind(times.now, times.openRunsBefore),
];
