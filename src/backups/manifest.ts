/** The manifest of a backup: what it has, and how each object must be found again. */
import * as z from 'zod';
import { DATABASE_PREFIX, datesUnder, manifestKey } from './backup-keys.ts';

const backupFile = z.object({
  key: z.string(),
  /** `database/<table>` `ledger/<pool id>` or `room/<room>`: the files of a source follow one another. */
  source: z.string(),
  rows: z.int().nonnegative(),
  sizeBytes: z.int().nonnegative(),
  /** The stored bytes' hash, hex. */
  sha256: z.string(),
  /** The key that encrypts it; null for a plain file. */
  sealedWith: z.string().nullable(),
});
export type BackupFile = z.output<typeof backupFile>;

const backupManifest = z.object({
  date: z.string(),
  /** RFC 3339. */
  startedAt: z.string(),
  finishedAt: z.string(),
  /** The last migration of the database, which is the version of its schema. */
  migration: z.string(),
  /** The greatest number that each table with AUTOINCREMENT has given. */
  sequences: z.record(z.string(), z.int()),
  /** Sources that are missing, each with the reason. */
  missing: z.array(z.object({ source: z.string(), reason: z.string() })),
  files: z.array(backupFile),
});
export type BackupManifest = z.output<typeof backupManifest>;

/** Null if there is no such backup. @throws if it is not of this form */
export async function readManifest(
  bucket: Pick<R2Bucket, 'get'>,
  date: string,
): Promise<BackupManifest | null> {
  const object = await bucket.get(manifestKey(date));
  return object === null ? null : backupManifest.parse(await object.json());
}

/** The dates that have a manifest, oldest first. A backup that was cut off is none. */
export async function finishedDates(bucket: Pick<R2Bucket, 'list' | 'head'>): Promise<string[]> {
  const dates: string[] = [];
  for (const date of await datesUnder(bucket, DATABASE_PREFIX))
    if ((await bucket.head(manifestKey(date))) !== null) dates.push(date);
  return dates;
}
