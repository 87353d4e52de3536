/** Deletes objects of R2 that are queued (`storage/d1/object-deletions.ts`). */
import { OBJECT_DELETIONS_PER_RUN } from '../config.ts';
import { deletionClaim, deletionsDone } from '../storage/d1/object-deletions.ts';
import { OBJECT_HOLD_SECONDS } from '../storage/d1/object-writes.ts';

export interface ObjectDeletionSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'delete'>;
  /** Runs statements in one batch. */
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
  nowSeconds: number;
}

/**
 * Deletes what is due, in one call of R2. If that fails, the keys are due again after `OBJECT_HOLD_SECONDS`.
 *
 * @param only others stay; null for all
 * @returns the number of objects that are deleted
 */
export async function deleteQueuedObjects(
  { db, bucket, write, nowSeconds }: ObjectDeletionSources,
  only: readonly string[] | null = null,
): Promise<number> {
  const claimedUntil = nowSeconds + OBJECT_HOLD_SECONDS;
  const limit = OBJECT_DELETIONS_PER_RUN;
  const [, claimed] = await write(deletionClaim(db, { claimedUntil, nowSeconds, limit, only }));
  const keys = ((claimed?.results ?? []) as { object_key: string }[]).map(({ object_key }) => object_key);
  if (keys.length === 0) return 0;
  await bucket.delete(keys);
  await write([deletionsDone(db, keys, claimedUntil)]);
  return keys.length;
}
