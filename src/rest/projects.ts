/** Projects by `/api`. */
import * as z from 'zod';
import type {
  CandleInterval,
  ProjectOrderField,
  ProjectStatus,
  RestPriceHistoryQuery,
  RestPriceHistoryQueryVariables,
  RestProjectListQuery,
  RestProjectListQueryVariables,
  RestProjectQuery,
  RestProjectQueryVariables,
  RestSearchProjectsQuery,
  RestSearchProjectsQueryVariables,
  RestTrendingProjectsQuery,
  RestTrendingProjectsQueryVariables,
} from '../../operations/generated/graphql.ts';
import { searchText } from '../../schema/search-text.ts';
import { SEARCH_MAX_CHARACTERS, SEARCH_MIN_CHARACTERS } from '../config.ts';
import type {
  FoundProjects,
  PriceHistory,
  Project,
  ProjectList,
  TrendingProjects,
} from './answers/project.ts';
import { endpoint } from './endpoint.ts';
import { enumerated, id, limit, pageAnswer, pagedQuery, projectKeyOf, rowsOf, text } from './parameters.ts';
import { candles, listedProject, wholeProject } from './project-answer.ts';
import { newestMs } from './time.ts';

const STATUSES = {
  live: 'LIVE',
  upcoming: 'UPCOMING',
  paused: 'PAUSED',
  delisted: 'DELISTED',
} as const satisfies Record<string, ProjectStatus>;

const SORTS = {
  market_cap: 'MARKET_CAP',
  name: 'NAME',
  current_price: 'CURRENT_PRICE',
  volume_24h: 'VOLUME_24H',
  price_change_24h: 'PRICE_CHANGE_24H',
  listing_date: 'LISTED_AT',
} as const satisfies Record<string, ProjectOrderField>;

const CATEGORY_MAX_CHARACTERS = 100;
const category = () => text(CATEGORY_MAX_CHARACTERS);

const SEARCH_TEXT =
  `${SEARCH_MIN_CHARACTERS} to ${SEARCH_MAX_CHARACTERS} characters that a name, a symbol or a description contains, ` +
  'without regard to case.';

const PROJECT_ID = "The platform's id, the slug or the global id.";

export const projectList = endpoint<RestProjectListQuery, RestProjectListQueryVariables, ProjectList>()({
  method: 'GET',
  path: '/api/projects',
  operation: 'RestProjectList',
  summary: 'Projects by filter and order, page by page.',
  parameters: () => ({
    query: pagedQuery({
      category: category().optional().describe('Exactly this category.'),
      status: enumerated(STATUSES).default('live').describe('The standing of the projects on the platform.'),
      sortBy: enumerated(SORTS)
        .default('market_cap')
        .describe('The order. Projects without the value come last, in both directions.'),
      sortOrder: z
        .enum(['asc', 'desc'], { error: 'must be asc or desc' })
        .default('desc')
        .describe('The direction of the order.'),
      search: searchText.optional().describe(SEARCH_TEXT),
    }),
  }),
  variables: ({ query }) => ({
    filter: { status: STATUSES[query.status], category: query.category, search: query.search },
    orderBy: { field: SORTS[query.sortBy], direction: query.sortOrder === 'asc' ? 'ASC' : 'DESC' },
    ...rowsOf(query),
  }),
  answer: ({ projects }, { parameters: { query } }) =>
    projects && {
      ...pageAnswer(projects, query, listedProject),
      filters: {
        category: query.category ?? null,
        status: query.status,
        search: query.search ?? null,
      },
      sorting: { sortBy: query.sortBy, sortOrder: query.sortOrder },
    },
});

export const project = endpoint<RestProjectQuery, RestProjectQueryVariables, Project>()({
  method: 'GET',
  path: '/api/projects/:id',
  operation: 'RestProject',
  summary: 'One project by its id or slug, with what only the main API holds of it.',
  parameters: () => ({ path: z.strictObject({ id: id().describe(PROJECT_ID) }) }),
  variables: ({ path }) => ({ by: projectKeyOf(path.id) }),
  answer: (data) => data.project && wholeProject(data.project),
});

const ALL_CATEGORIES = 'all';
const TRENDING_LIMIT = 10;

export const trendingProjects = endpoint<
  RestTrendingProjectsQuery,
  RestTrendingProjectsQueryVariables,
  TrendingProjects
>()({
  method: 'GET',
  path: '/api/projects/trending',
  operation: 'RestTrendingProjects',
  summary: 'Live projects by trending rank, best first.',
  parameters: () => ({
    query: z.strictObject({
      category: category().default(ALL_CATEGORIES).describe('Exactly this category; `all` for each.'),
      limit: limit(TRENDING_LIMIT),
    }),
  }),
  variables: ({ query }) => ({
    category: query.category === ALL_CATEGORIES ? undefined : query.category,
    first: query.limit,
  }),
  answer: ({ trendingProjects: projects }, { parameters: { query } }) =>
    projects && {
      category: query.category,
      projects: projects.map(listedProject),
      lastUpdate: newestMs(projects.map(({ updatedAt }) => updatedAt)),
      totalCount: projects.length,
    },
});

export const searchProjects = endpoint<
  RestSearchProjectsQuery,
  RestSearchProjectsQueryVariables,
  FoundProjects
>()({
  method: 'GET',
  path: '/api/projects/search',
  operation: 'RestSearchProjects',
  summary: 'Projects whose name, symbol or description contain a text, best first.',
  parameters: () => ({ query: z.strictObject({ q: searchText.describe(SEARCH_TEXT), limit: limit() }) }),
  variables: ({ query }) => ({ query: query.q, first: query.limit }),
  answer: ({ searchProjects: projects }, { parameters: { query }, executedAtMs }) =>
    projects && {
      query: query.q,
      results: projects.map(listedProject),
      totalCount: projects.length,
      searchTime: executedAtMs,
    },
});

/** The candles of each period. */
const HISTORIES = {
  '24h': { interval: 'HOUR', last: 24 },
  '7d': { interval: 'HOUR', last: 168 },
  '30d': { interval: 'DAY', last: 30 },
  '365d': { interval: 'DAY', last: 365 },
} as const satisfies Record<string, { interval: CandleInterval; last: number }>;

const INTERVALS = { HOUR: '1h', DAY: '1d' } as const satisfies Record<CandleInterval, string>;

export const priceHistory = endpoint<RestPriceHistoryQuery, RestPriceHistoryQueryVariables, PriceHistory>()({
  method: 'GET',
  path: '/api/projects/:id/price-history',
  operation: 'RestPriceHistory',
  summary: "The last candles of a project's symbol, oldest first.",
  parameters: () => ({
    path: z.strictObject({ id: id().describe(PROJECT_ID) }),
    query: z.strictObject({
      period: enumerated(HISTORIES)
        .default('24h')
        .describe('Candles of one hour for 24h and 7d; of one day for 30d and 365d.'),
    }),
  }),
  variables: ({ path, query }) => ({ by: projectKeyOf(path.id), ...HISTORIES[query.period] }),
  answer: ({ project: found }, { parameters: { query } }) =>
    found?.candles
      ? {
          symbol: found.symbol,
          period: query.period,
          interval: INTERVALS[HISTORIES[query.period].interval],
          candles: candles(found.candles),
        }
      : null,
});

export const PROJECT_ENDPOINTS = [projectList, trendingProjects, searchProjects, project, priceHistory];
