import * as z from 'zod';
import {
  decimal,
  descriptionOf,
  oneOf,
  optional,
  PLATFORM_ID,
  page,
  seconds,
  string,
  strings,
} from './fields.ts';
import { projectReference } from './project-reference.ts';

const tokenAmount = z
  .strictObject({ token: string('TokenAmount.token'), amount: decimal('TokenAmount.amount') })
  .meta({ id: 'TokenAmount' });

export const portfolio = z
  .strictObject({
    invested: z.array(tokenAmount).describe(descriptionOf('Portfolio.invested')),
    investedUsd: optional.number('Portfolio.investedUsd'),
    currentValueUsd: optional.number('Portfolio.currentValueUsd'),
    profitPercent: optional.number('Portfolio.profitPercent'),
    holdings: z
      .array(
        z.strictObject({
          symbol: string('Holding.symbol'),
          project: projectReference.nullable().describe(descriptionOf('Holding.project')),
          tokenAmount: decimal('Holding.tokenAmount'),
          invested: z.array(tokenAmount).describe(descriptionOf('Holding.invested')),
          currentValueUsd: optional.number('Holding.currentValueUsd'),
        }),
      )
      .describe(descriptionOf('Portfolio.holdings')),
    unpricedSymbols: strings('Portfolio.unpricedSymbols'),
  })
  .meta({ id: 'Portfolio' });
export type Portfolio = z.infer<typeof portfolio>;

export const transactionList = z.strictObject(
  page(
    z
      .strictObject({
        id: z.string().describe(PLATFORM_ID),
        kind: oneOf(['payment', 'claim', 'refund'], 'Transaction.kind'),
        investmentId: z.string().describe(descriptionOf('Transaction.investment')),
        amount: decimal('Transaction.amount'),
        token: string('Transaction.token'),
        transactionHash: optional.string('Transaction.transactionHash'),
        occurredAt: seconds('Transaction.occurredAt'),
      })
      .meta({ id: 'Transaction' }),
  ),
);
export type TransactionList = z.infer<typeof transactionList>;

export const ANSWERS = { RestPortfolio: { 200: portfolio }, RestTransactionList: { 200: transactionList } };
