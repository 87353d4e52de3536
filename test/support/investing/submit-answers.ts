/** Which answers about a payment are right. */
import type { LedgerAnswer, SubmitRequest } from '../../../src/investing/pool-ledger.ts';
import { toUnits } from '../../../src/storage/decimal-units.ts';
import type { EntryStatus } from './entry-reader.ts';
import { checkAllocation, checkPlaces } from './invest-answers.ts';
import { must } from './must.ts';
import type { SaleModel } from './sale-model.ts';

const LATE_PAYMENT_SECONDS = 86_400;

/** The answer about a payment. `before` is what the entries said before the call. */
export function checkSubmitAnswer(
  model: SaleModel,
  request: SubmitRequest,
  answer: LedgerAnswer,
  before: { status: EntryStatus | null; failure: string | null; wasTold: boolean; livingAmount: bigint },
): void {
  must(!('created' in answer), 'a payment makes no investment');
  const known = model.investments.get(request.investmentId);
  if (known === undefined || known.userId !== request.userId) {
    must('code' in answer && answer.code === 'INVESTMENT_NOT_FOUND', 'a stranger finds nothing');
    return;
  }
  const after = model.reader.of(known.id)?.status ?? null;
  if (before.status === 'confirmed' || before.status === 'returned') {
    must(after === before.status, 'a payment changes nothing that is over');
    if ('code' in answer) must(answer.code === 'INVESTMENT_NOT_PENDING', `no ${answer.code}`);
    else must(before.wasTold, 'another payment for an investment that is over is told so');
    return;
  }
  must('investment' in answer, 'a payment is recorded');
  if (before.status === 'reserved' || before.status === 'submitted') {
    must(after === 'submitted', 'a payment in time keeps its tokens');
    return;
  }
  if (before.wasTold) {
    must(after === before.status, 'the same payment again changes nothing');
    return;
  }
  must(after === 'submitted' || after === 'owed', 'a late payment buys or goes back');
  const { terms, clockSeconds } = model;
  const isInTime =
    before.failure === 'EXPIRED' &&
    !known.isRefused &&
    clockSeconds < terms.sale_end + LATE_PAYMENT_SECONDS &&
    terms.status !== 'cancelled';
  const sum = before.livingAmount + toUnits(request.elsewhere.amount) + known.amountUnits;
  const isAbove = terms.max_allocation !== null && sum > toUnits(terms.max_allocation);
  if (after === 'submitted') {
    must(isInTime, 'only a reservation that ran out is allocated again, for a day after the sale');
    must(!isAbove, 'a late payment keeps the maximum');
    checkPlaces(model, request.userId);
    checkAllocation(model);
  } else if (before.status === 'failed') {
    const isFull = terms.max_participants !== null && model.mostParticipants() >= terms.max_participants;
    const hasNoRoom = model.reader.balance('tokens:unsold') < known.units;
    must(!isInTime || isAbove || isFull || hasNoRoom, 'a late payment with room for it buys');
  }
}
