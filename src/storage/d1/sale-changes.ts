/** Changes of pools and investments that the sale feed has yet to tell of, and the moments at which pools change by the clock. */
import { type IdoPoolRow, idoPoolsByIds } from './ido-pools.ts';
import { type InvestmentRow, investmentsByIds } from './investments.ts';

export interface SaleChanges {
  /** Of the last change; the one given where there is none. */
  cursor: number;
  pools: IdoPoolRow[];
  investments: InvestmentRow[];
  /** Of the last of these changes, and of those read before that are in the outbox still; null where it is empty. */
  readTo: number | null;
  /** Whether there may be more behind it. */
  hasMore: boolean;
}

/** Of changes, in one read. */
const PAGE = 500;

/** How far changes have been written; 0 before the first. */
export async function lastSaleChange(db: D1Database): Promise<number> {
  // AUTOINCREMENT's own record: rows are deleted once they are read.
  const row = await db
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'sale_change'")
    .first<{ seq: number }>();
  return row?.seq ?? 0;
}

/** Whether the feed has yet to read something. */
export async function hasSaleChanges(db: D1Database): Promise<boolean> {
  return (await db.prepare('SELECT 1 FROM sale_change LIMIT 1').first()) !== null;
}

/**
 * The rows that have changed since, as they are now.
 *
 * @param span Unix seconds: pools whose status the clock changed after `from`, and not after `to`, have changed as well.
 */
export async function saleChangesAfter(
  db: D1Database,
  cursor: number,
  span: { from: number; to: number },
): Promise<SaleChanges> {
  const [outbox, byClock] = await db.batch([
    db.prepare(`SELECT change_id, kind, row_id FROM sale_change ORDER BY change_id LIMIT ${PAGE}`),
    db
      .prepare(
        `SELECT id FROM ido_pool_cache WHERE ${BOUNDARIES.map((column) => `(${column} > ?1 AND ${column} <= ?2)`).join(' OR ')}`,
      )
      .bind(span.from, span.to),
  ]);
  const held = (outbox?.results ?? []) as {
    change_id: number;
    kind: 'pool' | 'investment';
    row_id: string;
  }[];
  // What was read before, and could not be deleted then, is no news.
  const rows = held.filter((row) => row.change_id > cursor);
  const idsOf = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.row_id);
  const poolIds = [
    ...new Set([...idsOf('pool'), ...((byClock?.results ?? []) as { id: string }[]).map(({ id }) => id)]),
  ];
  const investmentIds = [...new Set(idsOf('investment'))];
  const [pools, investments] = await Promise.all([
    poolIds.length === 0 ? [] : [...(await idoPoolsByIds(db, poolIds, span.to)).values()],
    investmentIds.length === 0 ? [] : investmentsByIds(db, investmentIds),
  ]);
  return {
    cursor: rows.at(-1)?.change_id ?? cursor,
    pools,
    investments,
    readTo: held.at(-1)?.change_id ?? null,
    hasMore: held.length === PAGE,
  };
}

export async function deleteSaleChanges(db: D1Database, readTo: number): Promise<void> {
  await db.prepare('DELETE FROM sale_change WHERE change_id <= ?').bind(readTo).run();
}

/** When a pool's status follows the clock next, in Unix seconds; null where none does. */
export async function nextPoolBoundary(db: D1Database, after: number): Promise<number | null> {
  const least = BOUNDARIES.map(
    (column) => `SELECT min(${column}) AS at FROM ido_pool_cache WHERE ${column} > ?1`,
  );
  const row = await db
    .prepare(`SELECT min(at) AS at FROM (${least.join(' UNION ALL ')})`)
    .bind(after)
    .first<{ at: number | null }>();
  return row?.at ?? null;
}

const BOUNDARIES = ['registration_start', 'registration_end', 'sale_start', 'sale_end'] as const;
