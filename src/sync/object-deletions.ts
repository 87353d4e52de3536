import { deleteQueuedObjects } from '../files/object-deletions.ts';
import { log } from '../observability/log.ts';
import { everyMinute, type JobDefinition, type JobDeps, nothingDone } from './job.ts';
import { operationPurges } from './operation-purges.ts';

/**
 * Deletes the objects of deleted files and ended uploads that the requests which deleted them have left, and makes caches in front
 * forget the public ones, and avatars that a newer one has replaced.
 */
export const objectDeletionsJob: JobDefinition = {
  name: 'object-deletions',
  schedule: everyMinute,
  leaseSeconds: 300,
  // Its one look a minute needs no run record.
  effects: [operationPurges],
  async run(deps, { lease: { write } }) {
    const { db, storage, nowMs } = deps;
    const nowSeconds = Math.floor(nowMs() / 1000);
    const purge = (tags: string[]) => purged(deps, tags);
    const written = await deleteQueuedObjects({ db, bucket: storage, write, purge, nowSeconds });
    return { ...nothingDone(), written };
  },
};

async function purged({ purge }: JobDeps, tags: string[]): Promise<boolean> {
  if (purge === undefined) return true;
  const { success, errors } = await purge(tags);
  if (!success) log.warn('cache.purge_refused', { tags: tags.join(' '), reason: errors[0]?.message });
  return success;
}
