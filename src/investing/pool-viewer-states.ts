import { loaderOf } from '../loaders/batching.ts';
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import { poolPlacesOf } from '../storage/d1/pool-members.ts';
import { type PoolViewerState, poolViewerState } from './pool-viewer-state.ts';
import type { TakingPart } from './taking-part.ts';

export interface PoolViewer {
  id: string;
  rights: TakingPart['rights'];
}

/** Made for each request. All pools of a list cost one D1 call. @param viewer null if nobody is signed in */
export function createPoolViewerStates(db: D1Database, viewer: PoolViewer | null, nowSeconds: number) {
  const places = loaderOf((poolIds: readonly string[]) => poolPlacesOf(db, viewer?.id ?? '', poolIds));
  return {
    /** Null if nobody is signed in. */
    async in(pool: IdoPoolRow): Promise<PoolViewerState | null> {
      if (viewer === null) return null;
      const place = await places.load(pool.id);
      if (place === null) throw new Error(`no place in the pool ${pool.id}`);
      return poolViewerState(pool, place, viewer.rights, nowSeconds);
    },
  };
}
