/** One call of each operation of `/api`, for the tests that run them all: a new one fails those until it is here. */

import { ENDPOINTS } from '../../src/rest/endpoints.ts';
import type { ParameterSchemas } from '../../src/rest/parameter-places.ts';

/** By place and name. Text, but for the body. */
export type SentParameters = { [Place in keyof ParameterSchemas]: Record<string, unknown> };

/** The things that calls are about. */
export interface AskedFor {
  slugs: readonly string[];
  symbols: readonly string[];
  poolId: string;
  investmentId: string;
}

/** Of any market: nobody may hold them. */
export const ANYTHING: AskedFor = {
  slugs: ['bitcoin'],
  symbols: ['BTC', 'ETH', 'SOL'],
  poolId: 'pool',
  investmentId: 'investment',
};

const HOURS_OF_A_DAY = 24;
const HASH = `0x${'0'.repeat(64)}`;
const CREDENTIALS = { email: 'nobody@example.com', password: 'a long sentence of nobody' };

/** By operation. Where nothing sizes the answer, the number of items chooses one thing. */
const CALLS: Readonly<Record<string, (of: AskedFor, items: number) => SentParameters>> = {
  RestProjectList: (_, limit) => ({ query: { limit: `${limit}` } }),
  RestProject: ({ slugs }, place) => ({ path: { id: chosen(slugs, place) } }),
  RestTrendingProjects: (_, limit) => ({ query: { limit: `${limit}` } }),
  // Each text of the generated projects has it.
  RestSearchProjects: (_, limit) => ({ query: { q: 'the', limit: `${limit}` } }),
  RestPriceHistory: ({ slugs: [id] }, items) => ({
    path: { id },
    query: { period: items <= HOURS_OF_A_DAY ? '24h' : '7d' },
  }),
  RestPrices: ({ symbols }, items) => ({ query: { symbols: symbols.slice(0, items).join() } }),
  RestComparePrices: ({ symbols }, items) => ({
    query: { symbols: symbols.slice(0, Math.min(items, 10)).join() },
  }),
  RestPrice: ({ symbols }, place) => ({
    path: { symbol: chosen(symbols, place) },
    query: { include_history: 'true' },
  }),
  RestIdoPoolList: (_, limit) => ({ query: { limit: `${limit}` } }),
  RestIdoPool: ({ poolId: id }) => ({ path: { id } }),
  RestInvestInPool: ({ poolId: id }) => ({
    path: { id },
    headers: { 'idempotency-key': 'the-same-intent' },
    body: { amount: '10' },
  }),
  RestRegisterForPool: ({ poolId: id }) => ({ path: { id } }),
  RestSubmitPayment: ({ investmentId: id }) => ({ path: { id }, body: { transactionHash: HASH } }),
  RestClaimTokens: ({ investmentId: id }) => ({ path: { id } }),
  RestInvestmentList: (_, limit) => ({ query: { limit: `${limit}` } }),
  // Its size is that of the viewer's holdings.
  RestPortfolio: () => ({}),
  RestTransactionList: (_, limit) => ({ query: { limit: `${limit}` } }),
  RestRegister: () => ({ body: CREDENTIALS }),
  RestLogIn: () => ({ body: CREDENTIALS }),
  RestWalletChallenge: () => ({ body: { address: `0x${'0c'.repeat(20)}` } }),
  RestWalletConnect: () => ({ body: { message: 'not the one that was issued', signature: '0x' } }),
  RestRefresh: () => ({ body: { refreshToken: 'of nobody' } }),
  RestLogOut: () => ({ body: {} }),
  RestProfile: () => ({}),
  RestUpdateProfile: () => ({ body: {} }),
};

const chosen = (all: readonly string[], place: number) => all[place % all.length];

/** The variables that `/api` makes of the call. */
export function restVariables(operation: string, of: AskedFor, items: number): Record<string, unknown> {
  const call = CALLS[operation];
  if (call === undefined) throw new Error(`${operation} has no call in ${import.meta.url}: add it`);
  const { endpoint, parameters } = readCall(operation, call(of, items));
  return endpoint.variables(parameters);
}

/** The endpoint of an operation, and what it reads of what is sent. */
export function readCall(operation: string, sent: SentParameters) {
  const endpoint = ENDPOINTS.find((candidate) => candidate.operation === operation);
  if (endpoint === undefined) throw new Error(`no endpoint of /api runs ${operation}`);
  const places = Object.entries(endpoint.parameters) as [keyof ParameterSchemas, ParameterSchemas['query']][];
  const parameters = Object.fromEntries(
    places.map(([place, schema]) => [place, schema?.parse(sent[place] ?? {})]),
  );
  return { endpoint, parameters };
}
