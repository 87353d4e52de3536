/** Deletes backups, and logs that the platform has put beside them, that are older than they are kept. */
import { BACKUPS_KEPT_DAYS } from '../config.ts';
import {
  DATABASE_PREFIX,
  dateOf,
  datesUnder,
  LEDGER_PREFIX,
  LOGS_PREFIX,
  manifestKey,
  objectsUnder,
  ROOM_PREFIX,
} from './backup-keys.ts';
import type { BackupDeps } from './backup-source.ts';
import { finishedDates } from './manifest.ts';

const DAY_MS = 86_400_000;
/** The platform's limit for one call. */
const KEYS_PER_DELETE = 1000;

type Bucket = Pick<BackupDeps['storage'], 'delete' | 'head' | 'list'>;

/**
 * Deletes what has a newer backup that is good and is too old, and what was cut off and is not of today.
 *
 * @returns how many objects it has deleted
 */
export async function deleteExpiredBackups(bucket: Bucket, nowMs: number): Promise<number> {
  const finished = await finishedDates(bucket);
  const newest = finished.at(-1);
  if (newest === undefined) return 0;
  const keptFrom = dateOf(nowMs - BACKUPS_KEPT_DAYS * DAY_MS);
  let deleted = 0;
  for (const prefix of [DATABASE_PREFIX, LEDGER_PREFIX, ROOM_PREFIX, LOGS_PREFIX])
    for (const folder of await datesUnder(bucket, prefix)) {
      const date = folder.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
      const isCutOff = prefix !== LOGS_PREFIX && !finished.includes(date);
      if (date >= newest || (date >= keptFrom && !isCutOff)) continue;
      // First of all: a backup that misses a file is none.
      if (prefix === DATABASE_PREFIX) await bucket.delete(manifestKey(date));
      const keys: string[] = [];
      for await (const { key } of objectsUnder(bucket, `${prefix}${folder}/`)) keys.push(key);
      await deleteObjects(bucket, keys);
      deleted += keys.length;
    }
  return deleted;
}

export async function deleteObjects(
  bucket: Pick<R2Bucket, 'delete'>,
  keys: readonly string[],
): Promise<void> {
  for (let start = 0; start < keys.length; start += KEYS_PER_DELETE)
    await bucket.delete(keys.slice(start, start + KEYS_PER_DELETE));
}
