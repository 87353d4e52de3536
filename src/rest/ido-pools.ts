/** Pools by `/api`. */
import * as z from 'zod';
import type {
  IdoPoolStatus,
  IdoPoolType,
  RestIdoPoolListQuery,
  RestIdoPoolListQueryVariables,
  RestIdoPoolQuery,
  RestIdoPoolQueryVariables,
} from '../../operations/generated/graphql.ts';
import type { IdoPool, IdoPoolList } from './answers/ido-pool.ts';
import { endpoint } from './endpoint.ts';
import { idoPoolAnswer } from './ido-pool-answer.ts';
import { enumerated, globalIdOf, id, pageAnswer, pagedQuery, projectKeyOf, rowsOf } from './parameters.ts';

const STATUSES = {
  upcoming: 'UPCOMING',
  registration: 'REGISTRATION',
  active: 'ACTIVE',
  completed: 'COMPLETED',
  cancelled: 'CANCELLED',
} as const satisfies Record<string, IdoPoolStatus>;

const TYPES = {
  public: 'PUBLIC',
  private: 'PRIVATE',
  whitelist: 'WHITELIST',
} as const satisfies Record<string, IdoPoolType>;

export const idoPoolList = endpoint<RestIdoPoolListQuery, RestIdoPoolListQueryVariables, IdoPoolList>()({
  method: 'GET',
  path: '/api/ido/pools',
  operation: 'RestIdoPoolList',
  summary: 'Pools by filter, the latest sale first, page by page.',
  parameters: () => ({
    query: pagedQuery({
      status: enumerated(STATUSES).optional().describe('Exactly this status.'),
      type: enumerated(TYPES).optional().describe('Exactly this type.'),
      project: id().optional().describe('Pools of this project: its id or its slug.'),
    }),
  }),
  variables: ({ query }) => ({
    filter: {
      status: query.status && STATUSES[query.status],
      type: query.type && TYPES[query.type],
      ...(query.project === undefined ? {} : projectFilterOf(query.project)),
    },
    ...rowsOf(query),
  }),
  answer: ({ idoPools }, { parameters: { query } }) => idoPools && pageAnswer(idoPools, query, idoPoolAnswer),
});

function projectFilterOf(project: string) {
  const key = projectKeyOf(project);
  return 'id' in key ? { projectId: key.id } : { projectSlug: key.slug };
}

export const idoPool = endpoint<RestIdoPoolQuery, RestIdoPoolQueryVariables, IdoPool>()({
  method: 'GET',
  path: '/api/ido/pools/:id',
  operation: 'RestIdoPool',
  summary: 'One pool by its id.',
  parameters: () => ({ path: z.strictObject({ id: id().describe('The id of the pool.') }) }),
  variables: ({ path }) => ({ id: globalIdOf('IdoPool', path.id) }),
  answer: (data) => data.idoPool && idoPoolAnswer(data.idoPool),
});

export const IDO_POOL_ENDPOINTS = [idoPoolList, idoPool];
