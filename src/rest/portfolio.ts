/** The user's portfolio and transactions by `/api`. */
import type {
  RestPortfolioQuery,
  RestPortfolioQueryVariables,
  RestTransactionListQuery,
  RestTransactionListQueryVariables,
} from '../../operations/generated/graphql.ts';
import { localId } from '../../schema/global-ids.ts';
import type { Portfolio, TransactionList } from './answers/portfolio.ts';
import { endpoint } from './endpoint.ts';
import { lowerCase } from './lower-case.ts';
import { pageAnswer, pagedQuery, rowsOf } from './parameters.ts';
import { projectReference } from './project-reference.ts';
import { secondsOf } from './time.ts';

export const portfolio = endpoint<RestPortfolioQuery, RestPortfolioQueryVariables, Portfolio>()({
  method: 'GET',
  path: '/api/protected/users/portfolio',
  operation: 'RestPortfolio',
  summary: "The user's confirmed investments, valued at live prices.",
  parameters: () => ({}),
  variables: () => ({}),
  answer: ({ viewer }) => {
    const held = viewer?.portfolio ?? null;
    return (
      held && {
        ...held,
        holdings: held.holdings.map((holding) => ({
          ...holding,
          project: holding.project && projectReference(holding.project),
        })),
      }
    );
  },
});

export const transactionList = endpoint<
  RestTransactionListQuery,
  RestTransactionListQueryVariables,
  TransactionList
>()({
  method: 'GET',
  path: '/api/protected/users/transactions',
  operation: 'RestTransactionList',
  summary: "The user's payments, claims and refunds, the newest first, page by page.",
  parameters: () => ({ query: pagedQuery({}) }),
  variables: ({ query }) => rowsOf(query),
  answer: ({ viewer }, { parameters: { query } }) => {
    const page = viewer?.transactions ?? null;
    return page && pageAnswer(page, query, transactionAnswer);
  },
});

type SelectedTransaction = NonNullable<
  NonNullable<RestTransactionListQuery['viewer']>['transactions']
>['nodes'][number];

const transactionAnswer = (transaction: SelectedTransaction): TransactionList['data'][number] => ({
  id: localId('Transaction', transaction.id) ?? transaction.id,
  kind: lowerCase(transaction.kind),
  investmentId: localId('Investment', transaction.investment.id) ?? transaction.investment.id,
  amount: transaction.amount,
  token: transaction.token,
  transactionHash: transaction.transactionHash,
  occurredAt: secondsOf(transaction.occurredAt),
});

export const PORTFOLIO_ENDPOINTS = [portfolio, transactionList];
