/**
 * Adds up the flushes of isolates as counts by day, and deletes them.
 *
 * One fold is one batch: a flush counts once, even if the fold fails, is repeated, or isolates write meanwhile. It takes
 * the oldest flushes up to a limit. It also takes malformed ones, which it reports and does not add up. Clients choose
 * their names, so a day has a limited number of names; beyond it, new names count as the empty name.
 */

/** Rows a day; beyond this, rows with new names count as rows without names. */
export const USAGE_ROWS_A_DAY = 20_000;
export const REFUSAL_ROWS_A_DAY = 2_000;

/** Limits of one fold: D1 runs one query at a time, so requests wait for it. The last flush may exceed the bytes. */
const FLUSHES_A_FOLD = 2_000;
const BYTES_A_FOLD = 2_000_000;

/** A batch is a transaction, so every statement of it sees the same last flush. */
const LAST_FLUSH_SQL = `(SELECT max(flush_id) FROM (
    SELECT flush_id, sum(octet_length(counts)) OVER (ORDER BY flush_id) - octet_length(counts) AS bytes_before
    FROM usage_flush ORDER BY flush_id LIMIT ${FLUSHES_A_FOLD})
  WHERE bytes_before < ${BYTES_A_FOLD})`;

/** `unsound` counts malformed flushes, and the entries of other flushes that the views leave out. */
const EXTENT_SQL = `WITH taken AS MATERIALIZED (
    SELECT counts, iif(json_valid(counts),
      coalesce(json_type(counts, '$.uses') = 'array' AND json_type(counts, '$.refusals') = 'array', false),
      false) AS has_form
    FROM usage_flush WHERE flush_id <= ${LAST_FLUSH_SQL}
  )
  SELECT count(*) AS flushes, coalesce(sum(iif(has_form,
      json_array_length(counts, '$.uses') + json_array_length(counts, '$.refusals'), 1)), 0)
    - (SELECT count(*) FROM unfolded_usage WHERE flush_id <= ${LAST_FLUSH_SQL})
    - (SELECT count(*) FROM unfolded_refusal WHERE flush_id <= ${LAST_FLUSH_SQL}) AS unsound,
    EXISTS (SELECT 1 FROM usage_flush WHERE flush_id > ${LAST_FLUSH_SQL}) AS more
  FROM taken`;

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
    FROM unfolded_usage WHERE flush_id <= ${LAST_FLUSH_SQL} GROUP BY ${USAGE_KEYS}
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
    FROM unfolded_refusal WHERE flush_id <= ${LAST_FLUSH_SQL} GROUP BY ${REFUSAL_KEYS}
  ), ${placed('operation_refusal', REFUSAL_KEYS, REFUSAL_ROWS_A_DAY)}
  INSERT INTO operation_refusal (reason, document_id, client, version, day, count, last_seen)
  SELECT reason, iif(nameless, '', document_id), iif(nameless, '', client), iif(nameless, '', version), day,
    count, last_seen
  FROM placed WHERE true
  ON CONFLICT (day, reason, document_id, client, version) DO UPDATE SET
    count = count + excluded.count, last_seen = max(last_seen, excluded.last_seen)`;

export interface Fold {
  /** Added up and deleted. */
  flushes: number;
  /** Rows that were added, changed or deleted. */
  written: number;
  /** Malformed flushes, and malformed counts in flushes, that were deleted and not added up. No isolate writes them. */
  unsound: number;
  /** True if flushes are left for another fold. */
  more: boolean;
}

/** @param write writes a batch; a job's run does so under its lease. */
export async function foldFlushes(
  db: D1Database,
  write: (statements: D1PreparedStatement[]) => Promise<D1Result[]> = (statements) => db.batch(statements),
): Promise<Fold> {
  const [extent, ...writes] = await write([
    db.prepare(EXTENT_SQL),
    db.prepare(USAGE_SQL),
    db.prepare(REFUSAL_SQL),
    db.prepare(`DELETE FROM usage_flush WHERE flush_id <= ${LAST_FLUSH_SQL}`),
  ]);
  const {
    flushes = 0,
    unsound = 0,
    more = 0,
  } = (extent as D1Result<{ flushes: number; unsound: number; more: number }> | undefined)?.results[0] ?? {};
  const written = writes.reduce((sum, { meta }) => sum + meta.changes, 0);
  return { flushes, written, unsound, more: more === 1 };
}
