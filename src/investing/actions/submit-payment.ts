import { type RejectionModel, rejection } from '../../auth/rejection.ts';
import type { LedgerAnswer } from '../pool-ledger.ts';
import { normalisedTransactionHash } from '../transaction-hash.ts';
import { type InvestingAction, investmentNotFound, investorOf, traceOf } from './investing-action.ts';
import { factsOfInvestment, ownInvestment } from './own-investment.ts';

export interface Payment {
  /** Null if the global id is not that of an investment. */
  investmentId: string | null;
  transactionHash: string;
}

/** Records the transaction that a user says they paid with. */
export async function submitPayment(
  { sources, request }: InvestingAction,
  { investmentId, transactionHash }: Payment,
): Promise<LedgerAnswer | RejectionModel> {
  const userId = investorOf(request);
  await request.limits.take('submitPayment', { userId });
  const row = investmentId === null ? null : await ownInvestment(sources, { userId, investmentId });
  if (row === null) return investmentNotFound(['input', 'investmentId']);
  const ledger = sources.ledgers.ofInvestment(row.id);
  if (ledger === null)
    return rejection('INVESTMENT_NOT_PENDING', 'This investment was made elsewhere: pay for it there.', [
      'input',
      'investmentId',
    ]);
  const facts = await factsOfInvestment(sources, row);
  const { blockchain } = facts.pool;
  const normalised = normalisedTransactionHash(blockchain, transactionHash);
  if (normalised === null)
    return rejection('VALIDATION_FAILED', `This is no transaction hash of ${blockchain}.`, [
      'input',
      'transactionHash',
    ]);
  return ledger.submit({
    userId,
    investmentId: row.id,
    transactionHash: normalised,
    elsewhere: facts.elsewhere,
    trace: traceOf(request),
  });
}
