import type {
  ProjectFilter as ProjectFilterModel,
  ProjectOrderField as ProjectOrderFieldName,
} from '../src/graphql/context.ts';
import { firstArgument, listCost, SortDirection, startArguments } from './arguments.ts';
import { builder } from './builder.ts';
import { connectionObject, connectionOf, countBeside, pageStart } from './connections.ts';
import { localId } from './global-ids.ts';
import { Project } from './node.ts';
import { ProjectStatus } from './projects.ts';
import { searchText } from './search-text.ts';

const ProjectConnection = connectionObject(Project, {
  name: 'Project',
  page: 'A page of projects.',
  edge: 'A project in its place in a list.',
});

const ProjectKey = builder.inputType('ProjectKey', {
  description: 'One of the keys of a project.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    slug: t.string({ description: 'Its name in addresses.' }),
    symbol: t.string({
      description: 'Its symbol, in any case; of several projects the live one with the greatest market cap.',
    }),
  }),
});

const ProjectFilter = builder.inputType('ProjectFilter', {
  description: 'Which projects to list: those that meet all of it.',
  fields: (t) => ({
    status: t.field({ type: ProjectStatus, description: 'LIVE where left out.' }),
    category: t.string({ description: 'Exactly this category.' }),
    blockchain: t.string({ description: 'On this blockchain, among others.' }),
    tag: t.string({ description: 'With this tag, among others.' }),
    search: t.string({ description: 'As in `searchProjects`.', validate: { schema: searchText } }),
  }),
});

const ProjectOrderField = builder.enumType('ProjectOrderField', {
  description: 'What projects can be ordered by.',
  values: {
    NAME: { description: 'By name, without regard to case.' },
    CURRENT_PRICE: { description: 'By `market.currentPrice`.' },
    MARKET_CAP: { description: 'By `market.marketCap`.' },
    VOLUME_24H: { description: 'By `market.volume24h`.' },
    PRICE_CHANGE_24H: { description: 'By `market.priceChange24h`.' },
    LISTED_AT: { description: 'By `listedAt`.' },
  } as const satisfies Record<ProjectOrderFieldName, { description: string }>,
});

const ProjectOrder = builder.inputType('ProjectOrder', {
  description: 'An order of projects. A missing key sorts last in both directions; ids break ties.',
  fields: (t) => ({
    field: t.field({ type: ProjectOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: SortDirection, required: true, description: 'Which end comes first.' }),
  }),
});

const ProjectCategory = builder
  .objectRef<{ name: string; project_count: number }>('ProjectCategory')
  .implement({
    description: 'A category of live projects.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'As in `Project.category`.' }),
      projectCount: t.exposeInt('project_count', { description: 'How many live projects it holds.' }),
    }),
  });

const DEFAULT_ORDER = { field: 'MARKET_CAP', direction: 'DESC' } as const;

builder.queryFields((t) => ({
  project: t.field({
    type: Project,
    nullable: true,
    description: 'One project, by exactly one of its keys.',
    args: { by: t.arg({ type: ProjectKey, required: true, description: 'The key.' }) },
    resolve: (_root, { by }, { projects }) => {
      if (typeof by.slug === 'string') return projects.bySlug(by.slug);
      if (typeof by.symbol === 'string') return projects.bySymbol(by.symbol);
      const id = typeof by.id === 'string' ? localId('Project', by.id) : null;
      return id === null ? null : projects.byId(id);
    },
  }),
  projects: t.field({
    type: ProjectConnection,
    nullable: true,
    description:
      'Projects by filter and order, paged forward; a missing sort key sorts last in both directions.',
    complexity: ({ first }) => listCost(first, 20),
    args: {
      filter: t.arg({ type: ProjectFilter, description: 'Which to list; all live ones where left out.' }),
      orderBy: t.arg({ type: ProjectOrder, defaultValue: DEFAULT_ORDER, description: 'In what order.' }),
      first: firstArgument(20),
      ...startArguments,
    },
    resolve: async (_root, args, { projects }, info) => {
      const { field, direction } = args.orderBy ?? DEFAULT_ORDER;
      const order = `${field}:${direction}`;
      const first = args.first ?? 20;
      const start = pageStart(order, args, field === 'NAME' ? 'text' : 'optionalNumber');
      const filter = filterModel(args.filter);
      const totalCount = countBeside(info, () => projects.count(filter));
      const rows = await projects.page({
        filter,
        orderBy: field,
        descending: direction === 'DESC',
        ...start,
        limit: first + 1,
      });
      return connectionOf(rows, { order, first, start, totalCount });
    },
  }),
  trendingProjects: t.field({
    type: [Project],
    nullable: true,
    description: 'Live projects by trending rank, best first.',
    complexity: ({ first }) => listCost(first, 10),
    args: {
      category: t.arg.string({ description: 'Only of this category.' }),
      first: firstArgument(10),
    },
    resolve: (_root, args, { projects }) => projects.trending(args.category ?? undefined, args.first ?? 10),
  }),
  searchProjects: t.field({
    type: [Project],
    nullable: true,
    description:
      'Projects whose name, symbol or description contain the text (2 to 64 characters), without regard to case. ' +
      'Best first: exact symbol, exact name, symbol prefix, name prefix, then the rest, each by market cap.',
    complexity: ({ first }) => listCost(first, 20),
    args: {
      query: t.arg.string({ required: true, validate: { schema: searchText }, description: 'The text.' }),
      first: firstArgument(20),
    },
    resolve: (_root, args, { projects }) => projects.search(args.query, args.first ?? 20),
  }),
  projectCategories: t.field({
    type: [ProjectCategory],
    nullable: true,
    description: 'The distinct categories of live projects, with how many projects each holds.',
    resolve: (_root, _args, { projects }) => projects.categories(),
  }),
}));

function filterModel(filter: typeof ProjectFilter.$inferInput | null | undefined): ProjectFilterModel {
  return {
    status: filter?.status ?? 'live',
    category: filter?.category ?? undefined,
    blockchain: filter?.blockchain ?? undefined,
    tag: filter?.tag ?? undefined,
    search: filter?.search ?? undefined,
  };
}
