/** What can still be claimed of an investment, claims that the edge has asked for taken off. */
import { greaterOf, toUnits } from '../../storage/decimal-units.ts';

export interface Vested {
  /** As the main API gave them. */
  total_claimed: string;
  claimable_amount: string;
  /** How much has been claimed in all, claims that were asked for included. */
  claim_level: string;
}

export interface Claimable {
  units: bigint;
  /** Claimed in all once that is claimed too. */
  levelAfter: bigint;
}

export function claimable({ total_claimed, claimable_amount, claim_level }: Vested): Claimable {
  const claimed = toUnits(total_claimed);
  const vested = claimed + toUnits(claimable_amount);
  const level = toUnits(claim_level);
  const counted = greaterOf(level, claimed);
  return vested > counted
    ? { units: vested - counted, levelAfter: vested }
    : { units: 0n, levelAfter: counted };
}
