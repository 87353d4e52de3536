/** The mutations of investing, as an app asks them. */
import { ask } from './accounts.ts';
import type { TestGateway } from './gateway.ts';
import type { Investor } from './investors.ts';

export interface InvestAnswer {
  investment?: {
    id: string;
    status: string;
    amount: string;
    tokenAmount: string;
    transactionHash: string | null;
    reservationExpiresAt: string | null;
    failure: string | null;
    refundDue: boolean;
    claimableAmount: string;
    receipt: { sequence: number; hash: string; recordedAt: string } | null;
    pool?: { soldTokens: string; viewerState: Record<string, unknown> };
  };
  pool?: { viewerState: { registered: boolean; eligible: boolean } };
  code?: string;
  message?: string;
  field?: string[] | null;
}

async function answered(
  gateway: TestGateway,
  operation: string,
  variables: Record<string, unknown>,
  { headers }: Pick<Investor, 'headers'>,
): Promise<InvestAnswer> {
  const { data, errors } = await ask<Record<string, InvestAnswer>>(gateway, operation, variables, {
    headers,
  });
  const [answer] = Object.values(data ?? {});
  if (answer === undefined || answer === null) throw new Error(JSON.stringify(errors));
  return answer;
}

export const invest = (
  gateway: TestGateway,
  investor: Pick<Investor, 'headers'>,
  input: { poolId: string; amount: string; idempotencyKey: string },
) => answered(gateway, 'InvestInPool', { input }, investor);

export const submitPayment = (
  gateway: TestGateway,
  investor: Pick<Investor, 'headers'>,
  input: { investmentId: string; transactionHash: string },
) => answered(gateway, 'SubmitPayment', { input }, investor);

export const claimTokens = (
  gateway: TestGateway,
  investor: Pick<Investor, 'headers'>,
  investmentId: string,
) => answered(gateway, 'ClaimTokens', { investmentId }, investor);

export const registerForPool = (gateway: TestGateway, investor: Pick<Investor, 'headers'>, poolId: string) =>
  answered(gateway, 'RegisterForPool', { poolId }, investor);

export const transactionHashOf = (place: number) => `0x${place.toString(16).padStart(64, 'c')}`;
