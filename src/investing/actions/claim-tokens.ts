import type { RejectionModel } from '../../auth/rejection.ts';
import type { LedgerAnswer } from '../pool-ledger.ts';
import { poolTermsOf } from '../pool-terms.ts';
import { type InvestingAction, investmentNotFound, investorOf, traceOf } from './investing-action.ts';
import { factsOfInvestment, ownInvestment } from './own-investment.ts';

/** Asks the platform for what has vested of an investment, wherever it was made. */
export async function claimTokens(
  { sources, request }: InvestingAction,
  investmentId: string | null,
): Promise<LedgerAnswer | RejectionModel> {
  const userId = investorOf(request);
  await request.limits.take('claimTokens', { userId });
  const investment = investmentId === null ? null : await ownInvestment(sources, { userId, investmentId });
  if (investment === null) return investmentNotFound(['investmentId']);
  const facts = await factsOfInvestment(sources, investment);
  const pool = poolTermsOf(facts.pool, 0);
  return sources.ledgers
    .ofPool(investment.pool_id)
    .claim({ pool, userId, investment, trace: traceOf(request) });
}
