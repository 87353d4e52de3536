import { GraphQLError } from 'graphql';
import { type RejectionModel, rejection } from '../../auth/rejection.ts';
import { rightsOf } from '../../auth/user-rights.ts';
import { IDEMPOTENCY_KEY_MAX_CHARACTERS, IDEMPOTENCY_KEY_MIN_CHARACTERS } from '../../config.ts';
import { errorFields, log } from '../../observability/log.ts';
import { type InvestingFacts, investingFacts } from '../../storage/d1/investing-reads.ts';
import { toUnits } from '../../storage/decimal-units.ts';
import type { LedgerAnswer, LedgerRejection } from '../pool-ledger.ts';
import { poolTermsOf } from '../pool-terms.ts';
import { refusalToTakePart, type TakingPart } from '../taking-part.ts';
import {
  type InvestingAction,
  type InvestingSources,
  investorOf,
  poolNotFound,
  traceOf,
} from './investing-action.ts';

export interface Investing {
  /** Null if the global id is not that of a pool. */
  poolId: string | null;
  amount: string;
  idempotencyKey: string;
}

/** Reserves an allocation. The main API is asked for rights before the ledger is called, never while it waits. */
export async function investInPool(
  { sources, request }: InvestingAction,
  { poolId, amount, idempotencyKey }: Investing,
): Promise<LedgerAnswer | RejectionModel> {
  const userId = investorOf(request);
  const { db, ledgers } = sources;
  await request.limits.take('invest', { userId });
  const keyLength = [...idempotencyKey].length;
  if (keyLength < IDEMPOTENCY_KEY_MIN_CHARACTERS || keyLength > IDEMPOTENCY_KEY_MAX_CHARACTERS)
    return rejection('VALIDATION_FAILED', KEY_LENGTH, ['input', 'idempotencyKey']);
  if (toUnits(amount) <= 0n)
    return rejection('VALIDATION_FAILED', 'An amount is greater than 0.', ['input', 'amount']);
  const facts = poolId === null ? null : await investingFacts(db, { userId, poolId });
  if (poolId === null || facts === null) return poolNotFound(['input', 'poolId']);
  return ledgers.ofPool(poolId).invest({
    pool: poolTermsOf(facts.pool, 0),
    userId,
    amount,
    idempotencyKey,
    refusal: await refusalOf(sources, facts, userId),
    elsewhere: facts.elsewhere,
    trace: traceOf(request),
  });
}

const KEY_LENGTH = `An idempotency key has ${IDEMPOTENCY_KEY_MIN_CHARACTERS} to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} characters.`;

/**
 * Why the viewer may not invest in the pool. The main API is asked once for a right that D1 does not have; while it gives
 * no answer, D1's stands.
 */
async function refusalOf(
  { refreshRights, eligibility }: InvestingSources,
  facts: InvestingFacts,
  userId: string,
): Promise<LedgerRejection | null> {
  let rights: TakingPart['rights'] = facts.rights === null ? NO_RIGHTS : rightsOf(facts.rights);
  let { isEligible } = facts;
  const refused = () => refusalToTakePart({ ...facts, poolType: facts.pool.pool_type, rights, isEligible });
  if (refused() === 'KYC_REQUIRED') rights = (await refreshRights(userId)) ?? rights;
  if (facts.pool.pool_type !== 'public' && isMissingFromPool(refused()))
    isEligible = await decisionOf(eligibility, facts.pool.id, userId, isEligible);
  const refusal = refused();
  if (refusal === 'NO_PERMISSION') throw forbidden();
  return refusal === null ? null : { kind: 'rejection', ...REFUSALS[refusal], field: ['input', 'poolId'] };
}

const isMissingFromPool = (refusal: ReturnType<typeof refusalToTakePart>) =>
  refusal === 'NOT_REGISTERED' || refusal === 'NOT_ELIGIBLE';

async function decisionOf(
  eligibility: InvestingSources['eligibility'],
  poolId: string,
  userId: string,
  stored: boolean | null,
): Promise<boolean | null> {
  try {
    return await eligibility.decision(poolId, userId);
  } catch (error) {
    log.warn('investing.eligibility_not_refreshed', { pool: poolId, ...errorFields(error) });
    return stored;
  }
}

const NO_RIGHTS = { kycLevel: 0, permissions: [] };
const forbidden = () => new GraphQLError('You may not invest.', { extensions: { code: 'FORBIDDEN' } });

const REFUSALS = {
  KYC_REQUIRED: { code: 'KYC_REQUIRED', message: 'Identity must be verified before one invests.' },
  NOT_REGISTERED: {
    code: 'NOT_REGISTERED',
    message: 'Only those who registered for this pool may invest in it.',
  },
  NOT_ELIGIBLE: { code: 'NOT_ELIGIBLE', message: 'The platform has not let you into this pool.' },
} as const;
