/** Investing by `/api`. Each answer is the caller's own. */
import * as z from 'zod';
import type {
  InvestmentStatus,
  RestClaimTokensMutation,
  RestClaimTokensMutationVariables,
  RestInvestInPoolMutation,
  RestInvestInPoolMutationVariables,
  RestInvestmentListQuery,
  RestInvestmentListQueryVariables,
  RestRegisterForPoolMutation,
  RestRegisterForPoolMutationVariables,
  RestSubmitPaymentMutation,
  RestSubmitPaymentMutationVariables,
} from '../../operations/generated/graphql.ts';
import type { Investment, InvestmentList } from './answers/investment.ts';
import { endpoint, Reply } from './endpoint.ts';
import { investmentAnswer } from './investment-answer.ts';
import {
  decimal,
  enumerated,
  globalIdOf,
  id,
  idempotencyKey,
  pageAnswer,
  pagedQuery,
  rowsOf,
  text,
} from './parameters.ts';
import { rejected } from './rest-refusal.ts';

const ofPool = () => ({ path: z.strictObject({ id: id().describe('The id of the pool.') }) });
const ofInvestment = () => ({
  path: z.strictObject({ id: id().describe('The id of the investment.') }),
});

/** The parameters that inputs of the operations come from, where they are no members of the body. */
const PLACES = {
  poolId: { in: 'path', name: 'id' },
  investmentId: { in: 'path', name: 'id' },
  idempotencyKey: { in: 'header', name: 'idempotency-key' },
} as const;

export const invest = endpoint<RestInvestInPoolMutation, RestInvestInPoolMutationVariables, Investment>()({
  method: 'POST',
  path: '/api/protected/ido/pools/:id/invest',
  operation: 'RestInvestInPool',
  summary:
    'Reserves an allocation in a pool that is on sale, for 30 minutes; 200 with the same investment if the key was used before.',
  parameters: () => ({
    ...ofPool(),
    headers: z.object({ 'idempotency-key': idempotencyKey() }),
    body: z.strictObject({ amount: decimal().describe('In payment tokens.') }),
  }),
  variables: ({ path, headers, body }) => ({
    input: {
      poolId: globalIdOf('IdoPool', path.id),
      amount: body.amount,
      idempotencyKey: headers['idempotency-key'],
    },
  }),
  answer: ({ investInPool: result }) => {
    if ('code' in result) return rejected(result, PLACES);
    const made = investmentAnswer(result.investment);
    return result.created ? Reply.created(made) : made;
  },
});

export const register = endpoint<RestRegisterForPoolMutation, RestRegisterForPoolMutationVariables, never>()({
  method: 'POST',
  path: '/api/protected/ido/pools/:id/register',
  operation: 'RestRegisterForPool',
  summary: 'Puts the user on the list of a pool that is open for registration; may be repeated.',
  parameters: ofPool,
  variables: ({ path }) => ({ poolId: globalIdOf('IdoPool', path.id) }),
  answer: ({ registerForPool: result }) => ('code' in result ? rejected(result, PLACES) : Reply.NO_CONTENT),
});

/** No blockchain has longer ones. */
const HASH_MAX_CHARACTERS = 200;

export const payment = endpoint<RestSubmitPaymentMutation, RestSubmitPaymentMutationVariables, Investment>()({
  method: 'POST',
  path: '/api/protected/ido/investments/:id/payment',
  operation: 'RestSubmitPayment',
  summary: 'Records the transaction that paid for an investment; may be repeated.',
  parameters: () => ({
    ...ofInvestment(),
    body: z.strictObject({
      transactionHash: text(HASH_MAX_CHARACTERS).describe("The transaction on the pool's blockchain."),
    }),
  }),
  variables: ({ path, body }) => ({
    input: { investmentId: globalIdOf('Investment', path.id), transactionHash: body.transactionHash },
  }),
  answer: ({ submitPayment: result }) =>
    'code' in result ? rejected(result, PLACES) : investmentAnswer(result.investment),
});

export const claim = endpoint<RestClaimTokensMutation, RestClaimTokensMutationVariables, Investment>()({
  method: 'POST',
  path: '/api/protected/ido/investments/:id/claim',
  operation: 'RestClaimTokens',
  summary: 'Claims the tokens of an investment that have vested so far.',
  parameters: ofInvestment,
  variables: ({ path }) => ({ investmentId: globalIdOf('Investment', path.id) }),
  answer: ({ claimTokens: result }) =>
    'code' in result ? rejected(result, PLACES) : investmentAnswer(result.investment),
});

const STATUSES = {
  pending: 'PENDING',
  confirmed: 'CONFIRMED',
  failed: 'FAILED',
  refunded: 'REFUNDED',
} as const satisfies Record<string, InvestmentStatus>;

export const investmentList = endpoint<
  RestInvestmentListQuery,
  RestInvestmentListQueryVariables,
  InvestmentList
>()({
  method: 'GET',
  path: '/api/protected/ido/investments',
  operation: 'RestInvestmentList',
  summary: "The user's investments, the newest first, page by page.",
  parameters: () => ({
    query: pagedQuery({ status: enumerated(STATUSES).optional().describe('Exactly this status.') }),
  }),
  variables: ({ query }) => ({ status: query.status && STATUSES[query.status], ...rowsOf(query) }),
  answer: ({ viewer }, { parameters: { query } }) => {
    const page = viewer?.investments ?? null;
    return page && pageAnswer(page, query, investmentAnswer);
  },
});

export const INVESTMENT_ENDPOINTS = [invest, register, payment, claim, investmentList];
