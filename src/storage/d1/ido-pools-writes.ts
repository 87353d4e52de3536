import type { IdoPoolRow } from './rows.ts';
import { type UpsertTable, upsertWrites } from './upsert-writes.ts';

/** A pool with what lists sort by. */
export interface IdoPoolWriteRow extends IdoPoolRow {
  total_raised_real: number;
}

const definition: UpsertTable<IdoPoolWriteRow> = {
  table: 'ido_pool_cache',
  columns: [
    'id',
    'project_id',
    'pool_name',
    'pool_type',
    'description',
    'token_price',
    'total_tokens',
    'sold_tokens',
    'total_raised',
    'min_allocation',
    'max_allocation',
    'max_participants',
    'participant_count',
    'payment_token',
    'blockchain',
    'contract_address',
    'registration_start',
    'registration_end',
    'sale_start',
    'sale_end',
    'status',
    'updated_at',
    'progress_percent',
    'total_raised_real',
  ],
  key: ['id'],
  version: 'updated_at',
  insertedAt: 'created_at',
};

/** Writes pools that are new or differ; a pool that is stored with a later `updated_at` stays as it is. */
export const idoPoolWrites = (db: D1Database, rows: readonly IdoPoolWriteRow[], nowSeconds: number) =>
  upsertWrites(db, definition, rows, nowSeconds);
