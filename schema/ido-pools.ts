import type {
  IdoPoolFilter as IdoPoolFilterModel,
  IdoPoolOrderField as IdoPoolOrderFieldName,
  IdoPoolStatus as IdoPoolStatusCode,
  IdoPoolType as IdoPoolTypeCode,
} from '../src/graphql/context.ts';
import { firstArgument, listCost, SortDirection, startArguments } from './arguments.ts';
import { builder } from './builder.ts';
import { connectionObject, connectionOf, countBeside, pageStart } from './connections.ts';
import { localId, poolGlobalId } from './global-ids.ts';
import { LedgerEntry, ledgerEntry } from './ledger-entry.ts';
import { IdoPool, Project } from './node.ts';
import { PoolViewerState } from './pool-viewer-state.ts';

const IdoPoolStatus = builder.enumType('IdoPoolStatus', {
  description:
    "Follows the clock through the pool's times; CANCELLED, and an early COMPLETED, come from the platform.",
  values: {
    UPCOMING: { value: 'upcoming', description: 'Neither registration nor sale is open.' },
    REGISTRATION: { value: 'registration', description: 'Open for registration.' },
    ACTIVE: { value: 'active', description: 'On sale.' },
    COMPLETED: { value: 'completed', description: 'The sale is over.' },
    CANCELLED: { value: 'cancelled', description: 'The sale will not take place.' },
  } as const satisfies Record<string, { value: IdoPoolStatusCode; description: string }>,
});

const IdoPoolType = builder.enumType('IdoPoolType', {
  description: 'Who may take part in a pool.',
  values: {
    PUBLIC: { value: 'public', description: 'Everybody.' },
    PRIVATE: { value: 'private', description: 'Those whom the platform picked.' },
    WHITELIST: { value: 'whitelist', description: 'Those who registered and were let in.' },
  } as const satisfies Record<string, { value: IdoPoolTypeCode; description: string }>,
});

IdoPool.implement({
  description: "A sale of a project's tokens.",
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => poolGlobalId(id) }),
    name: t.exposeString('pool_name', { description: 'Its name.' }),
    type: t.expose('pool_type', { type: IdoPoolType, description: 'Who may take part.' }),
    status: t.expose('status', { type: IdoPoolStatus, description: 'Where it stands now.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The sale in a few sentences.',
    }),
    project: t.field({
      type: Project,
      nullable: true,
      description: 'Whose tokens are sold.',
      resolve: (row, _args, { projects }) => projects.byId(row.project_id),
    }),
    blockchain: t.exposeString('blockchain', { description: 'Where it takes place.' }),
    contractAddress: t.exposeString('contract_address', {
      nullable: true,
      description: 'The contract that sells.',
    }),
    paymentToken: t.exposeString('payment_token', { description: 'The symbol of what one pays with.' }),
    tokenPrice: t.expose('token_price', {
      type: 'Decimal',
      description: 'Payment tokens for one sale token.',
    }),
    totalTokens: t.expose('total_tokens', { type: 'Decimal', description: 'Sale tokens on offer.' }),
    soldTokens: t.expose('sold_tokens', { type: 'Decimal', description: 'Sale tokens taken so far.' }),
    progressPercent: t.exposeFloat('progress_percent', { description: '0 to 100.' }),
    totalRaised: t.expose('total_raised', { type: 'Decimal', description: 'In payment tokens.' }),
    minAllocation: t.expose('min_allocation', {
      type: 'Decimal',
      description: 'The least one may invest, in payment tokens.',
    }),
    maxAllocation: t.expose('max_allocation', {
      type: 'Decimal',
      nullable: true,
      description: 'The most one may invest, in payment tokens; null where there is no limit.',
    }),
    maxParticipants: t.exposeInt('max_participants', {
      nullable: true,
      description: 'Null where there is no limit.',
    }),
    participantCount: t.exposeInt('participant_count', { description: 'How many have invested.' }),
    registrationStart: t.expose('registration_start', {
      type: 'DateTime',
      nullable: true,
      description: 'When registration opens; null where there is none.',
    }),
    registrationEnd: t.expose('registration_end', {
      type: 'DateTime',
      nullable: true,
      description: 'When registration closes.',
    }),
    saleStart: t.expose('sale_start', { type: 'DateTime', description: 'When the sale opens.' }),
    saleEnd: t.expose('sale_end', { type: 'DateTime', description: 'When the sale closes.' }),
    viewerState: t.field({
      type: PoolViewerState,
      nullable: true,
      description: "The viewer's place in this pool; null when signed out.",
      resolve: (row, _args, { poolViewerStates }) => poolViewerStates.in(row),
    }),
    ledgerHead: t.field({
      type: LedgerEntry,
      nullable: true,
      description:
        "The last entry of the pool's ledger: a chain of hashes over every allocation, so that anybody can check that " +
        'nothing was sold twice or changed later. Null before the first entry.',
      resolve: ({ ledger_sequence, ledger_hash, ledger_recorded_at }) =>
        ledgerEntry(ledger_sequence, ledger_hash, ledger_recorded_at),
    }),
    updatedAt: t.expose('updated_at', {
      type: 'DateTime',
      description: 'When the platform last changed it.',
    }),
  }),
});

const IdoPoolConnection = connectionObject(IdoPool, {
  name: 'IdoPool',
  page: 'A page of pools.',
  edge: 'A pool in its place in a list.',
});

const IdoPoolFilter = builder.inputType('IdoPoolFilter', {
  description: 'Which pools to list: those that meet all of it.',
  fields: (t) => ({
    status: t.field({ type: IdoPoolStatus, description: 'As it is now.' }),
    type: t.field({ type: IdoPoolType, description: 'Of this type.' }),
    blockchain: t.string({ description: 'On this blockchain.' }),
    projectId: t.id({ description: 'Of this project, by its global id.' }),
    projectSlug: t.string({
      description: 'Of this project, by its name in addresses, as `Query.project` finds it.',
    }),
  }),
});

const IdoPoolOrderField = builder.enumType('IdoPoolOrderField', {
  description: 'What pools can be ordered by.',
  values: {
    SALE_START: { description: 'By `saleStart`.' },
    SALE_END: { description: 'By `saleEnd`.' },
    PROGRESS: { description: 'By `progressPercent`.' },
    TOTAL_RAISED: { description: 'By `totalRaised`.' },
  } as const satisfies Record<IdoPoolOrderFieldName, { description: string }>,
});

const IdoPoolOrder = builder.inputType('IdoPoolOrder', {
  description: 'An order of pools; ids break ties.',
  fields: (t) => ({
    field: t.field({ type: IdoPoolOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: SortDirection, required: true, description: 'Which end comes first.' }),
  }),
});

const DEFAULT_ORDER = { field: 'SALE_START', direction: 'DESC' } as const;

builder.queryFields((t) => ({
  idoPool: t.field({
    type: IdoPool,
    nullable: true,
    description: 'One pool by its global id.',
    args: { id: t.arg.id({ required: true, description: 'The global id.' }) },
    resolve: (_root, args, { idoPools }) => {
      const id = localId('IdoPool', args.id);
      return id === null ? null : idoPools.byId(id);
    },
  }),
  idoPools: t.field({
    type: IdoPoolConnection,
    nullable: true,
    description: 'Pools by filter and order, paged forward.',
    complexity: ({ first }) => listCost(first, 20),
    args: {
      filter: t.arg({ type: IdoPoolFilter, description: 'Which to list; all where left out.' }),
      orderBy: t.arg({ type: IdoPoolOrder, defaultValue: DEFAULT_ORDER, description: 'In what order.' }),
      first: firstArgument(20),
      ...startArguments,
    },
    resolve: async (_root, args, { idoPools }, info) => {
      const { field, direction } = args.orderBy ?? DEFAULT_ORDER;
      const order = `${field}:${direction}`;
      const first = args.first ?? 20;
      const start = pageStart(order, args);
      const filter = filterModel(args.filter);
      const totalCount = countBeside(info, () => idoPools.count(filter));
      const rows = await idoPools.page({
        filter,
        orderBy: field,
        descending: direction === 'DESC',
        ...start,
        limit: first + 1,
      });
      return connectionOf(rows, { order, first, start, totalCount });
    },
  }),
}));

function filterModel(filter: typeof IdoPoolFilter.$inferInput | null | undefined): IdoPoolFilterModel {
  const projectId = filter?.projectId ?? undefined;
  return {
    status: filter?.status ?? undefined,
    type: filter?.type ?? undefined,
    blockchain: filter?.blockchain ?? undefined,
    // A malformed id must match no pool, as an unknown one does. No project has the empty id.
    projectId: projectId === undefined ? undefined : (localId('Project', projectId) ?? ''),
    projectSlug: filter?.projectSlug ?? undefined,
  };
}
