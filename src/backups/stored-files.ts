/**
 * The files of a backup that is being written. Each is one object of bounded size that is written once and as a whole. Its
 * metadata say what it has and how far it has read, so that a run continues behind the last file of one that was cut off.
 */
import * as z from 'zod';
import { sha256Hex } from '../storage/sha256-hex.ts';
import { DATABASE_PREFIX, LEDGER_PREFIX, objectsUnder, ROOM_PREFIX } from './backup-keys.ts';
import type { BackupDeps } from './backup-source.ts';
import type { BackupFile } from './manifest.ts';

const fileMetadata = z.object({
  source: z.string(),
  rows: z.int(),
  sha256: z.string(),
  sealedWith: z.string().nullable(),
  /** Behind the last row; null for a source without rows. */
  upTo: z.string().nullable(),
  /** It is the last file of its source. */
  isLast: z.boolean(),
  migration: z.string(),
  /** RFC 3339: when the run that wrote it began. */
  startedAt: z.string(),
});
type FileMetadata = z.output<typeof fileMetadata>;

export type StoredFile = BackupFile & FileMetadata;

/** By source, in the order of reading. */
export async function storedFiles(
  bucket: BackupDeps['storage'],
  date: string,
): Promise<Map<string, StoredFile[]>> {
  const files: StoredFile[] = [];
  for (const prefix of [DATABASE_PREFIX, LEDGER_PREFIX, ROOM_PREFIX])
    for await (const { key, size, customMetadata = {} } of objectsUnder(bucket, `${prefix}${date}/`))
      files.push({ key, sizeBytes: size, ...decoded(customMetadata) });
  const inOrder = files.toSorted((a, b) => partOf(a.key) - partOf(b.key));
  return Map.groupBy(inOrder, ({ source }) => source);
}

/** @throws if the object exists: nothing replaces a file of a backup */
export async function storeFile(
  bucket: BackupDeps['storage'],
  bytes: Uint8Array<ArrayBuffer>,
  { key, ...about }: { key: string } & Omit<FileMetadata, 'sha256'>,
): Promise<StoredFile> {
  const metadata: FileMetadata = { ...about, sha256: await sha256Hex(bytes) };
  const stored = await bucket.put(key, bytes, {
    onlyIf: { etagDoesNotMatch: '*' },
    sha256: metadata.sha256,
    customMetadata: encoded(metadata),
  });
  if (stored === null) throw new Error(`${key} exists already`);
  return { key, sizeBytes: bytes.length, ...metadata };
}

/** Metadata are headers, which carry ASCII alone: each value is percent-encoded JSON. */
const encoded = (metadata: FileMetadata): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, encodeURIComponent(JSON.stringify(value))]),
  );

const decoded = (metadata: Record<string, string>): FileMetadata =>
  fileMetadata.parse(
    Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, JSON.parse(decodeURIComponent(value))]),
    ),
  );

/** Files behind the first one have their number before the extension. */
const partOf = (key: string) => Number(/\.(\d+)\.(?:ndjson|jsonl)\.gz$/.exec(key)?.[1] ?? 1);
