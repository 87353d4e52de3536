/**
 * Projects, as the upstream contract names their fields. Times are in Unix seconds.
 *
 * Every read is one D1 call, and one more for a list that is filtered by a search.
 */
import {
  defineTable,
  integer,
  json,
  orNull,
  real,
  type SelectedRow,
  text,
  textOf,
  type WrittenRow,
} from './columns.ts';
import { foldText } from './fold-text.ts';
import { countRows, type Keyed, keysetPage, type PageStart } from './keyset.ts';
import { containsText, isCommonSearch, searchCandidates, testsText } from './project-search.ts';

export type ProjectStatus = 'upcoming' | 'live' | 'paused' | 'delisted';

export interface SocialRecord {
  twitter_followers?: number | null;
  telegram_members?: number | null;
  discord_members?: number | null;
  github_stars?: number | null;
  reddit_subscribers?: number | null;
}

export const projectTable = defineTable({
  name: 'project_cache',
  columns: {
    id: text,
    name: text,
    symbol: text,
    slug: text,
    status: textOf<ProjectStatus>(),
    category: text,
    description: orNull(text),
    tagline: orNull(text),
    subcategory: orNull(text),
    tags: json<string[]>(),
    blockchain: json<string[]>(),
    logo_url: orNull(text),
    banner_url: orNull(text),
    website_url: orNull(text),
    twitter_url: orNull(text),
    telegram_url: orNull(text),
    github_url: orNull(text),
    current_price: orNull(real),
    price_change_24h: orNull(real),
    price_change_7d: orNull(real),
    price_change_30d: orNull(real),
    market_cap: orNull(real),
    volume_24h: orNull(real),
    circulating_supply: orNull(real),
    total_supply: orNull(real),
    max_supply: orNull(real),
    market_cap_rank: orNull(integer),
    trending_rank: orNull(integer),
    trending_score: orNull(real),
    launch_date: orNull(integer),
    listing_date: orNull(integer),
    social: orNull(json<SocialRecord>()),
    updated_at: integer,
    /** 1 if its symbol means this project, else 0. */
    owns_symbol: integer,
    /** The key in R2 of the gateway's copy, with its version as a query; null as long as there is none. */
    logo_file: orNull(text),
    banner_file: orNull(text),
  },
  computed: ['owns_symbol', 'logo_file', 'banner_file'],
  writeOnly: { name_folded: text, symbol_folded: text, search_text: text, folding_version: integer },
  key: ['id'],
  version: 'updated_at',
  insertedAt: 'created_at',
});
export type ProjectRow = SelectedRow<typeof projectTable>;
export type ProjectWriteRow = WrittenRow<typeof projectTable>;
export const projectWrites = projectTable.writes;

/** The order of projects with one symbol: the symbol means the first of them. */
const MEANT_FIRST = "status = 'live' DESC, market_cap DESC, id";

/** For the batch of `projectWrites`, after them: the rows that changed decide also about others with their symbols. */
export const symbolOwnersWrite = (db: D1Database) =>
  db.prepare(
    `UPDATE project_cache SET owns_symbol = ranked.owns FROM
       (SELECT row_id, row_number() OVER (PARTITION BY symbol ORDER BY ${MEANT_FIRST}) = 1 AS owns
        FROM project_cache) AS ranked
     WHERE ranked.row_id = project_cache.row_id AND ranked.owns <> project_cache.owns_symbol`,
  );

const COLUMNS = projectTable.selectList();

export const PROJECT_ORDERS = {
  NAME: { column: 'name_folded', nullable: false, index: 'project_cache_by_name' },
  CURRENT_PRICE: { column: 'current_price', nullable: true, index: 'project_cache_by_current_price' },
  MARKET_CAP: { column: 'market_cap', nullable: true, index: 'project_cache_by_market_cap' },
  VOLUME_24H: { column: 'volume_24h', nullable: true, index: 'project_cache_by_volume_24h' },
  PRICE_CHANGE_24H: {
    column: 'price_change_24h',
    nullable: true,
    index: 'project_cache_by_price_change_24h',
  },
  LISTED_AT: { column: 'listing_date', nullable: true, index: 'project_cache_by_listing_date' },
} as const;
export type ProjectOrderField = keyof typeof PROJECT_ORDERS;

export interface ProjectFilter {
  status: ProjectStatus;
  category?: string | undefined;
  blockchain?: string | undefined;
  tag?: string | undefined;
  search?: string | undefined;
}

export interface ProjectPageQuery extends PageStart {
  filter: ProjectFilter;
  orderBy: ProjectOrderField;
  descending: boolean;
  limit: number;
}

export async function projectPage(db: D1Database, query: ProjectPageQuery): Promise<Keyed<ProjectRow>[]> {
  const order = PROJECT_ORDERS[query.orderBy];
  const filter = await filterSql(db, query.filter);
  return keysetPage<ProjectRow>(db, {
    table: 'project_cache',
    columns: COLUMNS,
    keyColumn: order.column,
    keyNullable: order.nullable,
    descending: query.descending,
    after: query.after,
    offset: query.offset,
    limit: query.limit,
    filter: filter.conditions,
    filterValues: filter.values,
    plan: filter.byStatusAlone ? 'range' : 'sort',
    indexedBy: filter.byStatusAlone ? `INDEXED BY ${order.index}` : filter.indexedBy,
  });
}

export async function countProjects(db: D1Database, projectFilter: ProjectFilter): Promise<number> {
  const filter = await filterSql(db, projectFilter);
  return countRows(db, `project_cache ${filter.indexedBy ?? ''}`, filter.conditions, filter.values);
}

/**
 * A search that few texts contain gives the rows. One that many contain tests the rows of the list in its order: a page
 * is soon full.
 */
async function filterSql(db: D1Database, filter: ProjectFilter) {
  const { search } = filter;
  const isCommon = search !== undefined && (await isCommonSearch(db, search));
  const values: unknown[] = [filter.status];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const byRowId: string[] = [];
  if (search !== undefined && !isCommon) byRowId.push(containsText(search, bind));
  for (const kind of ['tag', 'blockchain'] as const) {
    const label = filter[kind];
    if (label === undefined) continue;
    byRowId.push(
      `row_id IN (SELECT project_row_id FROM project_label WHERE kind = '${kind}' AND label = ${bind(label)})`,
    );
  }
  // A unary plus keeps a condition from choosing the index.
  const plus = byRowId.length > 0 ? '+' : '';
  const conditions = [`${plus}status = ?1`, ...byRowId];
  if (filter.category !== undefined) conditions.push(`${plus}category = ${bind(filter.category)}`);
  const byStatusAlone = conditions.length === 1;
  if (search !== undefined && isCommon) conditions.push(testsText(search, bind));
  return {
    conditions,
    values,
    byStatusAlone,
    indexedBy:
      byRowId.length === 0 && filter.category !== undefined ? 'INDEXED BY project_cache_category' : undefined,
  };
}

/** Exact symbol, exact name, symbol prefix, name prefix, then the rest, each by market cap. */
export async function searchProjects(db: D1Database, search: string, limit: number): Promise<ProjectRow[]> {
  const folded = foldText(search);
  const values: unknown[] = [folded, limit];
  const condition = searchCandidates(search, (value) => `?${values.push(value)}`);
  const sql =
    `SELECT ${COLUMNS} FROM project_cache WHERE ${condition} ORDER BY CASE ` +
    'WHEN symbol_folded = ?1 THEN 0 WHEN name_folded = ?1 THEN 1 ' +
    'WHEN substr(symbol_folded, 1, length(?1)) = ?1 THEN 2 ' +
    'WHEN substr(name_folded, 1, length(?1)) = ?1 THEN 3 ELSE 4 END, market_cap DESC, id LIMIT ?2';
  const statement = db.prepare(sql).bind(...values);
  return (await statement.all<ProjectRow>()).results;
}

export async function trendingProjects(
  db: D1Database,
  category: string | undefined,
  limit: number,
): Promise<ProjectRow[]> {
  const sql =
    `SELECT ${COLUMNS} FROM project_cache INDEXED BY project_cache_trending_rank ` +
    "WHERE status = 'live' AND trending_rank IS NOT NULL AND (?2 IS NULL OR category = ?2) " +
    'ORDER BY trending_rank, id LIMIT ?1';
  const statement = db.prepare(sql).bind(limit, category ?? null);
  return (await statement.all<ProjectRow>()).results;
}

export async function projectCategories(db: D1Database): Promise<{ name: string; project_count: number }[]> {
  const sql =
    'SELECT category AS name, count(*) AS project_count FROM project_cache INDEXED BY project_cache_category ' +
    "WHERE status = 'live' GROUP BY category ORDER BY category";
  return (await db.prepare(sql).all<{ name: string; project_count: number }>()).results;
}

/**
 * By id, slug or symbol, at most one row a key: if several projects have one slug or symbol, the live one with the
 * greatest market cap.
 */
export async function projectsByKey(
  db: D1Database,
  column: 'id' | 'slug' | 'symbol',
  keys: readonly string[],
): Promise<Map<string, ProjectRow>> {
  const sql =
    `SELECT ${COLUMNS} FROM project_cache WHERE ${column} IN (SELECT value FROM json_each(?1)) ` +
    `ORDER BY ${MEANT_FIRST}`;
  const { results } = await db.prepare(sql).bind(JSON.stringify(keys)).all<ProjectRow>();
  const byKey = new Map<string, ProjectRow>();
  for (const row of results) if (!byKey.has(row[column])) byKey.set(row[column], row);
  return byKey;
}

/** SQL for the id of the project that `projectsByKey` finds by a slug; NULL if there is none. */
export const projectIdOfSlug = (parameter: string) =>
  `(SELECT id FROM project_cache WHERE slug = ${parameter} ORDER BY ${MEANT_FIRST} LIMIT 1)`;

/** Selects `{ symbol }` of every project with synced prices and candles, in order. */
export const syncedSymbolsQuery = (db: D1Database) =>
  db.prepare("SELECT DISTINCT symbol FROM project_cache WHERE status <> 'delisted' ORDER BY symbol");
