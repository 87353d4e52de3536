/** The fields of stored rows that have nothing to do with most tests. */

/** Of an investment that was made elsewhere. */
export const MADE_ELSEWHERE = {
  revision: null,
  reservation_expires_at: null,
  failure: null,
  refund_due: 0,
  receipt_sequence: null,
  receipt_hash: null,
  receipt_at: null,
  claim_level: '0',
} as const;

/** Of a pool whose sales the main API counts alone. */
export const NOTHING_SOLD_UPSTREAM = {
  upstream_sold_tokens: '0',
  upstream_total_raised: '0',
  upstream_participant_count: 0,
  payment_decimals: null,
} as const;
