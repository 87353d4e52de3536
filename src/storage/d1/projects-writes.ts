import type { ProjectRow } from './rows.ts';
import { type UpsertTable, upsertWrites } from './upsert-writes.ts';

/** A project with what search and ordering by name read, folded. */
export interface ProjectWriteRow extends ProjectRow {
  name_folded: string;
  symbol_folded: string;
  search_text: string;
}

const definition: UpsertTable<ProjectWriteRow> = {
  table: 'project_cache',
  columns: [
    'id',
    'name',
    'symbol',
    'slug',
    'status',
    'category',
    'description',
    'tagline',
    'subcategory',
    'tags',
    'blockchain',
    'logo_url',
    'banner_url',
    'website_url',
    'twitter_url',
    'telegram_url',
    'github_url',
    'current_price',
    'price_change_24h',
    'price_change_7d',
    'price_change_30d',
    'market_cap',
    'volume_24h',
    'circulating_supply',
    'total_supply',
    'max_supply',
    'market_cap_rank',
    'trending_rank',
    'trending_score',
    'launch_date',
    'listing_date',
    'social',
    'updated_at',
    'name_folded',
    'symbol_folded',
    'search_text',
  ],
  key: ['id'],
  version: 'updated_at',
  insertedAt: 'created_at',
};

/** Writes projects that are new or differ; a project that is stored with a later `updated_at` stays as it is. */
export const projectWrites = (db: D1Database, rows: readonly ProjectWriteRow[], nowSeconds: number) =>
  upsertWrites(db, definition, rows, nowSeconds);

/** The query for every symbol that the sync keeps prices and candles of: `{ symbol }`, sorted. */
export const syncedSymbolsQuery = (db: D1Database) =>
  db.prepare("SELECT DISTINCT symbol FROM project_cache WHERE status <> 'delisted' ORDER BY symbol");
