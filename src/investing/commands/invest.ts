/**
 * Reserves tokens for a person, once for each idempotency key.
 *
 * Four outcomes belong to their key for ever: an allocation, SOLD_OUT, POOL_FULL and ABOVE_MAXIMUM. Every other refusal
 * leaves the key free.
 */

import { type RejectionCode, rejection } from '../../auth/rejection.ts';
import { RESERVATION_SECONDS } from '../../settings/investing-limits.ts';
import { fromUnits, toUnits } from '../../storage/decimal-units.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { type Investment, type KeyedOutcome, keyedOutcomes } from '../ledger-tables.ts';
import type { InvestRequest, LedgerAnswer, LedgerRejection } from '../pool-ledger.ts';
import { type Admitted, type Applicant, admit, type Sale } from '../rules/admission.ts';
import { parseAmount } from '../rules/allocation.ts';
import { notAcknowledged } from './acknowledgement.ts';
import { shownInvestment } from './shown-investment.ts';

const STICKY: readonly RejectionCode[] = ['SOLD_OUT', 'POOL_FULL', 'ABOVE_MAXIMUM'];

export function invest(step: LedgerStep, request: InvestRequest): LedgerAnswer {
  const { userId, idempotencyKey: key } = request;
  const parsed = parseAmount(request.amount);
  const amount = parsed === null ? request.amount : fromUnits(parsed);
  const known = keyedOutcomes.byKey(step.sql, userId, key);
  if (known !== undefined) return knownOutcome(step, known, amount);
  const outcome = admit(amount, saleOf(step), applicantOf(step, request));
  if (outcome.kind === 'admitted') {
    const investment = reserve(step, userId, outcome);
    const kept = { user_id: userId, key, amount, investment_id: investment.id, refusal: null };
    keyedOutcomes.insert(step.sql, kept);
    return { investment: shownInvestment(step.book.poolId, investment), created: true };
  }
  if (STICKY.includes(outcome.code)) {
    const kept = { user_id: userId, key, amount, investment_id: null, refusal: JSON.stringify(outcome) };
    keyedOutcomes.insert(step.sql, kept);
  }
  return outcome;
}

/** The outcome again, with the investment's state of now. */
function knownOutcome(step: LedgerStep, known: KeyedOutcome, amount: string): LedgerAnswer {
  if (known.amount !== amount) {
    const message = 'The key was used with another amount.';
    return rejection('IDEMPOTENCY_KEY_REUSED', message, ['input', 'idempotencyKey']);
  }
  if (known.refusal !== null) return JSON.parse(known.refusal) as LedgerRejection;
  const investment = step.investment(known.investment_id ?? '');
  if (investment === null) throw new Error('the investment of a key is missing');
  return { investment: shownInvestment(step.book.poolId, investment) };
}

export const saleOf = ({ terms, nowSeconds, book }: LedgerStep): Sale => ({
  terms,
  nowSeconds,
  rest: book.balances['tokens:unsold'],
  participants: terms.upstream_participant_count + book.newParticipants,
});

function applicantOf(step: LedgerStep, { userId, elsewhere, refusal }: InvestRequest): Applicant {
  const member = step.member(userId);
  const open = member.open_investment === null ? null : step.investment(member.open_investment);
  return {
    isRegistered: member.registered_at !== null,
    isParticipant: elsewhere.isParticipant || member.living_count > 0 || member.contained_count > 0,
    openUntil: open?.reservation_expires_at ?? null,
    blockedUntil: member.blocked_until,
    invested: BigInt(member.living_amount) + toUnits(elsewhere.amount),
    refusal,
  };
}

function reserve(step: LedgerStep, userId: string, { amount, tokens }: Admitted): Investment {
  const { terms, nowSeconds } = step;
  const id = step.newId();
  const movements = {
    'tokens:unsold': -tokens,
    'tokens:reserved': tokens,
    'money:outside': -amount,
    'money:due': amount,
  };
  const receipt = step.post('reserve', movements, { investmentId: id });
  const expiresAt = nowSeconds + RESERVATION_SECONDS;
  const investment: Investment = {
    id,
    user_id: userId,
    investment_amount: fromUnits(amount),
    token_amount: fromUnits(tokens),
    token_price: terms.token_price,
    payment_token: terms.payment_token,
    invested_at: nowSeconds,
    status: 'pending',
    failure: null,
    token_account: 'tokens:reserved',
    money_account: 'money:due',
    total_claimed: '0',
    claimable_amount: '0',
    claim_level: '0',
    next_claim_date: null,
    transaction_hash: null,
    block_number: null,
    confirmed_at: null,
    updated_at: nowSeconds,
    reservation_expires_at: expiresAt,
    ...receipt,
    sequence: 1,
    is_refused: 0,
    passed_over_sequence: 0,
    confirmation_due_at: null,
    upstream_updated_at: 0,
    is_contained: 0,
    is_unsettled: 1,
    ...notAcknowledged(1),
    release_sequence: null,
    release_sent_ms: null,
    release_ack_at: null,
    release_ack_revision: null,
    revision: 1,
    projected_revision: 0,
  };
  step.insertInvestment(investment);
  step.changeMember(step.member(userId), { open_investment: id });
  step.wakeBy(expiresAt * 1000);
  step.handOver(investment);
  return investment;
}
