import type { CachePurge } from '../cache/cache-purge.ts';
import { errorFields, log } from '../observability/log.ts';

/** `none`: there was nothing to purge, or the platform offers no purge here. */
export type PurgeOutcome = 'purged' | 'refused' | 'none';

/** Makes caches in front forget the answers with one of the tags, 30 at most. Never rejects. */
export async function purgeTags(purge: CachePurge, tags: string[]): Promise<PurgeOutcome> {
  if (purge === undefined || tags.length === 0) return 'none';
  try {
    const { success, errors } = await purge(tags);
    if (!success) log.warn('cache.purge_refused', { reason: errors[0]?.message });
    return success ? 'purged' : 'refused';
  } catch (error) {
    log.warn('cache.purge_refused', errorFields(error));
    return 'refused';
  }
}
