/** A sale over `/api`, as people take part in it. */
import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';
import type { Investor } from './investors.ts';
import { platformForm } from './platform-form.ts';
import { callRest, type RestAnswer } from './rest.ts';

export const ROUTES = {
  pools: 'GET /api/ido/pools',
  pool: 'GET /api/ido/pools/:id',
  invest: 'POST /api/protected/ido/pools/:id/invest',
  register: 'POST /api/protected/ido/pools/:id/register',
  payment: 'POST /api/protected/ido/investments/:id/payment',
  claim: 'POST /api/protected/ido/investments/:id/claim',
  investments: 'GET /api/protected/ido/investments',
  portfolio: 'GET /api/protected/users/portfolio',
  transactions: 'GET /api/protected/users/transactions',
} as const;

/** The fields of the GraphQL types that `/api` shows. */
export const FIELDS = {
  pool: `id name type status description project { id slug symbol name } blockchain contractAddress paymentToken
    tokenPrice totalTokens soldTokens progressPercent totalRaised minAllocation maxAllocation maxParticipants
    participantCount registrationStart registrationEnd saleStart saleEnd ledgerHead { sequence hash recordedAt } updatedAt`,
  investment: `id pool { id name } status amount tokenAmount tokenPrice paymentToken totalClaimed claimableAmount
    nextClaimDate transactionHash blockNumber investedAt confirmedAt reservationExpiresAt failure refundDue
    receipt { sequence hash recordedAt } updatedAt`,
  portfolio: `invested { token amount } investedUsd currentValueUsd profitPercent unpricedSymbols
    holdings { symbol project { id slug symbol name } tokenAmount invested { token amount } currentValueUsd }`,
  transaction: 'id kind investment { id } amount token transactionHash occurredAt',
} as const;

export interface Investment {
  id: string;
  status: string;
  amount: string;
}

export interface Page<Item> {
  data: Item[];
  pagination: Record<string, unknown>;
}

export interface Asked {
  /** Of the path. */
  id?: string;
  query?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export type Caller = Pick<Investor, 'headers'>;
export const STRANGER: Caller = { headers: {} };

export function callRoute<Body>(
  gateway: TestGateway,
  route: keyof typeof ROUTES,
  { id = '', query = '', body, headers = {} }: Asked,
  caller: Caller,
): Promise<RestAnswer<Body>> {
  const [method = '', path = ''] = ROUTES[route].replace(':id', encodeURIComponent(id)).split(' ');
  return callRest<Body>(gateway, `${path}${query === '' ? '' : `?${query}`}`, {
    method,
    body,
    headers: { ...caller.headers, ...headers },
  });
}

/** The data of a GraphQL answer, in the form of `/api`. */
export async function platformData<Data>(
  gateway: TestGateway,
  query: string,
  { headers }: Caller = STRANGER,
): Promise<Data> {
  const { data, errors } = await gateway.post({ query }, headers);
  expect(errors).toBeUndefined();
  return platformForm(data) as Data;
}

/** The caller's, as GraphQL shows them. */
export async function ownInvestments(gateway: TestGateway, caller: Caller): Promise<Investment[]> {
  const query = `{ viewer { investments { nodes { ${FIELDS.investment} } } } }`;
  type Own = { viewer: { investments: { nodes: Investment[] } } };
  return (await platformData<Own>(gateway, query, caller)).viewer.investments.nodes;
}

/** The caller's, as GraphQL shows them; each transaction with the id of its investment alone. */
export async function ownPages(gateway: TestGateway, caller: Caller) {
  const query = `{ viewer {
    portfolio { ${FIELDS.portfolio} } transactions { nodes { ${FIELDS.transaction} } }
  } }`;
  type Transaction = { investment: { id: string } };
  type Own = { viewer: { portfolio: unknown; transactions: { nodes: Transaction[] } } };
  const { portfolio, transactions } = (await platformData<Own>(gateway, query, caller)).viewer;
  const shown = transactions.nodes.map(({ investment, ...rest }) => ({
    ...rest,
    investmentId: investment.id,
  }));
  return { portfolio, transactions: shown };
}

interface Refusal {
  error: { code: string; details: { in: string; name: string }[] };
}

/** A refusal in one line: its status and code, and the first parameter at fault. No cache keeps one. */
export function refusalOf({ status, headers, body }: RestAnswer<unknown>): string {
  expect(headers.get('Cache-Control')).toBe('private, no-store');
  const { code, details } = (body as Refusal).error;
  const [first] = details;
  return [status, code, ...(first === undefined ? [] : [first.in, first.name])].join(' ');
}
