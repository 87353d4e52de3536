/** A fifth of the tokens comes free a day after the sale's end, and another fifth every thirty days from then on. */
import { smaller } from './decimals.ts';
import { DAY_SECONDS } from './instrument.ts';

export const VESTING_STEPS = 5;
const FIRST_STEP_SECONDS = DAY_SECONDS;
const STEP_SECONDS = 30 * DAY_SECONDS;

export function stepAt(saleEnd: number, step: number): number {
  return saleEnd + FIRST_STEP_SECONDS + (step - 1) * STEP_SECONDS;
}

export function stepsVested(saleEnd: number, now: number): number {
  if (now < stepAt(saleEnd, 1)) return 0;
  return Math.min(VESTING_STEPS, 1 + Math.floor((now - stepAt(saleEnd, 1)) / STEP_SECONDS));
}

export interface Vested {
  claimed: bigint;
  claimable: bigint;
  nextAt: number | null;
  lastAt: number;
}

export function vestedAt(tokens: bigint, saleEnd: number, claimed: bigint, now: number): Vested {
  const steps = stepsVested(saleEnd, now);
  const free = (tokens * BigInt(steps)) / BigInt(VESTING_STEPS);
  const taken = smaller(claimed, free);
  return {
    claimed: taken,
    claimable: free - taken,
    nextAt: steps === VESTING_STEPS ? null : stepAt(saleEnd, steps + 1),
    lastAt: steps === 0 ? 0 : stepAt(saleEnd, steps),
  };
}
