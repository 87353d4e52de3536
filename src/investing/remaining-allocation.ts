import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import { toUnits, UNIT_DIGITS, UNITS_OF_ONE } from '../storage/decimal-units.ts';
import { paymentDecimals } from './payment-decimals.ts';

/** The viewer's living investments in the pool. */
export interface Invested {
  /** In units of the payment token. */
  invested: bigint;
  isParticipant: boolean;
}

/**
 * The most that a viewer may still invest by the pool's own terms, in units of the payment token; 0 if the pool is closed
 * or full.
 *
 * @param pool with its status of now
 */
export function remainingAllocation(pool: IdoPoolRow, { invested, isParticipant }: Invested): bigint {
  const price = toUnits(pool.token_price);
  const decimals = paymentDecimals(pool);
  if (pool.status !== 'active' || price <= 0n || decimals === null) return 0n;
  const isFull = pool.max_participants !== null && pool.participant_count >= pool.max_participants;
  if (isFull && !isParticipant) return 0n;
  const step = 10n ** BigInt(UNIT_DIGITS - decimals);
  const costOfRest = lastPieceCost(toUnits(pool.total_tokens) - toUnits(pool.sold_tokens), price, step);
  const left = pool.max_allocation === null ? costOfRest : toUnits(pool.max_allocation) - invested;
  if (left >= costOfRest) return costOfRest;
  const payable = left > 0n ? (left / step) * step : 0n;
  // Less than the minimum buys the last piece alone.
  return invested + payable < toUnits(pool.min_allocation) ? 0n : payable;
}

/** @param step the smallest part of a payment token, in units */
function lastPieceCost(tokens: bigint, price: bigint, step: bigint): bigint {
  if (tokens <= 0n) return 0n;
  return ceilDivide(tokens * price, UNITS_OF_ONE * step) * step;
}

const ceilDivide = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;
