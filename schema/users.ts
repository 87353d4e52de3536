/**
 * Users: each sees their own account. An admin sees the accounts of others, and not what is theirs alone: where they
 * signed in, and what they own.
 */
import type { PermissionCode, SessionModel, UserModel } from '../src/graphql/context.ts';
import { listCost, listSize, parseArgument, startArguments } from './arguments.ts';
import { builder } from './builder.ts';
import { connectionOf, countBeside, pageStart } from './connections.ts';
import { encodeGlobalId } from './global-ids.ts';
import { InvestmentConnection, InvestmentStatus } from './investments.ts';
import { User } from './node.ts';
import { Portfolio } from './portfolio.ts';
import { TransactionConnection } from './transactions.ts';
import { UserFile } from './user-files.ts';

const Permission = builder.enumType('Permission', {
  description: 'What a user may do.',
  values: {
    READ: { value: 'read', description: 'See what is public.' },
    WRITE: { value: 'write', description: 'Change their own account.' },
    INVEST: { value: 'invest', description: 'Take part in pools.' },
    TRADE: { value: 'trade', description: 'Trade.' },
    ADMIN: { value: 'admin', description: 'Run the platform.' },
    MODERATE: { value: 'moderate', description: 'Keep order among the users.' },
    TEAM: { value: 'team', description: 'Speak for a project as one of its team.' },
  } as const satisfies Record<string, { value: PermissionCode; description: string }>,
});

const Session = builder.objectRef<SessionModel>('Session').implement({
  description: 'A sign-in that is still good.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => encodeGlobalId('Session', id) }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'What signed in.' }),
    ipAddress: t.exposeString('ipAddress', { nullable: true, description: 'Where it signed in from.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it began.' }),
    lastActivityAt: t.expose('lastActivityAt', { type: 'DateTime', description: 'When it was last used.' }),
    current: t.exposeBoolean('current', { description: 'Whether this request belongs to it.' }),
  }),
});

const ownAlone = ({ id }: UserModel) => ({ self: id });

User.implement({
  description: 'Somebody with an account.',
  interfaces: [builder.nodeInterfaceRef()],
  authScopes: ({ id }) => ({ $any: { self: id, permission: 'admin' } }),
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: (viewer) => encodeGlobalId('User', viewer.id) }),
    email: t.exposeString('email', {
      nullable: true,
      description: 'Null where they signed up with a wallet.',
    }),
    walletAddresses: t.exposeStringList('walletAddresses', {
      description: 'The wallets they proved to be theirs.',
    }),
    displayName: t.exposeString('displayName', { nullable: true, description: 'As they call themselves.' }),
    avatarUrl: t.string({
      nullable: true,
      description: 'Their picture.',
      resolve: ({ id, avatarUrl }, _args, { files }) => files.shownAvatarUrl(id, avatarUrl),
    }),
    kycLevel: t.exposeInt('kycLevel', { description: '0 none, 1 e-mail, 2 identity, 3 address.' }),
    userLevel: t.exposeInt('userLevel', { description: 'Their standing on the platform.' }),
    permissions: t.expose('permissions', { type: [Permission], description: 'What they may do.' }),
    investments: t.field({
      type: InvestmentConnection,
      authScopes: ownAlone,
      nullable: true,
      description: 'Their investments, newest first.',
      complexity: ({ first }) => listCost(first, 20),
      args: {
        status: t.arg({ type: InvestmentStatus, description: 'Only of this status.' }),
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
        ...startArguments,
      },
      resolve: async (viewer, args, { investments }, info) => {
        const first = parseArgument('first', listSize, args.first ?? 20);
        const order = 'INVESTED_AT:DESC';
        const start = pageStart(order, args);
        const status = args.status ?? undefined;
        const totalCount = countBeside(info, () => investments.count(viewer.id, status));
        const rows = await investments.page({ userId: viewer.id, status, ...start, limit: first + 1 });
        return connectionOf(rows, { order, first, start, totalCount });
      },
    }),
    portfolio: t.field({
      type: Portfolio,
      authScopes: ownAlone,
      nullable: true,
      description: 'Confirmed investments, valued at live prices.',
      resolve: (viewer, _args, { portfolios, prices }) => portfolios.ofUser(viewer.id, prices),
    }),
    transactions: t.field({
      type: TransactionConnection,
      authScopes: ownAlone,
      nullable: true,
      description: 'Payments, claims and refunds, newest first.',
      complexity: ({ first }) => listCost(first, 20),
      args: {
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
        ...startArguments,
      },
      resolve: async (viewer, args, { transactions }, info) => {
        const first = parseArgument('first', listSize, args.first ?? 20);
        const order = 'OCCURRED_AT:DESC';
        const start = pageStart(order, args);
        const totalCount = countBeside(info, () => transactions.count(viewer.id));
        const rows = await transactions.page({ userId: viewer.id, ...start, limit: first + 1 });
        return connectionOf(rows, { order, first, start, totalCount });
      },
    }),
    sessions: t.field({
      type: [Session],
      authScopes: ownAlone,
      nullable: true,
      description: 'Where they are signed in.',
      resolve: (viewer) => viewer.sessions(),
    }),
    files: t.field({
      type: [UserFile],
      authScopes: ownAlone,
      nullable: true,
      description:
        'What they have uploaded, newest first. A document for identification is never shown again, only that it is there.',
      resolve: (viewer, _args, { files }) => files.ofUser(viewer.id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was opened.' }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: User,
    nullable: true,
    description: 'The signed-in user; null when signed out.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
);
