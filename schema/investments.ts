import type { InvestmentStatus as InvestmentStatusCode } from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { connectionObject } from './connections.ts';
import { encodeGlobalId } from './global-ids.ts';
import { IdoPool, Investment } from './node.ts';

export const InvestmentStatus = builder.enumType('InvestmentStatus', {
  description: 'Where an investment stands.',
  values: {
    PENDING: { value: 'pending', description: 'Reserved or paid, not confirmed yet.' },
    CONFIRMED: { value: 'confirmed', description: 'The platform has the payment.' },
    FAILED: { value: 'failed', description: 'It came to nothing.' },
    REFUNDED: { value: 'refunded', description: 'The payment was given back.' },
  } as const satisfies Record<string, { value: InvestmentStatusCode; description: string }>,
});

Investment.implement({
  description: 'What a user put into a pool.',
  interfaces: [builder.nodeInterfaceRef()],
  authScopes: (row) => ({ self: row.user_id }),
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: (row) => encodeGlobalId('Investment', row.id) }),
    pool: t.field({
      type: IdoPool,
      nullable: true,
      description: 'The pool it went into.',
      resolve: (row, _args, { idoPools }) => idoPools.byId(row.pool_id),
    }),
    status: t.expose('status', { type: InvestmentStatus, description: 'Where it stands.' }),
    amount: t.expose('investment_amount', { type: 'Decimal', description: 'In payment tokens.' }),
    tokenAmount: t.expose('token_amount', { type: 'Decimal', description: 'Sale tokens it buys.' }),
    tokenPrice: t.expose('token_price', {
      type: 'Decimal',
      description: 'Payment tokens for one sale token.',
    }),
    paymentToken: t.exposeString('payment_token', { description: 'The symbol of what was paid with.' }),
    totalClaimed: t.expose('total_claimed', { type: 'Decimal', description: 'Sale tokens already claimed.' }),
    claimableAmount: t.expose('claimable_amount', {
      type: 'Decimal',
      description: 'Sale tokens that have vested and can be claimed.',
    }),
    nextClaimDate: t.expose('next_claim_date', {
      type: 'DateTime',
      nullable: true,
      description: 'When more will vest.',
    }),
    transactionHash: t.exposeString('transaction_hash', {
      nullable: true,
      description: 'The payment on its chain.',
    }),
    blockNumber: t.exposeInt('block_number', {
      nullable: true,
      description: 'The block that holds the payment.',
    }),
    investedAt: t.expose('invested_at', { type: 'DateTime', description: 'When it was made.' }),
    confirmedAt: t.expose('confirmed_at', {
      type: 'DateTime',
      nullable: true,
      description: 'When the platform confirmed it.',
    }),
    updatedAt: t.expose('updated_at', {
      type: 'DateTime',
      description: 'When the platform last changed it.',
    }),
  }),
});

export const InvestmentConnection = connectionObject(Investment, {
  name: 'Investment',
  page: 'A page of investments.',
  edge: 'An investment in its place in a list.',
});
