/** The status of a pool at a moment. The platform alone cancels it or completes it early (`d1/ido-pools.ts` says the same in SQL). */
import type { IdoPoolStatus } from '../../storage/d1/ido-pools.ts';
import type { PoolTerms } from '../pool-ledger.ts';

type Times = Pick<
  PoolTerms,
  'status' | 'registration_start' | 'registration_end' | 'sale_start' | 'sale_end'
>;

export function statusAt(pool: Times, nowSeconds: number): IdoPoolStatus {
  const { status, registration_start, registration_end, sale_start, sale_end } = pool;
  if (status === 'cancelled' || status === 'completed') return status;
  if (sale_end <= nowSeconds) return 'completed';
  if (sale_start <= nowSeconds) return 'active';
  const hasBegun = registration_start !== null && registration_start <= nowSeconds;
  return hasBegun && (registration_end === null || registration_end > nowSeconds)
    ? 'registration'
    : 'upcoming';
}

/** Registration may go on while the sale runs. */
export function isRegistrationOpen(pool: Times, nowSeconds: number): boolean {
  const status = statusAt(pool, nowSeconds);
  if (status === 'cancelled' || status === 'completed' || pool.registration_start === null) return false;
  return pool.registration_start <= nowSeconds && nowSeconds < (pool.registration_end ?? pool.sale_start);
}

export const isOver = (pool: Times, nowSeconds: number): boolean => {
  const status = statusAt(pool, nowSeconds);
  return status === 'completed' || status === 'cancelled';
};
