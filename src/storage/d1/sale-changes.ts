/**
 * The outbox of the sale feed: changes of pools and investments that it has not delivered yet. Beside it, the times at
 * which the clock changes a pool's status.
 */
import { type IdoPoolRow, idoPoolsByIds } from './ido-pools.ts';
import { type InvestmentRow, investmentsByIds } from './investments.ts';

export interface SaleChanges {
  /** The id of the last change; if there is no change, the given cursor. */
  cursor: number;
  pools: IdoPoolRow[];
  investments: InvestmentRow[];
  /** The id of the last row of this read, older changes included; null if the outbox is empty. */
  readTo: number | null;
  /** True if the outbox may have more rows. */
  hasMore: boolean;
}

const PAGE_ROWS = 500;

/** The id of the last change that was written; 0 before the first. */
export async function lastSaleChange(db: D1Database): Promise<number> {
  // AUTOINCREMENT remembers the id when the row is deleted.
  const statement = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'sale_change'");
  return (await statement.first<number>('seq')) ?? 0;
}

export async function hasSaleChanges(db: D1Database): Promise<boolean> {
  return (await db.prepare('SELECT 1 FROM sale_change LIMIT 1').first()) !== null;
}

/**
 * The pools and investments with changes after the cursor, in their present state.
 *
 * @param span Unix seconds. A pool also counts as changed if the clock changed its status after `from` and not after `to`.
 */
export async function saleChangesAfter(
  db: D1Database,
  cursor: number,
  span: { from: number; to: number },
): Promise<SaleChanges> {
  const [outbox, byClock] = await db.batch([
    db.prepare(`SELECT change_id, kind, row_id FROM sale_change ORDER BY change_id LIMIT ${PAGE_ROWS}`),
    db
      .prepare(
        `SELECT id FROM ido_pool_cache WHERE ${BOUNDARIES.map((column) => `(${column} > ?1 AND ${column} <= ?2)`).join(' OR ')}`,
      )
      .bind(span.from, span.to),
  ]);
  const read = (outbox?.results ?? []) as {
    change_id: number;
    kind: 'pool' | 'investment';
    row_id: string;
  }[];
  // The others were delivered before, but their delete failed.
  const rows = read.filter((row) => row.change_id > cursor);
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
    readTo: read.at(-1)?.change_id ?? null,
    hasMore: read.length === PAGE_ROWS,
  };
}

export async function deleteSaleChanges(db: D1Database, readTo: number): Promise<void> {
  await db.prepare('DELETE FROM sale_change WHERE change_id <= ?').bind(readTo).run();
}

/** The next time at which the clock changes a pool's status, in Unix seconds; null if there is none. */
export async function nextPoolBoundary(db: D1Database, after: number): Promise<number | null> {
  const least = BOUNDARIES.map(
    (column) => `SELECT min(${column}) AS at FROM ido_pool_cache WHERE ${column} > ?1`,
  );
  const statement = db.prepare(`SELECT min(at) AS at FROM (${least.join(' UNION ALL ')})`);
  return statement.bind(after).first<number>('at');
}

const BOUNDARIES = ['registration_start', 'registration_end', 'sale_start', 'sale_end'] as const;
