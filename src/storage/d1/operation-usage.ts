/**
 * Counts by day of the operations that clients use, and of refusals. Times are in Unix seconds.
 *
 * Isolates append their counts as flushes, and the cleanup adds them up (`operation-usage-folding.ts`). A read
 * contains every flush, added up or not. An empty name is that of a client that gives none; reads return null for it.
 */
import type { SparseHistogram } from '../../observability/latency-histogram.ts';
import type { MetricsCell } from '../../observability/request-metrics.ts';
import { encodedCell } from './metrics-cells.ts';

export interface UsageCount {
  operationId: string;
  client: string;
  version: string;
  /** Days since 1970-01-01, UTC. */
  day: number;
  count: number;
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

/** The order of the values in a flush, which the views `unfolded_usage` and `unfolded_refusal` read. */
const USE_FIELDS = ['operationId', 'client', 'version', 'day', 'count', 'firstSeen', 'lastSeen'] as const;
const REFUSAL_FIELDS = ['reason', 'documentId', 'client', 'version', 'day', 'count', 'lastSeen'] as const;

/** The counts of an isolate since its last row. */
export interface IsolateCounts {
  usage: readonly UsageCount[];
  refusals: readonly RefusalCount[];
  requests?: readonly MetricsCell[];
  others?: readonly { client: string; version: string; count: number }[];
  isolate?: { d1: SparseHistogram; memoryBytes: number; memoryMaxBytes: number };
  live?: object;
}

/** @param written when, in Unix seconds, and by which version of the Worker. */
export async function appendCounts(
  db: D1Database,
  { usage, refusals, requests = [], others = [], isolate, live }: IsolateCounts,
  written: { at: number; workerVersion: string } = { at: 0, workerVersion: '' },
): Promise<void> {
  const counts = {
    uses: usage.map((row) => USE_FIELDS.map((field) => row[field])),
    refusals: refusals.map((row) => REFUSAL_FIELDS.map((field) => row[field])),
    requests: requests.map(encodedCell),
    others: others.map(({ client, version, count }) => [client, version, count]),
    isolate,
    live,
  };
  const insert = db.prepare(
    'INSERT INTO usage_flush (counts, written_at, worker_version) VALUES (?1, ?2, ?3)',
  );
  await insert.bind(JSON.stringify(counts), written.at, written.workerVersion).run();
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

const NAMES_SQL = "nullif(client, '') AS client, nullif(version, '') AS version";
const ANSWER_MAX_ROWS = 10_000;
const USED_BY_MAX_ROWS = 100;

/** Each half has the condition: SQLite does not always push it down into a union, and would read every row. */
const bothWhere = (columns: string, tables: readonly [string, string], condition: string) =>
  `(${tables.map((table) => `SELECT ${columns} FROM ${table} WHERE ${condition}`).join(' UNION ALL ')})`;

/** Uses that meet a condition, as a table. It may have several rows of one operation, client, version and day. */
export const usesWhere = (condition: string) =>
  bothWhere(
    'operation_id, client, version, day, count, first_seen, last_seen',
    ['operation_usage', 'unfolded_usage'],
    condition,
  );

const refusalsWhere = (condition: string) =>
  bothWhere(
    'reason, document_id, client, version, count, last_seen',
    ['operation_refusal', 'unfolded_refusal'],
    condition,
  );

export interface UsedBy {
  /** Empty if the client gave no name, and so is the version. */
  client: string;
  version: string;
  operationId: string;
  name: string;
  lastUsedAt: number;
}

/**
 * The `operation_id` of each operation that only these releases carry: `?1` is their client, `?2` the list of versions. One that
 * another release carries outlives them, and a retired release carries nothing.
 */
export const DYING_SQL = `SELECT DISTINCT operation_id FROM release JOIN publish_operation AS carried USING (publish_id)
  WHERE release.client = ?1 AND release.version IN (SELECT value FROM json_each(?2)) AND release.state <> 'retired'
    AND NOT EXISTS (
      SELECT 1 FROM publish_operation AS other JOIN release AS live USING (publish_id)
      WHERE other.operation_id = carried.operation_id AND live.state <> 'retired'
        AND NOT (live.client = ?1 AND live.version IN (SELECT value FROM json_each(?2))))`;

/** The clients that used an operation since then that would end with these releases, the latest first. */
export async function lateUsesOfDying(
  db: D1Database,
  client: string,
  versions: readonly string[],
  since: number,
): Promise<UsedBy[]> {
  const { results } = await db
    .prepare(
      `WITH dying AS (${DYING_SQL})
       SELECT client, version, operation_id AS operationId, operation.name AS name, max(last_seen) AS lastUsedAt
       FROM ${usesWhere('last_seen >= ?3 AND operation_id IN (SELECT operation_id FROM dying)')} AS used
       JOIN operation ON operation.id = used.operation_id
       GROUP BY operation_id, client, version ORDER BY lastUsedAt DESC LIMIT ${USED_BY_MAX_ROWS}`,
    )
    .bind(client, JSON.stringify(versions), since)
    .all<UsedBy>();
  return results;
}

export interface UsageFilter {
  client: string | null;
  operationId: string | null;
  /** The first day that counts, in days since 1970-01-01. */
  sinceDay: number;
}

export async function readUsage(db: D1Database, { client, operationId, sinceDay }: UsageFilter) {
  const { results } = await db
    .prepare(
      `SELECT operation_id AS operationId, (SELECT name FROM operation WHERE operation.id = used.operation_id) AS name,
         ${NAMES_SQL}, sum(count) AS count, min(first_seen) AS firstSeen, max(last_seen) AS lastSeen
       FROM ${usesWhere('day >= ?1 AND (?2 IS NULL OR client = ?2) AND (?3 IS NULL OR operation_id = ?3)')} AS used
       GROUP BY operation_id, used.client, used.version
       ORDER BY count DESC, operation_id LIMIT ${ANSWER_MAX_ROWS}`,
    )
    .bind(sinceDay, client, operationId)
    .all<{
      operationId: string;
      name: string | null;
      client: string | null;
      version: string | null;
      count: number;
      firstSeen: number;
      lastSeen: number;
    }>();
  return results;
}

export async function readRefusals(db: D1Database, sinceDay: number) {
  const { results } = await db
    .prepare(
      `SELECT reason, ${NAMES_SQL}, nullif(document_id, '') AS documentId,
         (SELECT name FROM operation WHERE operation.id = refused.document_id) AS name, sum(count) AS count,
         max(last_seen) AS lastSeen
       FROM ${refusalsWhere('day >= ?1')} AS refused
       GROUP BY reason, refused.client, refused.version, document_id
       ORDER BY count DESC, reason LIMIT ${ANSWER_MAX_ROWS}`,
    )
    .bind(sinceDay)
    .all<{
      reason: string;
      client: string | null;
      version: string | null;
      documentId: string | null;
      name: string | null;
      count: number;
      lastSeen: number;
    }>();
  return results;
}
