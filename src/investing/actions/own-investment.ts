import { storedIdoPoolIds } from '../../storage/d1/ido-pools.ts';
import { investingFacts } from '../../storage/d1/investing-reads.ts';
import { type InvestmentRow, investmentsOfUser } from '../../storage/d1/investments.ts';
import { poolKey, poolKeyOf } from '../pool-key.ts';
import type { InvestingSources } from './investing-action.ts';

/**
 * An investment of the user's own. A ledger writes it to D1 after it has answered: one that is not there yet is brought
 * there first.
 */
export async function ownInvestment(
  { db, ledgers }: InvestingSources,
  { userId, investmentId }: { userId: string; investmentId: string },
): Promise<InvestmentRow | null> {
  const read = async () => (await investmentsOfUser(db, userId, [investmentId])).get(investmentId) ?? null;
  const known = await read();
  if (known !== null) return known;
  const ledger = ledgers.ofInvestment(investmentId);
  // A call of an unknown ledger would make an object, with tables, for each id that somebody makes up.
  if (ledger === null || !(await hasPoolOf(db, investmentId))) return null;
  await ledger.poke();
  return read();
}

async function hasPoolOf(db: D1Database, investmentId: string): Promise<boolean> {
  const key = poolKeyOf(investmentId);
  return (await storedIdoPoolIds(db)).some((poolId) => poolKey(poolId) === key);
}

/** @throws Error if D1 has lost the pool: it deletes none */
export async function factsOfInvestment({ db }: InvestingSources, { user_id, pool_id }: InvestmentRow) {
  const facts = await investingFacts(db, { userId: user_id, poolId: pool_id });
  if (facts === null) throw new Error('the pool of an investment is not stored');
  return facts;
}
