import {
  countIdoPools,
  type IdoPoolFilter,
  type IdoPoolPageQuery,
  type IdoPoolRow,
  idoPoolPage,
  idoPoolsByIds,
  idoPoolsByProjects,
} from '../storage/d1/ido-pools.ts';
import { loaderOf } from './batching.ts';

/** Made for each request. Pools have the status of the request's time. */
export function createIdoPoolLoader(db: D1Database, nowSeconds: number) {
  const byId = loaderOf((ids: readonly string[]) => idoPoolsByIds(db, ids, nowSeconds));
  const ofProject = loaderOf(async (keys: readonly { projectId: string; limit: number }[]) => {
    const ids = [...new Set(keys.map((key) => key.projectId))];
    const limit = Math.max(...keys.map((key) => key.limit));
    const pools = await idoPoolsByProjects(db, ids, limit, nowSeconds);
    return new Map(
      keys.map((key) => [poolsKey(key), (pools.get(key.projectId) ?? []).slice(0, key.limit)] as const),
    );
  }, poolsKey);
  return {
    byId: (id: string) => byId.load(id),
    /** The newest first, by sale start. */
    ofProject: async (projectId: string, limit: number): Promise<IdoPoolRow[]> =>
      (await ofProject.load({ projectId, limit })) ?? [],
    page: (query: Omit<IdoPoolPageQuery, 'nowSeconds'>) => idoPoolPage(db, { ...query, nowSeconds }),
    count: (filter: IdoPoolFilter) => countIdoPools(db, filter, nowSeconds),
  };
}

const poolsKey = (key: { projectId: string; limit: number }) => `${key.limit}:${key.projectId}`;
