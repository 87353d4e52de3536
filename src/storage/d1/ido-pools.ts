/**
 * IDO pools, as the upstream contract names their fields. Times are in Unix seconds, amounts are decimals.
 *
 * Every read is one D1 call, whatever its arguments are. A pool's status follows the clock between syncs: a row
 * has the status of `nowSeconds`.
 */
import {
  defineTable,
  integer,
  orNull,
  real,
  type SelectedRow,
  text,
  textOf,
  type WrittenRow,
} from './columns.ts';
import { countRows, type Keyed, keysetPage, type PageStart } from './keyset.ts';
import { projectIdOfSlug } from './projects.ts';

export type IdoPoolType = 'public' | 'private' | 'whitelist';
export type IdoPoolStatus = 'upcoming' | 'registration' | 'active' | 'completed' | 'cancelled';

export const idoPoolTable = defineTable({
  name: 'ido_pool_cache',
  columns: {
    id: text,
    project_id: text,
    pool_name: text,
    pool_type: textOf<IdoPoolType>(),
    description: orNull(text),
    token_price: text,
    total_tokens: text,
    sold_tokens: text,
    total_raised: text,
    min_allocation: text,
    max_allocation: orNull(text),
    max_participants: orNull(integer),
    participant_count: integer,
    payment_token: text,
    blockchain: text,
    contract_address: orNull(text),
    registration_start: orNull(integer),
    registration_end: orNull(integer),
    sale_start: integer,
    sale_end: integer,
    status: textOf<IdoPoolStatus>(),
    updated_at: integer,
    progress_percent: real,
    upstream_sold_tokens: text,
    upstream_total_raised: text,
    upstream_participant_count: integer,
    payment_decimals: orNull(integer),
    ledger_revision: orNull(integer),
    ledger_sequence: orNull(integer),
    ledger_hash: orNull(text),
    ledger_recorded_at: orNull(integer),
    ledger_outbox_since: orNull(integer),
  },
  writeOnly: { total_raised_real: real },
  /** The ledger of the pool writes them. */
  computed: [
    'ledger_revision',
    'ledger_sequence',
    'ledger_hash',
    'ledger_recorded_at',
    'ledger_outbox_since',
  ],
  unless: {
    condition: 'ledger_revision IS NOT NULL',
    columns: ['sold_tokens', 'total_raised', 'participant_count', 'progress_percent', 'total_raised_real'],
  },
  key: ['id'],
  version: 'updated_at',
  insertedAt: 'created_at',
});
export type IdoPoolRow = SelectedRow<typeof idoPoolTable>;
export type IdoPoolWriteRow = WrittenRow<typeof idoPoolTable>;
export const idoPoolWrites = idoPoolTable.writes;

/**
 * The status at `?1`, in Unix seconds. The platform alone cancels a pool or completes it early; between registration
 * and sale a pool is upcoming.
 */
const STATUS_NOW =
  "CASE WHEN status IN ('cancelled', 'completed') THEN status WHEN sale_end <= ?1 THEN 'completed' " +
  "WHEN sale_start <= ?1 THEN 'active' " +
  'WHEN registration_start <= ?1 AND (registration_end IS NULL OR registration_end > ?1) ' +
  "THEN 'registration' ELSE 'upcoming' END";

/** Every statement that selects these binds the current time as `?1`. */
const COLUMNS = idoPoolTable.selectList({ status: STATUS_NOW });

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
  projectSlug?: string | undefined;
}

export interface IdoPoolPageQuery extends PageStart {
  filter: IdoPoolFilter;
  orderBy: IdoPoolOrderField;
  descending: boolean;
  limit: number;
  nowSeconds: number;
}

export function idoPoolPage(db: D1Database, query: IdoPoolPageQuery): Promise<Keyed<IdoPoolRow>[]> {
  const order = IDO_POOL_ORDERS[query.orderBy];
  const filter = filterSql(query.filter, query.nowSeconds);
  const unfiltered = filter.conditions.length === 0;
  return keysetPage<IdoPoolRow>(db, {
    table: 'ido_pool_cache',
    columns: COLUMNS,
    keyColumn: order.column,
    keyNullable: false,
    descending: query.descending,
    after: query.after,
    offset: query.offset,
    limit: query.limit,
    filter: filter.conditions,
    filterValues: filter.values,
    plan: unfiltered ? 'range' : 'sort',
    indexedBy: unfiltered ? `INDEXED BY ${order.index}` : filter.indexedBy,
  });
}

export function countIdoPools(
  db: D1Database,
  poolFilter: IdoPoolFilter,
  nowSeconds: number,
): Promise<number> {
  const filter = filterSql(poolFilter, nowSeconds);
  // D1 refuses a parameter that a statement does not use.
  return countRows(db, 'ido_pool_cache', [...filter.conditions, '?1 IS NOT NULL'], filter.values);
}

function filterSql(filter: IdoPoolFilter, nowSeconds: number) {
  const values: unknown[] = [nowSeconds];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const conditions: string[] = [];
  if (filter.projectId !== undefined) conditions.push(`project_id = ${bind(filter.projectId)}`);
  if (filter.projectSlug !== undefined)
    conditions.push(`project_id = ${projectIdOfSlug(bind(filter.projectSlug))}`);
  const ofProject = conditions.length > 0;
  // Pools are few: a filter without an index reads all of them for every page.
  if (filter.type !== undefined) conditions.push(`pool_type = ${bind(filter.type)}`);
  if (filter.blockchain !== undefined) conditions.push(`blockchain = ${bind(filter.blockchain)}`);
  if (filter.status !== undefined) conditions.push(`(${STATUS_NOW}) = ${bind(filter.status)}`);
  const indexedBy = ofProject ? 'INDEXED BY ido_pool_cache_project' : 'NOT INDEXED';
  return { conditions, values, indexedBy };
}

export async function idoPoolsByIds(
  db: D1Database,
  ids: readonly string[],
  nowSeconds: number,
): Promise<Map<string, IdoPoolRow>> {
  const sql = `SELECT ${COLUMNS} FROM ido_pool_cache WHERE id IN (SELECT value FROM json_each(?2))`;
  const { results } = await db.prepare(sql).bind(nowSeconds, JSON.stringify(ids)).all<IdoPoolRow>();
  return new Map(results.map((row) => [row.id, row]));
}

const UPSTREAM_COLUMNS = idoPoolTable.selectList({
  sold_tokens: 'upstream_sold_tokens',
  total_raised: 'upstream_total_raised',
  participant_count: 'upstream_participant_count',
});

/** By id, as the main API last gave them. */
export async function storedIdoPools(
  db: D1Database,
  ids: readonly string[],
): Promise<Map<string, IdoPoolRow>> {
  const sql = `SELECT ${UPSTREAM_COLUMNS} FROM ido_pool_cache WHERE id IN (SELECT value FROM json_each(?1))`;
  const { results } = await db.prepare(sql).bind(JSON.stringify(ids)).all<IdoPoolRow>();
  return new Map(results.map((row) => [row.id, row]));
}

/** The pools that are not over, and of which the main API does not say how many digits their payment token has. */
export async function openPoolsWithoutDecimals(db: D1Database, nowSeconds: number): Promise<PoolPayment[]> {
  const sql = `SELECT id, blockchain, payment_token, payment_decimals FROM ido_pool_cache
    WHERE payment_decimals IS NULL AND status NOT IN ('cancelled', 'completed') AND sale_end > ?1`;
  return (await db.prepare(sql).bind(nowSeconds).all<PoolPayment>()).results;
}
type PoolPayment = Pick<IdoPoolRow, 'id' | 'blockchain' | 'payment_token' | 'payment_decimals'>;

export type PoolWithLedger = Pick<IdoPoolRow, 'id' | 'ledger_outbox_since'> & { ledger_revision: number };

export async function poolsWithLedgers(db: D1Database): Promise<PoolWithLedger[]> {
  const sql =
    'SELECT id, ledger_revision, ledger_outbox_since FROM ido_pool_cache WHERE ledger_revision IS NOT NULL ORDER BY id';
  return (await db.prepare(sql).all<PoolWithLedger>()).results;
}

/** One of them. */
export const storedIdoPoolRead = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`SELECT ${UPSTREAM_COLUMNS} FROM ido_pool_cache WHERE id = ?1`).bind(id);

/** The newest pools of each project, by sale start, at most `limit` a project. */
export async function idoPoolsByProjects(
  db: D1Database,
  projectIds: readonly string[],
  limit: number,
  nowSeconds: number,
): Promise<Map<string, IdoPoolRow[]>> {
  const sql =
    `SELECT * FROM (SELECT ${COLUMNS}, ` +
    'row_number() OVER (PARTITION BY project_id ORDER BY sale_start DESC, id DESC) AS place ' +
    'FROM ido_pool_cache WHERE project_id IN (SELECT value FROM json_each(?2))) ' +
    'WHERE place <= ?3 ORDER BY project_id, place';
  const statement = db.prepare(sql).bind(nowSeconds, JSON.stringify(projectIds), limit);
  const { results } = await statement.all<IdoPoolRow>();
  return Map.groupBy(results, (row) => row.project_id);
}

/** Of all pools. One D1 call. */
export async function storedIdoPoolIds(db: D1Database): Promise<string[]> {
  const { results } = await db.prepare('SELECT id FROM ido_pool_cache').all<Pick<IdoPoolRow, 'id'>>();
  return results.map(({ id }) => id);
}
