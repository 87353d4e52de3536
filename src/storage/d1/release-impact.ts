/** The operations that would end with releases, and who uses them. Times are in Unix seconds. */
import { DYING_SQL, usesWhere } from './operation-usage.ts';
import type { OperationRow } from './operations.ts';

export interface EndingOperation extends Pick<OperationRow, 'id' | 'name' | 'kind'> {
  /** Uses by any client since `sinceDay`. */
  count: number;
  /** Null if nobody has used it for as long as counts are kept. */
  lastUsedAt: number | null;
}

export interface UseOfEnding {
  /** Empty if the client gave no name, and so is the version. */
  client: string;
  version: string;
  operationId: string;
  name: string;
  count: number;
  lastUsedAt: number;
}

export interface ReleaseImpact {
  ending: EndingOperation[];
  /** The latest first, at most `USES_MAX`. */
  usedBy: UseOfEnding[];
  /** The number of operations of these releases that live on in others. */
  livingOn: number;
}

const USES_MAX = 500;

/** @param sinceDay the first day that the counts contain, in days since 1970-01-01. Last uses are those of any day. */
export async function releaseImpact(
  db: D1Database,
  client: string,
  versions: readonly string[],
  sinceDay: number,
): Promise<ReleaseImpact> {
  const named = [client, JSON.stringify(versions)];
  const counted = 'coalesce(sum(used.count) FILTER (WHERE used.day >= ?3), 0) AS count';
  const uses = usesWhere('operation_id IN (SELECT operation_id FROM dying)');
  const [ending, usedBy, living] = await db.batch<unknown>([
    db
      .prepare(
        `WITH dying AS (${DYING_SQL})
         SELECT operation.id, operation.name, operation.kind, ${counted}, max(used.last_seen) AS lastUsedAt
         FROM operation LEFT JOIN ${uses} AS used ON used.operation_id = operation.id
         WHERE operation.id IN (SELECT operation_id FROM dying)
         GROUP BY operation.id ORDER BY operation.name, operation.id`,
      )
      .bind(...named, sinceDay),
    db
      .prepare(
        `WITH dying AS (${DYING_SQL})
         SELECT used.client, used.version, operation_id AS operationId, operation.name, ${counted},
           max(used.last_seen) AS lastUsedAt
         FROM ${uses} AS used JOIN operation ON operation.id = used.operation_id
         GROUP BY used.client, used.version, operation_id
         ORDER BY lastUsedAt DESC, operation.name LIMIT ${USES_MAX}`,
      )
      .bind(...named, sinceDay),
    db
      .prepare(
        `WITH dying AS (${DYING_SQL})
         SELECT count(DISTINCT operation_id) AS n FROM release JOIN publish_operation USING (publish_id)
         WHERE client = ?1 AND version IN (SELECT value FROM json_each(?2)) AND state <> 'retired'
           AND operation_id NOT IN (SELECT operation_id FROM dying)`,
      )
      .bind(...named),
  ]);
  const [{ n: livingOn } = { n: 0 }] = (living?.results ?? []) as { n: number }[];
  return {
    ending: (ending?.results ?? []) as EndingOperation[],
    usedBy: (usedBy?.results ?? []) as UseOfEnding[],
    livingOn,
  };
}
