import { paymentDecimals } from './payment-decimals.ts';
import type { PoolTerms } from './pool-ledger.ts';

/**
 * @param row with the status that the main API gave, and not that of the clock
 * @param askedAtMs when the main API was asked for it; 0 if nobody knows
 */
export function poolTermsOf(row: Omit<PoolTerms, 'askedAtMs'>, askedAtMs: number): PoolTerms {
  return {
    id: row.id,
    pool_type: row.pool_type,
    token_price: row.token_price,
    total_tokens: row.total_tokens,
    min_allocation: row.min_allocation,
    max_allocation: row.max_allocation,
    max_participants: row.max_participants,
    payment_token: row.payment_token,
    payment_decimals: paymentDecimals(row),
    blockchain: row.blockchain,
    registration_start: row.registration_start,
    registration_end: row.registration_end,
    sale_start: row.sale_start,
    sale_end: row.sale_end,
    status: row.status,
    upstream_sold_tokens: row.upstream_sold_tokens,
    upstream_total_raised: row.upstream_total_raised,
    upstream_participant_count: row.upstream_participant_count,
    updated_at: row.updated_at,
    askedAtMs,
  };
}
