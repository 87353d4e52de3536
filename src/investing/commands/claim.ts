/** Asks for all that has vested of an investment, once: a claim that is on its way reduces what can be claimed at once. */

import { rejection } from '../../auth/rejection.ts';
import { claimableUnits } from '../../storage/claimable-amount.ts';
import type { InvestmentRow } from '../../storage/d1/investments.ts';
import { fromUnits, greaterOf, toUnits } from '../../storage/decimal-units.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { type Claim, claimLevels, claims, type Investment } from '../ledger-tables.ts';
import type { ClaimRequest, LedgerAnswer } from '../pool-ledger.ts';
import { claimCall } from '../upstream-bodies.ts';
import { shownInvestment } from './shown-investment.ts';

const NOT_REFUSED = "WHERE investment_id = ? AND status <> 'refused'";

export function claim(step: LedgerStep, { userId, investment: given }: ClaimRequest): LedgerAnswer {
  const own = step.investment(given.id);
  if ((own ?? given).user_id !== userId) {
    return rejection('INVESTMENT_NOT_FOUND', 'There is no such investment of yours.', ['investmentId']);
  }
  const vested = own ?? { ...given, claim_level: levelElsewhere(step, given.id) };
  const units = claimableUnits(vested);
  if (vested.status !== 'confirmed' || units === 0n) {
    return rejection('NOTHING_TO_CLAIM', 'Nothing more has vested that can be claimed.');
  }
  const asked: Claim = {
    id: step.newId(),
    investment_id: given.id,
    user_id: userId,
    amount: fromUnits(units),
    level: fromUnits(greaterOf(toUnits(vested.total_claimed), toUnits(vested.claim_level)) + units),
    requested_at: step.nowSeconds,
    status: 'asked',
    revision: 1,
    projected_revision: 0,
  };
  claims.insert(step.sql, asked);
  step.enqueue(claimCall(asked));
  if (own !== null) step.post('claim', {}, { investmentId: own.id });
  return { investment: withLevel(step, own ?? given, asked.level) };
}

/** The main API has refused the claim: its amount can be claimed again, and later claims count from below it. */
export function refuseClaim(step: LedgerStep, refused: Claim): void {
  claims.save(step.sql, { ...refused, status: 'refused', revision: refused.revision + 1 });
  const amount = toUnits(refused.amount);
  for (const other of claims.select(step.sql, NOT_REFUSED, refused.investment_id)) {
    if (toUnits(other.level) < toUnits(refused.level)) continue;
    const level = fromUnits(toUnits(other.level) - amount);
    claims.save(step.sql, { ...other, level, revision: other.revision + 1 });
  }
  const own = step.investment(refused.investment_id);
  const level = own?.claim_level ?? levelElsewhere(step, refused.investment_id);
  const restored = fromUnits(toUnits(level) - amount);
  if (own === null) saveLevelElsewhere(step, refused.investment_id, restored);
  else step.change(own, { claim_level: restored });
}

function withLevel(step: LedgerStep, investment: Investment | InvestmentRow, level: string): InvestmentRow {
  if ('token_account' in investment) {
    return shownInvestment(step.book.poolId, step.change(investment, { claim_level: level }));
  }
  saveLevelElsewhere(step, investment.id, level);
  return { ...investment, claim_level: level };
}

const levelElsewhere = ({ sql }: LedgerStep, investmentId: string): string =>
  claimLevels.byKey(sql, investmentId)?.claim_level ?? '0';

function saveLevelElsewhere({ sql }: LedgerStep, investmentId: string, claimLevel: string): void {
  const stored = claimLevels.byKey(sql, investmentId);
  claimLevels.save(sql, {
    investment_id: investmentId,
    claim_level: claimLevel,
    revision: (stored?.revision ?? 0) + 1,
    projected_revision: stored?.projected_revision ?? 0,
  });
}
