/** Operations whose answers caches in front are still to drop. Times are in Unix seconds. */

/** Releases that were changed, and what they carried before if that is another publish. */
export interface EndedContent {
  client: string;
  versions: readonly string[];
  publishIds: readonly string[];
}

/** Queues purges; one that waits already waits anew. */
export const purgesQueued = (db: D1Database, operationIds: readonly string[], dueAt: number) =>
  db
    .prepare(
      `INSERT INTO operation_purge (operation_id, due_at) SELECT value, ?2 FROM json_each(?1) WHERE true
       ON CONFLICT (operation_id) DO UPDATE SET due_at = excluded.due_at`,
    )
    .bind(JSON.stringify(operationIds), dueAt);

/**
 * Queues purges of the operations that these publishes or the releases' present content carry, and no live release does. It comes
 * after the change in the same batch: a change that is stored has its purges.
 */
export const purgesOfEndedQueued = (db: D1Database, ended: EndedContent, dueAt: number) =>
  db
    .prepare(
      `INSERT INTO operation_purge (operation_id, due_at)
       SELECT DISTINCT operation_id, ?4 FROM publish_operation AS carried
       WHERE publish_id IN (
           SELECT publish_id FROM release WHERE client = ?1 AND version IN (SELECT value FROM json_each(?2))
           UNION SELECT value FROM json_each(?3))
         AND NOT EXISTS (
           SELECT 1 FROM publish_operation AS other JOIN release AS live USING (publish_id)
           WHERE other.operation_id = carried.operation_id AND live.state <> 'retired')
       ON CONFLICT (operation_id) DO UPDATE SET due_at = excluded.due_at`,
    )
    .bind(ended.client, JSON.stringify(ended.versions), JSON.stringify(ended.publishIds), dueAt);

/**
 * Takes the operations that are due longest, at most so many. They go behind the others until they are done: a purge that is
 * refused holds up no other one.
 */
export async function takePurgesDue(db: D1Database, nowSeconds: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `UPDATE operation_purge SET due_at = ?1 WHERE operation_id IN (
         SELECT operation_id FROM operation_purge WHERE due_at <= ?1 ORDER BY due_at, operation_id LIMIT ?2)
       RETURNING operation_id`,
    )
    .bind(nowSeconds, limit)
    .all<{ operation_id: string }>();
  return results.map(({ operation_id }) => operation_id);
}

/** Those that were queued again meanwhile stay. */
export const purgesDone = (db: D1Database, operationIds: readonly string[], nowSeconds: number) =>
  db
    .prepare(
      'DELETE FROM operation_purge WHERE operation_id IN (SELECT value FROM json_each(?1)) AND due_at <= ?2',
    )
    .bind(JSON.stringify(operationIds), nowSeconds);
