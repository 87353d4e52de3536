import type { Transaction as TransactionModel } from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { connectionObject } from './connections.ts';
import { encodeGlobalId } from './global-ids.ts';
import { Investment } from './node.ts';

const TransactionKind = builder.enumType('TransactionKind', {
  description: 'What moved.',
  values: {
    PAYMENT: { value: 'payment', description: 'From the user to a pool.' },
    CLAIM: { value: 'claim', description: 'Sale tokens to the user.' },
    REFUND: { value: 'refund', description: 'A payment back to the user.' },
  } as const satisfies Record<string, { value: TransactionModel['kind']; description: string }>,
});

const Transaction = builder.objectRef<TransactionModel>('Transaction').implement({
  description: 'Tokens that changed hands for an investment.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => encodeGlobalId('Transaction', id) }),
    kind: t.expose('kind', { type: TransactionKind, description: 'What moved.' }),
    investment: t.expose('investment', { type: Investment, description: 'What it was for.' }),
    amount: t.expose('amount', { type: 'Decimal', description: 'How much.' }),
    token: t.exposeString('token', {
      description: 'The symbol of what moved; `?` if its project is not known.',
    }),
    transactionHash: t.exposeString('transactionHash', {
      nullable: true,
      description: 'The transaction on its chain.',
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it moved.' }),
  }),
});

export const TransactionConnection = connectionObject(Transaction, {
  name: 'Transaction',
  page: 'A page of transactions.',
  edge: 'A transaction in its place in a list.',
});
