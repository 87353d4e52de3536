/** A viewer's place in a pool, from rows of D1. Pure. */
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type { PoolPlace } from '../storage/d1/pool-members.ts';
import { fromUnits, toUnits } from '../storage/decimal-units.ts';
import { remainingAllocation } from './remaining-allocation.ts';
import { needsRegistration, refusalToTakePart, type TakingPart } from './taking-part.ts';

export interface PoolViewerState {
  registered: boolean;
  eligible: boolean;
  openReservation: InvestmentRow | null;
  /** A decimal, in payment tokens. */
  invested: string;
  /** A decimal, in payment tokens. */
  remainingAllocation: string;
}

/** @param pool with its status of `nowSeconds` */
export function poolViewerState(
  pool: IdoPoolRow,
  place: PoolPlace,
  rights: TakingPart['rights'],
  nowSeconds: number,
): PoolViewerState {
  const isRegistered = place.registeredAt !== null;
  const living = place.investments.filter((investment) => !hasRunOut(investment, nowSeconds));
  const open = living.find(isReservation) ?? null;
  const invested = living.reduce((sum, { investment_amount }) => sum + toUnits(investment_amount), 0n);
  const refusal = refusalToTakePart({
    poolType: pool.pool_type,
    rights,
    isRegistered,
    isEligible: place.isEligible,
  });
  const isParticipant = living.length > 0;
  const mayInvest =
    refusal === null &&
    (isRegistered || isParticipant || !needsRegistration(pool)) &&
    open === null &&
    place.blockedUntil <= nowSeconds;
  return {
    registered: isRegistered,
    eligible: refusal === null,
    openReservation: open,
    invested: fromUnits(invested),
    remainingAllocation: mayInvest ? fromUnits(remainingAllocation(pool, { invested, isParticipant })) : '0',
  };
}

/** It is not paid yet. */
const isReservation = (
  investment: InvestmentRow,
): investment is InvestmentRow & { reservation_expires_at: number } =>
  investment.status === 'pending' && investment.reservation_expires_at !== null;

/** By the clock: the row may be older than the ledger. */
const hasRunOut = (investment: InvestmentRow, nowSeconds: number): boolean =>
  isReservation(investment) && investment.reservation_expires_at <= nowSeconds;
