/** A viewer's place in a pool, from rows of D1. Pure. */
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type { PoolPlace } from '../storage/d1/pool-members.ts';
import { fromUnits, toUnits } from '../storage/decimal-units.ts';
import { poolTermsOf } from './pool-terms.ts';
import type { Applicant, Sale } from './rules/admission.ts';
import { remainingAllocation } from './rules/remaining-allocation.ts';
import { refusalToTakePart, type TakingPart } from './taking-part.ts';

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
  const applicant: Applicant = {
    isRegistered,
    isParticipant: living.length > 0,
    openUntil: open?.reservation_expires_at ?? null,
    blockedUntil: place.blockedUntil,
    invested,
    refusal: null,
  };
  return {
    registered: isRegistered,
    eligible: refusal === null,
    openReservation: open,
    invested: fromUnits(invested),
    remainingAllocation:
      refusal === null ? fromUnits(remainingAllocation(saleOf(pool, nowSeconds), applicant)) : '0',
  };
}

const saleOf = (pool: IdoPoolRow, nowSeconds: number): Sale => ({
  terms: poolTermsOf(pool, 0),
  nowSeconds,
  rest: toUnits(pool.total_tokens) - toUnits(pool.sold_tokens),
  participants: pool.participant_count,
});

/** It is not paid yet. */
const isReservation = (
  investment: InvestmentRow,
): investment is InvestmentRow & { reservation_expires_at: number } =>
  investment.status === 'pending' && investment.reservation_expires_at !== null;

/** By the clock: the row may be older than the ledger. */
const hasRunOut = (investment: InvestmentRow, nowSeconds: number): boolean =>
  isReservation(investment) && investment.reservation_expires_at <= nowSeconds;
