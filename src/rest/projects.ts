/** Projects by `/api`. */
import * as z from 'zod';
import type {
  ProjectOrderField,
  ProjectStatus,
  RestProjectListQuery,
  RestProjectListQueryVariables,
  RestProjectQuery,
  RestProjectQueryVariables,
} from '../../operations/generated/graphql.ts';
import { SEARCH_MAX_CHARACTERS, SEARCH_MIN_CHARACTERS } from '../config.ts';
import type { Project, ProjectList } from './answers/project.ts';
import { endpoint } from './endpoint.ts';
import { enumerated, id, pagedQuery, paginationOf, projectKeyOf, text } from './parameters.ts';
import { listedProject, wholeProject } from './project-answer.ts';

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
const searched = () =>
  text(SEARCH_MAX_CHARACTERS).min(SEARCH_MIN_CHARACTERS, {
    error: `must have at least ${SEARCH_MIN_CHARACTERS} characters`,
  });

export const projectList = endpoint<RestProjectListQuery, RestProjectListQueryVariables, ProjectList>()({
  method: 'GET',
  path: '/api/projects',
  operation: 'RestProjectList',
  summary: 'Projects by filter and order, page by page.',
  parameters: {
    query: pagedQuery({
      category: category().optional(),
      status: enumerated(STATUSES).default('live'),
      sortBy: enumerated(SORTS).default('market_cap'),
      sortOrder: z.enum(['asc', 'desc'], { error: 'must be asc or desc' }).default('desc'),
      search: searched().optional(),
    }),
  },
  variables: ({ query }) => ({
    filter: { status: STATUSES[query.status], category: query.category, search: query.search },
    orderBy: { field: SORTS[query.sortBy], direction: query.sortOrder === 'asc' ? 'ASC' : 'DESC' },
    first: query.limit,
  }),
  answer: ({ projects }, { parameters: { query } }) =>
    projects && {
      data: projects.nodes.map(listedProject),
      pagination: paginationOf(query, projects.totalCount),
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
  parameters: { path: z.strictObject({ id: id() }) },
  variables: ({ path }) => ({ by: projectKeyOf(path.id) }),
  answer: (data) => data.project && wholeProject(data.project),
});

export const PROJECT_ENDPOINTS = [projectList, project];
