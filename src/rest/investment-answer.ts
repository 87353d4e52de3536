import type { RestInvestmentFragment } from '../../operations/generated/graphql.ts';
import { localId } from '../../schema/global-ids.ts';
import type { Investment } from './answers/investment.ts';
import { ledgerEntryAnswer } from './ledger-entry-answer.ts';
import { lowerCase } from './lower-case.ts';
import { secondsOf } from './time.ts';

export function investmentAnswer(investment: RestInvestmentFragment): Investment {
  const { pool, failure, receipt } = investment;
  return {
    id: localId('Investment', investment.id) ?? investment.id,
    pool: pool && { id: localId('IdoPool', pool.id) ?? pool.id, name: pool.name },
    status: lowerCase(investment.status),
    amount: investment.amount,
    tokenAmount: investment.tokenAmount,
    tokenPrice: investment.tokenPrice,
    paymentToken: investment.paymentToken,
    totalClaimed: investment.totalClaimed,
    claimableAmount: investment.claimableAmount,
    nextClaimDate: secondsOf(investment.nextClaimDate),
    transactionHash: investment.transactionHash,
    blockNumber: investment.blockNumber,
    investedAt: secondsOf(investment.investedAt),
    confirmedAt: secondsOf(investment.confirmedAt),
    reservationExpiresAt: secondsOf(investment.reservationExpiresAt),
    failure: failure && lowerCase(failure),
    refundDue: investment.refundDue,
    receipt: receipt && ledgerEntryAnswer(receipt),
    updatedAt: secondsOf(investment.updatedAt),
  };
}
