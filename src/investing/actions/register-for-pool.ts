import type { RejectionModel } from '../../auth/rejection.ts';
import { investingFacts } from '../../storage/d1/investing-reads.ts';
import { poolTermsOf } from '../pool-terms.ts';
import { type InvestingAction, investorOf, poolNotFound, traceOf } from './investing-action.ts';

/** Puts the viewer on the list of a pool. Who is on it already stays on it. */
export async function registerForPool(
  { sources: { db, ledgers }, request }: InvestingAction,
  poolId: string | null,
): Promise<{ poolId: string } | RejectionModel> {
  const userId = investorOf(request);
  await request.limits.take('registerForPool', { userId });
  const facts = poolId === null ? null : await investingFacts(db, { userId, poolId });
  if (poolId === null || facts === null) return poolNotFound(['poolId']);
  const pool = poolTermsOf(facts.pool, 0);
  const refused = await ledgers.ofPool(poolId).register({ pool, userId, trace: traceOf(request) });
  return refused ?? { poolId };
}
