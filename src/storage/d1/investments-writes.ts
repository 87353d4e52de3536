import type { InvestmentRow } from './rows.ts';
import { type UpsertTable, upsertWrites } from './upsert-writes.ts';

const definition: UpsertTable<InvestmentRow> = {
  table: 'user_investment_cache',
  columns: [
    'id',
    'user_id',
    'pool_id',
    'investment_amount',
    'token_amount',
    'token_price',
    'payment_token',
    'status',
    'total_claimed',
    'claimable_amount',
    'next_claim_date',
    'transaction_hash',
    'block_number',
    'invested_at',
    'confirmed_at',
    'updated_at',
  ],
  key: ['id'],
  version: 'updated_at',
  insertedAt: 'created_at',
};

/** Writes investments that are new or differ; one that is stored with a later `updated_at` stays as it is. */
export const investmentWrites = (db: D1Database, rows: readonly InvestmentRow[], nowSeconds: number) =>
  upsertWrites(db, definition, rows, nowSeconds);
