/** Those who reserve and do not pay wait before the next reservation, each time twice as long: they cannot hold a pool. */
import { RESERVATION_BLOCK_MAX_SECONDS, RESERVATION_BLOCK_SECONDS } from '../../settings/investing-limits.ts';

export interface Standing {
  strikes: number;
  /** Unix seconds. */
  blocked_until: number;
}

/** After a reservation that ran out, or whose payment is unknown. */
export function struck({ strikes, blocked_until }: Standing, atSeconds: number): Standing {
  const blockSeconds = Math.min(RESERVATION_BLOCK_SECONDS * 2 ** strikes, RESERVATION_BLOCK_MAX_SECONDS);
  return { strikes: strikes + 1, blocked_until: Math.max(blocked_until, atSeconds + blockSeconds) };
}

/** After a confirmed payment. */
export const CLEARED: Standing = { strikes: 0, blocked_until: 0 };
