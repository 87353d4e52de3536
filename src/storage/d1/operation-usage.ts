/** Who ran what, and who was refused, by day: what isolates counted goes in, and what is too old goes out. */

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

/** One row, whatever it holds: readers see it at once, and the cleanup adds it up (`operation-usage-folding.ts`). */
export async function appendCounts(
  db: D1Database,
  counts: { usage: readonly UsageCount[]; refusals: readonly RefusalCount[] },
): Promise<void> {
  const uses = counts.usage.map((row) => [
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
  await db
    .prepare('INSERT INTO usage_flush (counts) VALUES (?1)')
    .bind(JSON.stringify({ uses, refusals }))
    .run();
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
