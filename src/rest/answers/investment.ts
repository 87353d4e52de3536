import * as z from 'zod';
import {
  boolean,
  decimal,
  descriptionOf,
  oneOf,
  optional,
  optionalSeconds,
  PLATFORM_ID,
  page,
  seconds,
  string,
} from './fields.ts';
import { ledgerEntry } from './ledger-entry.ts';

export const investment = z
  .strictObject({
    id: z.string().describe(PLATFORM_ID),
    pool: z
      .strictObject({ id: z.string().describe(PLATFORM_ID), name: string('IdoPool.name') })
      .nullable()
      .describe(descriptionOf('Investment.pool')),
    status: oneOf(['pending', 'confirmed', 'failed', 'refunded'], 'Investment.status'),
    amount: decimal('Investment.amount'),
    tokenAmount: decimal('Investment.tokenAmount'),
    tokenPrice: decimal('Investment.tokenPrice'),
    paymentToken: string('Investment.paymentToken'),
    totalClaimed: decimal('Investment.totalClaimed'),
    claimableAmount: decimal('Investment.claimableAmount'),
    nextClaimDate: optionalSeconds('Investment.nextClaimDate'),
    transactionHash: optional.string('Investment.transactionHash'),
    blockNumber: optional.integer('Investment.blockNumber'),
    investedAt: seconds('Investment.investedAt'),
    confirmedAt: optionalSeconds('Investment.confirmedAt'),
    reservationExpiresAt: optionalSeconds('Investment.reservationExpiresAt'),
    failure: oneOf(['expired', 'sold_out', 'pool_cancelled', 'refused'], 'Investment.failure').nullable(),
    refundDue: boolean('Investment.refundDue'),
    receipt: ledgerEntry.nullable().describe(descriptionOf('Investment.receipt')),
    updatedAt: seconds('Investment.updatedAt'),
  })
  .meta({ id: 'Investment' });
export type Investment = z.infer<typeof investment>;

export const investmentList = z.strictObject(page(investment));
export type InvestmentList = z.infer<typeof investmentList>;

export const ANSWERS = {
  RestInvestInPool: { 201: investment, 200: investment },
  RestRegisterForPool: { 204: null },
  RestSubmitPayment: { 200: investment },
  RestClaimTokens: { 200: investment },
  RestInvestmentList: { 200: investmentList },
};
