/**
 * What the counts say: by whom operations are used, and what is refused. Names are null where a client gave none.
 *
 * Whatever an isolate has written is in every answer, whether the cleanup has added it up yet or not.
 */

const NAMES_SQL = "nullif(client, '') AS client, nullif(version, '') AS version";
const ANSWER_MAX_ROWS = 10_000;
const USED_BY_MAX_ROWS = 100;

/** The condition stands in both halves: SQLite would not always bring it to them, and read every use there was. */
const bothWhere = (columns: string, tables: readonly [string, string], condition: string) =>
  `(${tables.map((table) => `SELECT ${columns} FROM ${table} WHERE ${condition}`).join(' UNION ALL ')})`;

/** Uses that meet a condition, as a table: several rows may be of one operation, client, version and day. */
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
  /** Empty where it did not say; so is the version. */
  client: string;
  version: string;
  operationId: string;
  lastUsedAt: number;
}

/** Who used an operation that these releases carry, retired ones aside, since then; the latest first. */
export async function usedLately(
  db: D1Database,
  client: string,
  versions: readonly string[],
  since: number,
): Promise<UsedBy[]> {
  const { results } = await db
    .prepare(
      `WITH carried AS (
         SELECT operation_id FROM release JOIN publish_operation USING (publish_id)
         WHERE release.client = ?1 AND release.version IN (SELECT value FROM json_each(?2))
           AND release.state <> 'retired')
       SELECT client, version, operation_id AS operationId, max(last_seen) AS lastUsedAt
       FROM ${usesWhere('last_seen >= ?3 AND operation_id IN (SELECT operation_id FROM carried)')}
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
      `SELECT operation_id AS operationId, (SELECT name FROM operation WHERE id = operation_id) AS name,
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
      `SELECT reason, ${NAMES_SQL}, nullif(document_id, '') AS documentId, sum(count) AS count,
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
      count: number;
      lastSeen: number;
    }>();
  return results;
}
