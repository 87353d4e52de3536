/** The transitions of an investment: its entries, its row, and its owner's standing. */
import { CONFIRMATION_MAX_SECONDS } from '../../settings/investing-limits.ts';
import type { InvestmentFailure } from '../../storage/d1/investments.ts';
import { toUnits } from '../../storage/decimal-units.ts';
import { move } from '../accounts.ts';
import type { LedgerStep } from '../ledger-step.ts';
import type { Investment } from '../ledger-tables.ts';
import { isContained } from '../rules/containment.ts';
import { CLEARED, struck } from '../rules/strikes.ts';
import { acknowledgement, notAcknowledged } from './acknowledgement.ts';
import { adjust, settlePool } from './settle-pool.ts';

export const tokensOf = (investment: Investment): bigint => toUnits(investment.token_amount);
export const amountOf = (investment: Investment): bigint => toUnits(investment.investment_amount);

/** The way in which the main API comes to know that an investment lives no more. */
type Release = Pick<
  Investment,
  'sequence' | 'release_sequence' | 'release_sent_ms' | 'release_ack_at' | 'release_ack_revision'
>;

const NO_END = {
  release_sequence: null,
  release_sent_ms: null,
  release_ack_at: null,
  release_ack_revision: null,
};

/** By the investment's next version. */
const nextVersion = ({ sequence }: Investment): Release => ({
  sequence: sequence + 1,
  ...NO_END,
  release_sequence: sequence + 1,
});

/** It knows already: nobody can say which snapshots have it. @param updatedAt null if it does not say since when */
const knownRelease = (step: LedgerStep, { sequence }: Investment, updatedAt: number | null): Release => ({
  sequence,
  release_sequence: null,
  release_sent_ms: 0,
  release_ack_at: updatedAt,
  release_ack_revision: step.nextRevision(),
});

/** A reservation that ran out unpaid. */
export function expire(step: LedgerStep, investment: Investment): void {
  const expiredAt = investment.reservation_expires_at ?? step.nowSeconds;
  step.handOver(fail(step, investment, 'expire', 'EXPIRED', nextVersion(investment)));
  strike(step, investment, expiredAt);
}

export function cancel(step: LedgerStep, investment: Investment): void {
  step.handOver(fail(step, investment, 'refuse', 'POOL_CANCELLED', nextVersion(investment)));
}

/** One payment after another is unknown to the main API. It is told, as it may have taken the newest already. */
export function giveUp(step: LedgerStep, investment: Investment): void {
  strike(step, investment, step.nowSeconds);
  step.handOver(fail(step, investment, 'refuse', 'REFUSED', nextVersion(investment)));
}

/** The main API's no to a pending investment. A payment that it does not know is a strike. */
export function refuseUpstream(
  step: LedgerStep,
  investment: Investment,
  { updatedAt, isStrike }: { updatedAt: number | null; isStrike: boolean },
): Investment {
  if (isStrike && investment.money_account === 'money:submitted') strike(step, investment, step.nowSeconds);
  return fail(step, investment, 'refuse', 'REFUSED', knownRelease(step, investment, updatedAt));
}

/** Its tokens are free again, and a payment that was told is owed back. */
function fail(
  step: LedgerStep,
  investment: Investment,
  kind: 'expire' | 'refuse',
  failure: InvestmentFailure,
  release: Release,
): Investment {
  const investmentId = investment.id;
  const freed = move('tokens:reserved', 'tokens:unsold', tokensOf(investment));
  const isPaid = investment.money_account === 'money:submitted';
  if (isPaid) {
    step.post(kind, freed, { investmentId });
    step.post('refund_due', move('money:submitted', 'money:owed', amountOf(investment)), { investmentId });
  } else {
    step.post(
      kind,
      { ...freed, ...move('money:due', 'money:outside', amountOf(investment)) },
      { investmentId },
    );
  }
  return over(step, investment, release, {
    status: 'failed',
    failure,
    money_account: isPaid ? 'money:owed' : null,
  });
}

/** An investment lives no more. */
function over(
  step: LedgerStep,
  investment: Investment,
  release: Release,
  changes: Partial<Investment>,
): Investment {
  closeReservation(step, investment);
  return step.change(investment, {
    ...changes,
    ...release,
    token_account: null,
    is_contained: release.release_sent_ms === null ? investment.is_contained : 0,
    reservation_expires_at: null,
    confirmation_due_at: null,
  });
}

/** The main API has the payment: this always wins. */
export function confirm(
  step: LedgerStep,
  given: Investment,
  { confirmedAt, updatedAt }: { confirmedAt: number; updatedAt: number },
): Investment {
  const wasLiving = given.token_account !== null;
  const investment = wasLiving && given.living_ack_at !== null ? given : acknowledged(step, given, updatedAt);
  const { id: investmentId, user_id, money_account } = investment;
  const [tokens, amount] = [tokensOf(investment), amountOf(investment)];
  const from = given.token_account ?? 'tokens:unsold';
  const missing = tokens - step.book.balances[from];
  if (missing > 0n) {
    adjust(
      step,
      move('tokens:outside', 'tokens:unsold', missing),
      'confirmed beyond the total',
      investmentId,
    );
    step.notice('over_allocated', investmentId, 'The main API has confirmed more than there was left.');
  }
  const paid = move(money_account ?? 'money:outside', 'money:paid', amount);
  const receipt = step.post('pay', { ...move(from, 'tokens:sold', tokens), ...paid }, { investmentId });
  closeReservation(step, investment);
  step.changeMember(step.member(user_id), CLEARED);
  step.dropCalls(investmentId);
  return step.change(investment, {
    status: 'confirmed',
    failure: null,
    token_account: 'tokens:sold',
    money_account: 'money:paid',
    confirmed_at: confirmedAt,
    reservation_expires_at: null,
    confirmation_due_at: null,
    ...(wasLiving ? {} : receipt),
  });
}

/** The main API counts it by now. Snapshots that have it are known before its tokens are taken. */
function acknowledged(step: LedgerStep, investment: Investment, updatedAt: number): Investment {
  const life = {
    ...acknowledgement(step, investment.sequence, updatedAt),
    ...NO_END,
  };
  const isIn = investment.is_contained === 1 || isContained(step.snapshot, true, life);
  const known = step.changeUnseen(investment, { ...life, is_contained: Number(isIn) });
  settlePool(step);
  return known;
}

/** The main API has given the payment back. */
export function refund(step: LedgerStep, investment: Investment, updatedAt: number): Investment {
  const { id: investmentId, token_account, money_account } = investment;
  const returned = move(money_account ?? 'money:outside', 'money:returned', amountOf(investment));
  const freed = token_account === null ? {} : move(token_account, 'tokens:unsold', tokensOf(investment));
  step.post('refund', { ...freed, ...returned }, { investmentId });
  step.dropCalls(investmentId);
  return over(step, investment, knownRelease(step, investment, updatedAt), {
    status: 'refunded',
    money_account: 'money:returned',
  });
}

/** The main API has ended an investment that was over here: no later snapshot has it. */
export function endedUpstream(
  step: LedgerStep,
  investment: Investment,
  updatedAt: number | null,
): Investment {
  return step.changeUnseen(investment, { ...knownRelease(step, investment, updatedAt), is_contained: 0 });
}

/** The owner may reserve again. */
function closeReservation(step: LedgerStep, { id, user_id }: Investment): void {
  const member = step.member(user_id);
  if (member.open_investment === id) step.changeMember(member, { open_investment: null });
}

function strike(step: LedgerStep, { user_id }: Investment, atSeconds: number): void {
  const member = step.member(user_id);
  step.changeMember(member, struck(member, atSeconds));
}

/** Somebody says that they have paid a pending investment. */
export function submit(step: LedgerStep, investment: Investment, transactionHash: string): Investment {
  const movements = move(
    investment.money_account ?? 'money:outside',
    'money:submitted',
    amountOf(investment),
  );
  step.post('submit', movements, { investmentId: investment.id });
  closeReservation(step, investment);
  // From the first payment on: the next one does not put it off.
  const confirmationDueAt = investment.confirmation_due_at ?? step.nowSeconds + CONFIRMATION_MAX_SECONDS;
  step.wakeBy(confirmationDueAt * 1000);
  const submitted = step.change(investment, {
    transaction_hash: transactionHash,
    money_account: 'money:submitted',
    reservation_expires_at: null,
    confirmation_due_at: confirmationDueAt,
    sequence: investment.sequence + 1,
  });
  step.handOver(submitted);
  return submitted;
}

/** A reservation that ran out is allocated again at its own price. Its payment has still to be recorded. */
export function reserveAgain(step: LedgerStep, investment: Investment): Investment {
  const tokens = tokensOf(investment);
  const movements = {
    ...move('tokens:unsold', 'tokens:reserved', tokens),
    ...move('money:outside', 'money:due', amountOf(investment)),
  };
  const receipt = step.post('reserve', movements, { investmentId: investment.id });
  return step.change(investment, {
    status: 'pending',
    failure: null,
    token_account: 'tokens:reserved',
    money_account: 'money:due',
    ...receipt,
    ...notAcknowledged(investment.sequence + 1),
    ...NO_END,
  });
}

/** A payment for an investment that has failed is owed back. */
export function owe(step: LedgerStep, investment: Investment, transactionHash: string): Investment {
  const from = investment.money_account ?? 'money:outside';
  step.post('refund_due', move(from, 'money:owed', amountOf(investment)), { investmentId: investment.id });
  const owed = step.change(investment, {
    transaction_hash: transactionHash,
    money_account: 'money:owed',
    sequence: investment.sequence + 1 - investment.is_refused,
  });
  if (owed.is_refused === 0) step.handOver(owed);
  return owed;
}
