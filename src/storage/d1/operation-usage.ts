/** Who ran what, and who was refused, by day. Names that clients give themselves are bounded in number a day. */

export interface UsageCount {
  operationId: string;
  /** Empty where the client does not say; so are the others. */
  client: string;
  version: string;
  /** Days since 1970-01-01, UTC. */
  day: number;
  count: number;
  /** In Unix seconds, like `lastSeen`. */
  firstSeen: number;
  lastSeen: number;
}

export interface RefusalCount {
  reason: string;
  documentId: string;
  client: string;
  version: string;
  day: number;
  count: number;
  lastSeen: number;
}

/** A day's rows; beyond it, what is new is counted without the names that clients chose. */
export const USAGE_ROWS_A_DAY = 20_000;
export const REFUSAL_ROWS_A_DAY = 2_000;

/** An upper bound of a day's rows without counting them: they follow one another. The index on `day` ends in the rowid. */
const dayIsFull = (table: string, most: number) =>
  `(SELECT row_id FROM ${table} WHERE day = given.day ORDER BY row_id DESC LIMIT 1)
   - (SELECT row_id FROM ${table} WHERE day = given.day ORDER BY row_id LIMIT 1) + 1 >= ${most}`;

const USAGE_SQL = `WITH given AS (
    SELECT value ->> 0 AS operation_id, value ->> 1 AS client, value ->> 2 AS version, value ->> 3 AS day,
      value ->> 4 AS count, value ->> 5 AS first_seen, value ->> 6 AS last_seen
    FROM json_each(?1)
  ), placed AS (
    SELECT given.*, NOT EXISTS (SELECT 1 FROM operation_usage AS held
        WHERE held.operation_id = given.operation_id AND held.client = given.client
          AND held.version = given.version AND held.day = given.day)
      AND coalesce(${dayIsFull('operation_usage', USAGE_ROWS_A_DAY)}, false) AS nameless
    FROM given
  )
  INSERT INTO operation_usage (operation_id, client, version, day, count, first_seen, last_seen)
  SELECT operation_id, iif(nameless, '', client), iif(nameless, '', version), day, count, first_seen, last_seen
  FROM placed WHERE true
  ON CONFLICT (operation_id, client, version, day) DO UPDATE SET
    count = count + excluded.count,
    first_seen = min(first_seen, excluded.first_seen),
    last_seen = max(last_seen, excluded.last_seen)`;

const REFUSAL_SQL = `WITH given AS (
    SELECT value ->> 0 AS reason, value ->> 1 AS document_id, value ->> 2 AS client, value ->> 3 AS version,
      value ->> 4 AS day, value ->> 5 AS count, value ->> 6 AS last_seen
    FROM json_each(?1)
  ), placed AS (
    SELECT given.*, NOT EXISTS (SELECT 1 FROM operation_refusal AS held
        WHERE held.reason = given.reason AND held.document_id = given.document_id
          AND held.client = given.client AND held.version = given.version AND held.day = given.day)
      AND coalesce(${dayIsFull('operation_refusal', REFUSAL_ROWS_A_DAY)}, false) AS nameless
    FROM given
  )
  INSERT INTO operation_refusal (reason, document_id, client, version, day, count, last_seen)
  SELECT reason, iif(nameless, '', document_id), iif(nameless, '', client), iif(nameless, '', version), day,
    count, last_seen
  FROM placed WHERE true
  ON CONFLICT (day, reason, document_id, client, version) DO UPDATE SET
    count = count + excluded.count, last_seen = max(last_seen, excluded.last_seen)`;

/** One write: both kinds or neither. */
export async function addCounts(
  db: D1Database,
  counts: { usage: readonly UsageCount[]; refusals: readonly RefusalCount[] },
): Promise<void> {
  const usage = counts.usage.map((row) => [
    row.operationId,
    row.client,
    row.version,
    row.day,
    row.count,
    row.firstSeen,
    row.lastSeen,
  ]);
  const refusals = counts.refusals.map((row) => [
    row.reason,
    row.documentId,
    row.client,
    row.version,
    row.day,
    row.count,
    row.lastSeen,
  ]);
  await db.batch([
    ...(usage.length === 0 ? [] : [db.prepare(USAGE_SQL).bind(JSON.stringify(usage))]),
    ...(refusals.length === 0 ? [] : [db.prepare(REFUSAL_SQL).bind(JSON.stringify(refusals))]),
  ]);
}

const USAGE_KEPT_DAYS = 400;
const REFUSALS_KEPT_DAYS = 30;
const DAY_SECONDS = 86_400;

export const expiredCountsDeletes = (db: D1Database, nowSeconds: number) =>
  (
    [
      ['operation_usage', USAGE_KEPT_DAYS],
      ['operation_refusal', REFUSALS_KEPT_DAYS],
    ] as const
  ).map(([table, days]) =>
    db.prepare(`DELETE FROM ${table} WHERE day < ?1`).bind(Math.floor(nowSeconds / DAY_SECONDS) - days),
  );
