/** The mutations of investing. */
import type { InvestmentAnswer, RejectionModel } from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { localId } from './global-ids.ts';
import { IdoPool, Investment } from './node.ts';
import { Rejection, resultType } from './rejections.ts';

const InvestPayload = builder.objectRef<InvestmentAnswer>('InvestPayload').implement({
  description: 'An investment of the viewer.',
  fields: (t) => ({
    investment: t.expose('investment', { type: Investment, description: 'As it stands now.' }),
    created: t.boolean({
      description:
        'True if this request made the investment; false if its idempotency key was used before, and for a payment or a ' +
        'claim.',
      resolve: ({ created }) => created === true,
    }),
  }),
});

const PoolRegistrationPayload = builder.objectRef<{ poolId: string }>('PoolRegistrationPayload').implement({
  description: 'The viewer is on the list.',
  fields: (t) => ({
    pool: t.field({
      type: IdoPool,
      description: 'The pool.',
      resolve: async ({ poolId }, _args, { idoPools }) => {
        const pool = await idoPools.byId(poolId);
        if (pool === null) throw new Error('a pool with a list is not stored');
        return pool;
      },
    }),
  }),
});

const InvestResult = builder.unionType('InvestResult', {
  description: 'An investment, or why there is none.',
  types: [InvestPayload, Rejection],
  resolveType: resultType('InvestPayload'),
});

const PoolRegistrationResult = builder.unionType('PoolRegistrationResult', {
  description: 'The pool, or why the viewer is not on its list.',
  types: [PoolRegistrationPayload, Rejection],
  resolveType: resultType('PoolRegistrationPayload'),
});

const InvestInput = builder.inputType('InvestInput', {
  description: 'What to invest, and where.',
  fields: (t) => ({
    poolId: t.id({ required: true, description: 'The global id of the pool.' }),
    amount: t.field({ type: 'Decimal', required: true, description: 'In payment tokens.' }),
    idempotencyKey: t.string({
      required: true,
      description: 'Chosen by the client, 8 to 255 characters; one per intent to invest.',
    }),
  }),
});

const SubmitPaymentInput = builder.inputType('SubmitPaymentInput', {
  description: 'The payment of an investment.',
  fields: (t) => ({
    investmentId: t.id({ required: true, description: 'The global id of the investment.' }),
    transactionHash: t.string({ required: true, description: "The transaction on the pool's blockchain." }),
  }),
});

builder.mutationFields((t) => ({
  registerForPool: t.field({
    type: PoolRegistrationResult,
    authScopes: { signedIn: true },
    description: 'Puts the viewer on the list of a pool that is open for registration.',
    args: { poolId: t.arg.id({ required: true, description: 'The global id of the pool.' }) },
    resolve: (_root, { poolId }, { investing }): Promise<{ poolId: string } | RejectionModel> =>
      investing.registerForPool(localId('IdoPool', poolId)),
  }),
  investInPool: t.field({
    type: InvestResult,
    authScopes: { signedIn: true, permission: 'invest' },
    description:
      'Reserves an allocation in a pool that is on sale, for 30 minutes. Of one viewer in one pool, the same idempotency ' +
      'key with the same input returns the same investment again; with another input it is rejected.',
    args: { input: t.arg({ type: InvestInput, required: true, description: 'What to invest.' }) },
    resolve: (_root, { input }, { investing }) =>
      investing.investInPool({ ...input, poolId: localId('IdoPool', input.poolId) }),
  }),
  submitPayment: t.field({
    type: InvestResult,
    authScopes: { signedIn: true },
    description:
      'Tells the platform the transaction that paid for an investment. Always recorded: if the reservation has run out, ' +
      'it is allocated again where there is room, and otherwise fails with a refund due.',
    args: { input: t.arg({ type: SubmitPaymentInput, required: true, description: 'The payment.' }) },
    resolve: (_root, { input }, { investing }) =>
      investing.submitPayment({ ...input, investmentId: localId('Investment', input.investmentId) }),
  }),
  claimTokens: t.field({
    type: InvestResult,
    authScopes: { signedIn: true },
    description: 'Asks the platform for what has vested so far.',
    args: { investmentId: t.arg.id({ required: true, description: 'The global id of the investment.' }) },
    resolve: (_root, { investmentId }, { investing }) =>
      investing.claimTokens(localId('Investment', investmentId)),
  }),
}));
