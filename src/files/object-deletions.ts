/** Deletes objects of R2 that are queued (`storage/d1/object-deletions.ts`). */
import { OBJECT_DELETIONS_PER_RUN, PURGE_TAGS_MAX } from '../config.ts';
import { deletionClaim, deletionsDone, deletionsDue } from '../storage/d1/object-deletions.ts';
import { OBJECT_HOLD_SECONDS } from '../storage/d1/object-writes.ts';
import { ALL_FILES_TAG, cacheTagsOf } from './cache-tags.ts';
import { isPublicKey } from './file-key.ts';

export interface ObjectDeletionSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'delete'>;
  /** Runs statements in one batch. */
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
  /** Makes caches in front forget files. Left out where that is left to the job: a public file stays queued then. */
  purge?: (tags: string[]) => Promise<void>;
  nowSeconds: number;
}

/**
 * Deletes what is due, in one call of R2. If that fails, the keys are due again after `OBJECT_HOLD_SECONDS`.
 *
 * @param only others stay; null for all
 * @returns the number of objects that are deleted
 */
export async function deleteQueuedObjects(
  { db, bucket, write, purge, nowSeconds }: ObjectDeletionSources,
  only: readonly string[] | null = null,
): Promise<number> {
  const claimedUntil = nowSeconds + OBJECT_HOLD_SECONDS;
  const limit = OBJECT_DELETIONS_PER_RUN;
  const [, claimed] = await write(deletionClaim(db, { claimedUntil, nowSeconds, limit, only }));
  const keys = ((claimed?.results ?? []) as { object_key: string }[]).map(({ object_key }) => object_key);
  if (keys.length === 0) return 0;
  await bucket.delete(keys);
  const publicKeys = keys.filter(isPublicKey);
  if (purge !== undefined && publicKeys.length > 0) await purge(tagsOf(publicKeys));
  const unpurged = purge === undefined ? publicKeys : [];
  const done = keys.filter((key) => !unpurged.includes(key));
  await write([deletionsDue(db, unpurged, claimedUntil), deletionsDone(db, done, claimedUntil)]);
  return keys.length;
}

/** A file has a tag of its own beside that of all files. */
function tagsOf(keys: readonly string[]): string[] {
  const tags = new Set(keys.flatMap((key) => cacheTagsOf(key).slice(-1)));
  return tags.size > PURGE_TAGS_MAX ? [ALL_FILES_TAG] : [...tags];
}
