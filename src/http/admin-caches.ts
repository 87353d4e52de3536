/** Purging caches in front after a deployment or a rollback. */
import { CACHE_TAGS } from '../../schema/cache-hints.ts';
import type { AdminSources } from './admin-operations.ts';
import { purgeTags } from './purge-tags.ts';

/**
 * `POST /admin/caches/purge`: caches in front forget every answer of an operation, and keep files. Workers Caching has a cache for
 * each version of the Worker: the version that answers this purges its own. It may be asked again at any time.
 */
export const postPurge = async (_request: Request, { purge }: AdminSources) => ({
  purge: await purgeTags(purge, [...CACHE_TAGS]),
});
