/** Deletes objects of R2 that are queued (`storage/d1/object-deletions.ts`). */
import { OBJECT_DELETIONS_PER_RUN, PURGE_TAGS_MAX } from '../config.ts';
import {
  type ClaimedKey,
  deletionClaim,
  deletionsDone,
  deletionsDue,
  filesKept,
} from '../storage/d1/object-deletions.ts';
import { OBJECT_HOLD_SECONDS } from '../storage/d1/object-writes.ts';
import { ALL_FILES_TAG, cacheTagsOf } from './cache-tags.ts';
import { isPublicKey } from './file-key.ts';

export interface ObjectDeletionSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'delete'>;
  /** Runs statements in one batch. */
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
  /**
   * Makes caches in front forget files; false if they refuse. Left out where that is left to the job. A public file stays queued
   * until they have forgotten it.
   */
  purge?: (tags: string[]) => Promise<boolean>;
  nowSeconds: number;
}

/**
 * Deletes objects that are due, in one call of R2. If that fails, the keys are due again after `OBJECT_HOLD_SECONDS`. An object
 * that a file has again stays, and caches in front forget the one before it.
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
  const [claim] = await write([deletionClaim(db, { claimedUntil, nowSeconds, limit, only })]);
  const claimed = (claim?.results ?? []) as unknown as ClaimedKey[];
  if (claimed.length === 0) return 0;
  const keysOf = (isFile: boolean) =>
    claimed.filter(({ is_file }) => (is_file === 1) === isFile).map(({ object_key }) => object_key);
  const [deleted, kept] = [keysOf(false), keysOf(true)];
  if (deleted.length > 0) await bucket.delete(deleted);
  const keys = [...deleted, ...kept];
  const publicKeys = keys.filter(isPublicKey);
  let isPurged = publicKeys.length === 0;
  try {
    if (!isPurged && purge !== undefined) isPurged = await purge(tagsOf(publicKeys));
  } finally {
    const isDone = (key: string) => isPurged || !isPublicKey(key);
    await write([
      deletionsDone(db, deleted.filter(isDone), claimedUntil),
      filesKept(db, kept.filter(isDone), claimedUntil),
      // Also those whose file was deleted meanwhile.
      deletionsDue(db, keys, { claimedUntil, nowSeconds }),
    ]);
  }
  return deleted.length;
}

/** A file has a tag of its own beside that of all files. */
function tagsOf(keys: readonly string[]): string[] {
  const tags = new Set(keys.flatMap((key) => cacheTagsOf(key).slice(-1)));
  return tags.size > PURGE_TAGS_MAX ? [ALL_FILES_TAG] : [...tags];
}
