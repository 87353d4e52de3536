/**
 * Adds up the flushes of isolates as uses and refusals by day, and requests by hour and by day, and deletes them. Counts
 * beside requests are added up by day as well.
 *
 * One fold is one batch: a flush counts once, even if the fold fails, is repeated, or isolates write meanwhile. It takes
 * the oldest flushes up to a limit, but none that the minute's alerts may still have to read. It also takes malformed
 * ones, which it reports and does not add up. Clients choose their names, so a day has a limited number of names; beyond
 * it, new names count as the empty name. The last row stays, emptied: without it, ids would begin anew.
 */
import { MergedCells } from '../../observability/merged-cells.ts';
import { FlushDays, flushDayWrites } from './flush-days.ts';
import { EMPTY_COUNTS, eachFlush } from './flushes.ts';
import { rollupWrites } from './request-rollups.ts';

/** Rows a day; beyond this, rows with new names count as rows without names. */
export const USAGE_ROWS_A_DAY = 20_000;
export const REFUSAL_ROWS_A_DAY = 2_000;

/** Limits of one fold: D1 runs one query at a time, so requests wait for it. The last flush may exceed the bytes. */
const FLUSHES_A_FOLD = 2_000;
const BYTES_A_FOLD = 8_000_000;
/** Alerts read each flush in the minute after it, or, if the cron fails, somewhat later. */
const FLUSH_UNREAD_SECONDS = 600;

/**
 * ?1 is the time of the run. A flush from a clock that is far ahead waits for nobody, and so does one of a build that wrote
 * no time.
 */
const EXTENT_SQL = `WITH old AS MATERIALIZED (
    SELECT flush_id, counts FROM usage_flush WHERE flush_id < coalesce((
      SELECT flush_id FROM usage_flush
      WHERE written_at > ?1 - ${FLUSH_UNREAD_SECONDS} AND written_at < ?1 + ${FLUSH_UNREAD_SECONDS}
      ORDER BY flush_id LIMIT 1), ${Number.MAX_SAFE_INTEGER})
  ), last AS MATERIALIZED (
    SELECT max(flush_id) AS flush_id FROM (
      SELECT flush_id, sum(octet_length(counts)) OVER (ORDER BY flush_id) - octet_length(counts) AS bytes_before
      FROM old ORDER BY flush_id LIMIT ${FLUSHES_A_FOLD})
    WHERE bytes_before < ${BYTES_A_FOLD}
  ), taken AS MATERIALIZED (
    SELECT counts, iif(json_valid(counts),
      coalesce(json_type(counts, '$.uses') = 'array' AND json_type(counts, '$.refusals') = 'array', false),
      false) AS has_form
    FROM old WHERE flush_id <= (SELECT flush_id FROM last) AND counts <> '${EMPTY_COUNTS}'
  )
  SELECT last.flush_id AS lastFlushId, count(counts) AS flushes, coalesce(sum(iif(has_form,
      json_array_length(counts, '$.uses') + json_array_length(counts, '$.refusals'), 1)), 0)
    - (SELECT count(*) FROM unfolded_usage WHERE flush_id <= last.flush_id)
    - (SELECT count(*) FROM unfolded_refusal WHERE flush_id <= last.flush_id) AS malformed,
    EXISTS (SELECT 1 FROM old WHERE old.flush_id > last.flush_id) AS more
  FROM last LEFT JOIN taken ON true`;

interface Extent {
  /** Null where there is no flush to take. */
  lastFlushId: number | null;
  flushes: number;
  /** Malformed flushes, and the entries of other flushes that the views leave out. */
  malformed: number;
  more: number;
}

/** Breaks a constraint, and so the batch, unless the flushes are still those that were read: another fold takes all or none. */
const GUARD_SQL = `INSERT INTO usage_flush (counts) SELECT NULL WHERE ?2 <> (
    SELECT count(*) FROM usage_flush WHERE flush_id <= ?1 AND counts <> '${EMPTY_COUNTS}')`;
const FOLDED_MEANWHILE_MESSAGE = 'NOT NULL constraint failed: usage_flush.counts';

/** If a day has room for some new names only, it takes the most used ones. */
const placed = (table: string, keys: string, most: number) => `held_days AS (
    SELECT day, count(*) AS held_rows FROM ${table} WHERE day IN (SELECT day FROM given) GROUP BY day
  ), placed AS (
    SELECT given.*, held.row_id IS NULL AND coalesce(held_rows, 0) + row_number() OVER (
      PARTITION BY given.day, held.row_id IS NULL ORDER BY given.count DESC) > ${most} AS nameless
    FROM given LEFT JOIN ${table} AS held USING (${keys}) LEFT JOIN held_days ON held_days.day = given.day
  )`;

const USAGE_KEYS = 'operation_id, client, version, day';
const USAGE_SQL = `WITH given AS MATERIALIZED (
    SELECT ${USAGE_KEYS}, sum(count) AS count, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM unfolded_usage WHERE flush_id <= ?1 GROUP BY ${USAGE_KEYS}
  ), ${placed('operation_usage', USAGE_KEYS, USAGE_ROWS_A_DAY)}
  INSERT INTO operation_usage (operation_id, client, version, day, count, first_seen, last_seen)
  SELECT operation_id, iif(nameless, '', client), iif(nameless, '', version), day, count, first_seen, last_seen
  FROM placed WHERE true
  ON CONFLICT (operation_id, client, version, day) DO UPDATE SET
    count = count + excluded.count,
    first_seen = min(first_seen, excluded.first_seen),
    last_seen = max(last_seen, excluded.last_seen)`;

const REFUSAL_KEYS = 'day, reason, document_id, client, version';
const REFUSAL_SQL = `WITH given AS MATERIALIZED (
    SELECT ${REFUSAL_KEYS}, sum(count) AS count, max(last_seen) AS last_seen
    FROM unfolded_refusal WHERE flush_id <= ?1 GROUP BY ${REFUSAL_KEYS}
  ), ${placed('operation_refusal', REFUSAL_KEYS, REFUSAL_ROWS_A_DAY)}
  INSERT INTO operation_refusal (reason, document_id, client, version, day, count, last_seen)
  SELECT reason, iif(nameless, '', document_id), iif(nameless, '', client), iif(nameless, '', version), day,
    count, last_seen
  FROM placed WHERE true
  ON CONFLICT (day, reason, document_id, client, version) DO UPDATE SET
    count = count + excluded.count, last_seen = max(last_seen, excluded.last_seen)`;

/** The greatest id stays in the table. */
const DELETE_SQL =
  'DELETE FROM usage_flush WHERE flush_id <= ?1 AND flush_id < (SELECT max(flush_id) FROM usage_flush)';
const EMPTY_SQL = `UPDATE usage_flush SET counts = '${EMPTY_COUNTS}' WHERE flush_id <= ?1`;

export interface Fold {
  /** Added up and deleted. */
  flushes: number;
  /** Rows that were added, changed or deleted. */
  written: number;
  /** Malformed flushes, and malformed counts in flushes, that were deleted and not added up. No isolate writes them. */
  malformed: number;
  /** True if flushes are left for another fold. */
  more: boolean;
}

export interface FoldOptions {
  /** Unix seconds. */
  nowSeconds: number;
  /** Writes a batch; a job's run does so under its lease. */
  write?: (statements: D1PreparedStatement[]) => Promise<D1Result[]>;
}

export async function foldFlushes(
  db: D1Database,
  { nowSeconds, write = (statements) => db.batch(statements) }: FoldOptions,
): Promise<Fold> {
  const extent = await db.prepare(EXTENT_SQL).bind(nowSeconds).first<Extent>();
  const { lastFlushId = null, flushes = 0, malformed = 0, more = 0 } = extent ?? {};
  if (lastFlushId === null || flushes === 0) return { flushes: 0, written: 0, malformed: 0, more: false };
  const requests = new MergedCells();
  const days = new FlushDays();
  let malformedParts = 0;
  for await (const flush of eachFlush(db, lastFlushId)) {
    for (const cell of flush.requests) requests.add(cell);
    days.add(flush);
    malformedParts += flush.malformed;
  }
  try {
    const results = await write([
      db.prepare(GUARD_SQL).bind(lastFlushId, flushes),
      db.prepare(USAGE_SQL).bind(lastFlushId),
      db.prepare(REFUSAL_SQL).bind(lastFlushId),
      ...(await rollupWrites(db, requests.cells(), nowSeconds)),
      ...(await flushDayWrites(db, days)),
      db.prepare(DELETE_SQL).bind(lastFlushId),
      db.prepare(EMPTY_SQL).bind(lastFlushId),
    ]);
    const written = results.reduce((sum, { meta }) => sum + meta.changes, 0);
    return { flushes, written, malformed: malformed + malformedParts, more: more === 1 };
  } catch (error) {
    const isFolded = error instanceof Error && error.message.includes(FOLDED_MEANWHILE_MESSAGE);
    if (!isFolded) throw error;
    return { flushes: 0, written: 0, malformed: 0, more: true };
  }
}
