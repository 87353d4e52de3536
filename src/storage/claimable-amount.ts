import type { InvestmentRow } from './d1/investments.ts';
import { fromUnits, toUnits } from './decimal-units.ts';

type Claims = Pick<InvestmentRow, 'total_claimed' | 'claimable_amount' | 'claim_level'>;

/**
 * Sale tokens that can be claimed now, in units: those that have vested, less those that are claimed or asked for. The
 * main API does not count a claim before it has stored it.
 */
export function claimableUnits({ total_claimed, claimable_amount, claim_level }: Claims): bigint {
  const asked = toUnits(claim_level) - toUnits(total_claimed);
  const vested = toUnits(claimable_amount);
  if (asked <= 0n) return vested;
  return vested > asked ? vested - asked : 0n;
}

/** As a decimal; the main API's own as long as nobody has claimed here. */
export const claimableAmount = (claims: Claims): string =>
  claims.claim_level === '0' ? claims.claimable_amount : fromUnits(claimableUnits(claims));
