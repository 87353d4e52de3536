import type { Viewer } from '../../src/graphql/context.ts';
import type { InvestmentRow } from '../../src/storage/d1/investments.ts';
import { MADE_ELSEWHERE } from '../support/investment-rows.ts';
import {
  CANARY_NUMBERS,
  type CANARY_TEXTS,
  canaryNumber,
  canaryText,
  USER_IDS,
  type UserName,
} from './canaries.ts';

const OPENED_AT = 1_700_000_000;

/** A signed-in user, whose values are canaries. */
export function canaryUser(name: UserName): Viewer {
  const text = (what: (typeof CANARY_TEXTS)[number]) => canaryText(name, what);
  const amountOf = (what: keyof typeof CANARY_NUMBERS) => canaryNumber(name, CANARY_NUMBERS[what]);
  const invested = [{ token: 'USDC', amount: amountOf('invested') }];
  return {
    id: USER_IDS[name],
    email: text('email'),
    walletAddresses: [text('wallet'), text('second-wallet')],
    displayName: text('display-name'),
    avatarUrl: text('avatar'),
    kycLevel: 3,
    userLevel: 5,
    permissions: ['read', 'invest'],
    createdAt: OPENED_AT,
    signedInAt: 1_700_000_000,
    sessionId: 'session',
    expiresAt: 4_102_444_800,
    portfolio: async () => ({
      invested,
      investedUsd: null,
      currentValueUsd: null,
      profitPercent: null,
      holdings: [
        {
          symbol: text('holding'),
          projectId: null,
          tokenAmount: amountOf('tokens'),
          invested,
          currentValueUsd: null,
        },
      ],
      unpricedSymbols: [text('unpriced')],
    }),
    transactions: async () => [
      {
        id: text('transaction'),
        kind: 'payment',
        investment: investmentOf(name),
        amount: amountOf('moved'),
        token: 'USDC',
        transactionHash: text('transaction-hash'),
        occurredAt: OPENED_AT,
        sort_key: OPENED_AT,
      },
    ],
    sessions: async () => [
      {
        id: text('session'),
        userAgent: text('user-agent'),
        ipAddress: text('address'),
        createdAt: OPENED_AT,
        lastActivityAt: OPENED_AT,
        current: true,
      },
    ],
  };
}

const investmentOf = (name: UserName): InvestmentRow => ({
  id: canaryText(name, 'transaction'),
  user_id: USER_IDS[name],
  pool_id: 'none',
  investment_amount: canaryNumber(name, CANARY_NUMBERS.invested),
  token_amount: canaryNumber(name, CANARY_NUMBERS.tokens),
  token_price: '1',
  payment_token: 'USDC',
  status: 'confirmed',
  total_claimed: '0',
  claimable_amount: '0',
  next_claim_date: null,
  transaction_hash: canaryText(name, 'transaction-hash'),
  block_number: null,
  invested_at: OPENED_AT,
  confirmed_at: null,
  updated_at: OPENED_AT,
  ...MADE_ELSEWHERE,
});
