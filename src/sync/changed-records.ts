/**
 * The jobs that copy a list of the main API into a table: projects, pools, investments.
 *
 * Each asks for the changes since the last complete run, or for everything, and writes them in one batch: all of it
 * or nothing. Nothing is ever deleted: a record that an answer lacks may still exist. A bad value costs that value: an
 * optional one becomes null, and of a required one the stored value stays.
 */
import { writtenRows } from '../storage/d1/columns.ts';
import type { MainApi } from '../upstream/main-api.ts';
import type { ParsedRecords, SkippedRecord } from '../upstream/parse-records.ts';
import { everyNight, firstError, type JobDefinition, type JobRun, logRefused } from './job.ts';

interface RecordList<SourceRecord> extends Pick<JobDefinition, 'name' | 'schedule' | 'cacheTag' | 'effects'> {
  read(mainApi: MainApi, sinceSeconds: number | undefined): Promise<ParsedRecords<SourceRecord>>;
  /** The stored records by id, in upstream's form. */
  stored(db: D1Database, ids: readonly string[]): Promise<ReadonlyMap<string, SourceRecord>>;
  writes(db: D1Database, records: readonly SourceRecord[], nowSeconds: number): D1PreparedStatement[];
}

/** Upstream may commit a record after we have read past its `updated_at`. */
const SINCE_OVERLAP_SECONDS = 60;

/** The two jobs of a list: under its own name its changes, and under `<name>-full` each night everything. */
export function recordJobs<SourceRecord extends { id: string; updated_at: number }>(
  list: RecordList<SourceRecord>,
): { changes: JobDefinition; full: JobDefinition } {
  const { name, schedule, read, stored, writes, ...shared } = list;
  const fullName = `${name}-full`;
  const copy =
    (sinceOf: (run: JobRun) => number | undefined): JobDefinition['run'] =>
    async ({ db, mainApi }, run) => {
      const { records, skipped, refused = [] } = await read(mainApi, sinceOf(run));
      logRefused(name, refused);
      const taken = [...records, ...(await withStoredValues(db, stored, skipped))];
      const statements = writes(db, taken, run.startedAt);
      return {
        read: records.length + skipped.length,
        written: statements.length === 0 ? 0 : writtenRows(await run.lease.write(statements)),
        skipped: skipped.length,
        firstError: firstError(refused),
        newestUpdatedAt: taken.reduce<number | null>(
          (newest, record) => Math.max(newest ?? 0, record.updated_at),
          run.newestUpdatedAt,
        ),
      };
    };
  const continues = [name, fullName];
  return {
    changes: { ...shared, name, schedule, leaseSeconds: 300, continues, run: copy(sinceLastRun) },
    full: { ...shared, name: fullName, schedule: everyNight, leaseSeconds: 900, run: copy(() => undefined) },
  };
}

/** Records that lack a required field, with its stored value; a record that is not stored yet stays skipped. */
async function withStoredValues<SourceRecord extends { id: string }>(
  db: D1Database,
  stored: RecordList<SourceRecord>['stored'],
  skipped: readonly SkippedRecord<SourceRecord>[],
): Promise<SourceRecord[]> {
  const partial = skipped.flatMap(({ rest }) => (rest?.id === undefined ? [] : { ...rest, id: rest.id }));
  if (partial.length === 0) return [];
  const byId = await stored(
    db,
    partial.map(({ id }) => id),
  );
  return partial.flatMap((rest) => {
    const last = byId.get(rest.id);
    return last === undefined ? [] : { ...last, ...rest };
  });
}

/** Undefined before the first complete run. */
export function sinceLastRun(
  { newestUpdatedAt, startedAt }: JobRun,
  overlapSeconds = SINCE_OVERLAP_SECONDS,
): number | undefined {
  if (newestUpdatedAt === null) return undefined;
  // One record from the future must not hide the changes until then.
  return Math.max(0, Math.min(newestUpdatedAt, startedAt) - overlapSeconds);
}
