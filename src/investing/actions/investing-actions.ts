import { claimTokens } from './claim-tokens.ts';
import { type Investing, investInPool } from './invest-in-pool.ts';
import type { InvestingAction, InvestingRequest, InvestingSources } from './investing-action.ts';
import { registerForPool } from './register-for-pool.ts';
import { type Payment, submitPayment } from './submit-payment.ts';

/** The actions of investing, for one request. The schema asks for the viewer's rights before it calls one. */
export function createInvestingActions(sources: InvestingSources, request: InvestingRequest) {
  const action: InvestingAction = { sources, request };
  return {
    registerForPool: (poolId: string | null) => registerForPool(action, poolId),
    investInPool: (input: Investing) => investInPool(action, input),
    submitPayment: (input: Payment) => submitPayment(action, input),
    claimTokens: (investmentId: string | null) => claimTokens(action, investmentId),
  };
}
