/**
 * Records a transaction that is said to pay for an investment. Nothing is paid until the main API confirms it.
 *
 * A reservation that has run out is allocated again if there is room for it. After `TOLD_PAYMENTS_MAX` transactions a
 * further one is recorded alone: the main API would look for each anew, and made-up ones would hold the tokens.
 */

import { rejection } from '../../auth/rejection.ts';
import { LATE_PAYMENT_SECONDS, TOLD_PAYMENTS_MAX } from '../../settings/investing-limits.ts';
import { toUnits } from '../../storage/decimal-units.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { type Investment, toldPayments } from '../ledger-tables.ts';
import type { LedgerAnswer, SubmitRequest } from '../pool-ledger.ts';
import { isAboveMaximum, isFull } from '../rules/admission.ts';
import { saleOf } from './invest.ts';
import { shownInvestment } from './shown-investment.ts';
import { amountOf, owe, reserveAgain, submit, tokensOf } from './transitions.ts';

const TOLD_ELSEWHERE = `SELECT investment_id FROM told_payment WHERE transaction_hash = ? AND investment_id <> ? LIMIT 1`;
const COUNT_TOLD = 'SELECT count(*) AS told FROM told_payment WHERE investment_id = ?';

export function submitPayment(step: LedgerStep, request: SubmitRequest): LedgerAnswer {
  const { userId, investmentId, transactionHash } = request;
  const investment = step.investment(investmentId);
  if (investment === null || investment.user_id !== userId) {
    return rejection('INVESTMENT_NOT_FOUND', 'There is no such investment of yours.', [
      'input',
      'investmentId',
    ]);
  }
  const known = toldPayments.byKey(step.sql, investmentId, transactionHash);
  if (known !== undefined) return known.is_too_late === 1 ? notPending() : shown(step, investment);
  const told = countTold(step, investment);
  const isTooLate = investment.status === 'confirmed' || investment.status === 'refunded';
  toldPayments.insert(step.sql, {
    investment_id: investmentId,
    transaction_hash: transactionHash,
    user_id: userId,
    blockchain: step.terms.blockchain,
    told_at: step.nowSeconds,
    is_too_late: Number(isTooLate),
    is_projected: 0,
  });
  noticeHashToldTwice(step, investment, transactionHash);
  if (told + 1 === TOLD_PAYMENTS_MAX)
    step.notice(
      'told_too_often',
      investmentId,
      'Further transactions are recorded, and not handed over: too many were told of.',
    );
  if (isTooLate) {
    step.post('submit', {}, { investmentId });
    step.notice('paid_when_over', investmentId, `A payment was told of when it was ${investment.status}.`);
    return notPending();
  }
  if (told >= TOLD_PAYMENTS_MAX) return shown(step, investment);
  if (investment.status === 'pending') return shown(step, submit(step, investment, transactionHash));
  const isAllocated = hasRoom(step, investment, request);
  const paid = isAllocated
    ? submit(step, reserveAgain(step, investment), transactionHash)
    : owe(step, investment, transactionHash);
  return shown(step, paid);
}

const shown = ({ book }: LedgerStep, investment: Investment) => ({
  investment: shownInvestment(book.poolId, investment),
});

const notPending = () =>
  rejection('INVESTMENT_NOT_PENDING', 'The payment is recorded, but the investment does not wait for one.');

const countTold = ({ sql }: LedgerStep, { id }: Investment): number =>
  sql.exec<{ told: number }>(COUNT_TOLD, id).toArray()[0]?.told ?? 0;

function noticeHashToldTwice(step: LedgerStep, { id }: Investment, transactionHash: string): void {
  if (step.sql.exec(TOLD_ELSEWHERE, transactionHash, id).toArray().length === 0) return;
  step.notice('hash_told_twice', id, 'Its transaction was told of for another investment of this pool too.');
}

/** For a reservation that ran out and that nobody has paid: tokens, its owner's maximum and a participant's place. */
function hasRoom(step: LedgerStep, investment: Investment, { elsewhere }: SubmitRequest): boolean {
  const { terms, book, nowSeconds } = step;
  const endsAt = terms.status === 'completed' ? (book.closedAt ?? terms.sale_end) : terms.sale_end;
  if (investment.failure !== 'EXPIRED' || investment.money_account !== null) return false;
  // The main API would refuse it again.
  if (investment.is_refused === 1) return false;
  if (terms.status === 'cancelled' || nowSeconds >= endsAt + LATE_PAYMENT_SECONDS) return false;
  const sale = saleOf(step);
  const member = step.member(investment.user_id);
  const isParticipant = elsewhere.isParticipant || member.living_count > 0 || member.contained_count > 0;
  const invested = BigInt(member.living_amount) + toUnits(elsewhere.amount) + amountOf(investment);
  return (
    sale.rest >= tokensOf(investment) && !isAboveMaximum(terms, invested) && !isFull(sale, { isParticipant })
  );
}
