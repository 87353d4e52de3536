import { PURGE_TAGS_MAX } from '../config.ts';
import { log } from '../observability/log.ts';
import { operationTag } from '../operations/operation-tag.ts';
import { purgesDone, takePurgesDue } from '../storage/d1/operation-purges.ts';
import type { JobEffect } from './job.ts';

/**
 * Makes caches in front forget the answers of operations that were switched off or have ended, once every isolate knows.
 * A purge takes so many tags; the next minute has the others, and a purge that is refused is tried again after them.
 */
export const operationPurges: JobEffect = {
  failureEvent: 'operations.not_purged',
  async run({ db, purge, nowMs }) {
    const nowSeconds = Math.floor(nowMs() / 1000);
    const ids = await takePurgesDue(db, nowSeconds, PURGE_TAGS_MAX);
    if (ids.length === 0) return;
    if (purge !== undefined) {
      const { success, errors } = await purge(ids.map(operationTag));
      if (!success) {
        log.warn('cache.purge_refused', { operations: ids.length, reason: errors[0]?.message });
        return;
      }
    }
    await purgesDone(db, ids, nowSeconds).run();
  },
};
