/**
 * Reads of `ido_pool_cache`. Every function here is one D1 call, whatever it is asked for.
 *
 * A pool's status follows the clock between syncs: rows come out with the status of the moment asked for.
 */
import { type KeysetPosition, keysetStatement } from './keyset.ts';
import type { Keyed } from './projects.ts';
import type { IdoPoolRow, IdoPoolStatus, IdoPoolType } from './rows.ts';

/** Cancelled, and completed early, come from the platform; between registration and sale a pool is upcoming. */
const statusAt = (now: string) =>
  `CASE WHEN status IN ('cancelled', 'completed') THEN status WHEN sale_end <= ${now} THEN 'completed' ` +
  `WHEN sale_start <= ${now} THEN 'active' ` +
  `WHEN registration_start <= ${now} AND (registration_end IS NULL OR registration_end > ${now}) ` +
  "THEN 'registration' ELSE 'upcoming' END";

const columnsAt = (now: string) =>
  'id, project_id, pool_name, pool_type, description, token_price, total_tokens, sold_tokens, total_raised, ' +
  'min_allocation, max_allocation, max_participants, participant_count, payment_token, blockchain, ' +
  'contract_address, registration_start, registration_end, sale_start, sale_end, updated_at, progress_percent, ' +
  `${statusAt(now)} AS status`;

export const IDO_POOL_ORDERS = {
  SALE_START: { column: 'sale_start', index: 'ido_pool_cache_by_sale_start' },
  SALE_END: { column: 'sale_end', index: 'ido_pool_cache_by_sale_end' },
  PROGRESS: { column: 'progress_percent', index: 'ido_pool_cache_by_progress' },
  TOTAL_RAISED: { column: 'total_raised_real', index: 'ido_pool_cache_by_total_raised' },
} as const;
export type IdoPoolOrderField = keyof typeof IDO_POOL_ORDERS;

export interface IdoPoolFilter {
  status?: IdoPoolStatus | undefined;
  type?: IdoPoolType | undefined;
  blockchain?: string | undefined;
  projectId?: string | undefined;
}

export interface IdoPoolPageQuery {
  filter: IdoPoolFilter;
  orderBy: IdoPoolOrderField;
  descending: boolean;
  after: KeysetPosition | null;
  limit: number;
  nowSeconds: number;
}

export async function idoPoolPage(db: D1Database, query: IdoPoolPageQuery): Promise<Keyed<IdoPoolRow>[]> {
  const order = IDO_POOL_ORDERS[query.orderBy];
  const filter = filterSql(query.filter, query.nowSeconds);
  const unfiltered = filter.conditions.length === 0;
  const statement = keysetStatement(db, {
    table: 'ido_pool_cache',
    columns: columnsAt('?1'),
    keyColumn: order.column,
    keyNullable: false,
    descending: query.descending,
    after: query.after,
    limit: query.limit,
    filter: filter.conditions,
    filterValues: filter.values,
    plan: unfiltered ? 'range' : 'sort',
    indexedBy: unfiltered ? `INDEXED BY ${order.index}` : filter.indexedBy,
  });
  return (await statement.all<Keyed<IdoPoolRow>>()).results;
}

export async function countIdoPools(
  db: D1Database,
  poolFilter: IdoPoolFilter,
  nowSeconds: number,
): Promise<number> {
  const filter = filterSql(poolFilter, nowSeconds);
  const conditions = [...filter.conditions, '?1 IS NOT NULL'];
  const sql = `SELECT count(*) AS total FROM ido_pool_cache WHERE ${conditions.join(' AND ')}`;
  const row = await db
    .prepare(sql)
    .bind(...filter.values)
    .first<{ total: number }>();
  return row?.total ?? 0;
}

function filterSql(filter: IdoPoolFilter, nowSeconds: number) {
  const values: unknown[] = [nowSeconds];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const conditions: string[] = [];
  if (filter.projectId !== undefined) conditions.push(`project_id = ${bind(filter.projectId)}`);
  // Pools are few: a filter without an index of its own reads them all, whichever page is asked for.
  if (filter.type !== undefined) conditions.push(`pool_type = ${bind(filter.type)}`);
  if (filter.blockchain !== undefined) conditions.push(`blockchain = ${bind(filter.blockchain)}`);
  if (filter.status !== undefined) conditions.push(`(${statusAt('?1')}) = ${bind(filter.status)}`);
  const indexedBy = filter.projectId === undefined ? 'NOT INDEXED' : 'INDEXED BY ido_pool_cache_project';
  return { conditions, values, indexedBy };
}

export async function idoPoolsByIds(
  db: D1Database,
  ids: readonly string[],
  nowSeconds: number,
): Promise<Map<string, IdoPoolRow>> {
  const sql = `SELECT ${columnsAt('?1')} FROM ido_pool_cache WHERE id IN (SELECT value FROM json_each(?2))`;
  const { results } = await db.prepare(sql).bind(nowSeconds, JSON.stringify(ids)).all<IdoPoolRow>();
  return new Map(results.map((row) => [row.id, row]));
}

/** The newest pools of each project, by sale start, at most `limit` a project. */
export async function idoPoolsByProjects(
  db: D1Database,
  projectIds: readonly string[],
  limit: number,
  nowSeconds: number,
): Promise<Map<string, IdoPoolRow[]>> {
  const sql =
    `SELECT * FROM (SELECT ${columnsAt('?1')}, ` +
    'row_number() OVER (PARTITION BY project_id ORDER BY sale_start DESC, id DESC) AS place ' +
    'FROM ido_pool_cache WHERE project_id IN (SELECT value FROM json_each(?2))) ' +
    'WHERE place <= ?3 ORDER BY project_id, place';
  const statement = db.prepare(sql).bind(nowSeconds, JSON.stringify(projectIds), limit);
  const { results } = await statement.all<IdoPoolRow>();
  return Map.groupBy(results, (row) => row.project_id);
}
