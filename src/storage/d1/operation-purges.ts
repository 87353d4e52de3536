/** Operations whose answers caches in front are still to drop. Times are in Unix seconds. */

/** Queues purges; one that waits already waits anew. */
export const purgesQueued = (db: D1Database, operationIds: readonly string[], dueAt: number) =>
  db
    .prepare(
      `INSERT INTO operation_purge (operation_id, due_at) SELECT value, ?2 FROM json_each(?1) WHERE true
       ON CONFLICT (operation_id) DO UPDATE SET due_at = excluded.due_at`,
    )
    .bind(JSON.stringify(operationIds), dueAt);

/** The operations that are due longest, at most so many. */
export async function purgesDue(db: D1Database, nowSeconds: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT operation_id FROM operation_purge WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2')
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
