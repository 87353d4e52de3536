/**
 * The jobs that copy a list of the main API into a table: projects, pools, investments.
 *
 * Each asks for what changed since the last whole run, or for everything, and brings the table to it in one
 * batch: all of it or nothing. Nothing is ever deleted: an answer without a record says nothing about it.
 */
import { writtenRows } from '../storage/d1/columns.ts';
import type { ParsedRecords } from '../upstream/parse-records.ts';
import { firstError } from './first-error.ts';
import type { JobReport, JobRun } from './run-job.ts';

export interface RecordSource<SourceRecord extends { updated_at: number }> {
  db: D1Database;
  read: (sinceSeconds: number | undefined) => Promise<ParsedRecords<SourceRecord>>;
  writes: (records: readonly SourceRecord[], nowSeconds: number) => D1PreparedStatement[];
}

/** What upstream commits late may carry a time that was read past already. */
const SINCE_OVERLAP_SECONDS = 60;

export async function syncRecords<SourceRecord extends { updated_at: number }>(
  source: RecordSource<SourceRecord>,
  run: JobRun,
  scope: 'changed' | 'everything',
): Promise<JobReport> {
  const { records, skipped } = await source.read(scope === 'everything' ? undefined : sinceOf(run));
  const statements = source.writes(records, run.startedAt);
  const written = statements.length === 0 ? 0 : writtenRows(await source.db.batch(statements));
  return {
    read: records.length + skipped.length,
    written,
    skipped: skipped.length,
    firstError: firstError(skipped),
    newestUpdatedAt: records.reduce<number | null>(
      (newest, record) => Math.max(newest ?? 0, record.updated_at),
      run.newestUpdatedAt,
    ),
  };
}

function sinceOf(run: JobRun): number | undefined {
  if (run.newestUpdatedAt === null) return undefined;
  // One record from the future must not hide what changes until then.
  return Math.max(0, Math.min(run.newestUpdatedAt, run.startedAt) - SINCE_OVERLAP_SECONDS);
}
