import type {
  InvestmentFailure as InvestmentFailureCode,
  InvestmentStatus as InvestmentStatusCode,
} from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { connectionObject } from './connections.ts';
import { encodeGlobalId } from './global-ids.ts';
import { LedgerEntry, ledgerEntry } from './ledger-entry.ts';
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

const InvestmentFailure = builder.enumType('InvestmentFailure', {
  description: 'Why an investment failed.',
  values: {
    EXPIRED: { description: 'The reservation ran out before a payment was told of.' },
    SOLD_OUT: { description: 'Its tokens were sold to others.' },
    POOL_CANCELLED: { description: 'The sale was cancelled.' },
    REFUSED: { description: 'The platform refused it, or its payment.' },
  } as const satisfies Record<InvestmentFailureCode, { description: string }>,
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
    claimableAmount: t.field({
      type: 'Decimal',
      description: 'Sale tokens that have vested and can be claimed, without those that were asked for.',
      resolve: (row, _args, { investments }) => investments.claimableAmount(row),
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
    reservationExpiresAt: t.expose('reservation_expires_at', {
      type: 'DateTime',
      nullable: true,
      description: 'When an unpaid reservation runs out; null once it is paid or over.',
    }),
    failure: t.expose('failure', {
      type: InvestmentFailure,
      nullable: true,
      description: 'Why it failed.',
    }),
    refundDue: t.boolean({
      description:
        'Whether what was paid for it is owed back, where it arrived: it failed after a payment was told of, and REFUNDED ' +
        'has not come yet.',
      resolve: ({ refund_due }) => refund_due === 1,
    }),
    receipt: t.field({
      type: LedgerEntry,
      nullable: true,
      description: "The entry of the pool's ledger that allocated it; null for what was bought elsewhere.",
      resolve: ({ receipt_sequence, receipt_hash, receipt_at }) =>
        ledgerEntry(receipt_sequence, receipt_hash, receipt_at),
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
