/** One file of a backup, checked against its manifest. Its lines are in memory: a file has 8 MiB of them, or one page more. */
import type { BackupFile } from '../../src/backups/manifest.ts';
import { openSealed } from '../../src/backups/sealing.ts';
import type { SigningKey } from '../../src/settings/signing-keys.ts';
import { sha256Hex } from '../../src/storage/sha256-hex.ts';

export type BackupBucket = Pick<R2Bucket, 'get' | 'head' | 'list'>;
export type BackupKeys = readonly SigningKey[] | undefined;

export type ReadFile =
  | { state: 'read'; lines: string[] }
  /** Its bytes are right, and no key opens it. */
  | { state: 'sealed' }
  | { state: 'broken'; reason: string };

export async function readBackupFile(
  bucket: BackupBucket,
  file: BackupFile,
  keys: BackupKeys,
): Promise<ReadFile> {
  const object = await bucket.get(file.key);
  if (object === null) return { state: 'broken', reason: 'it is missing' };
  const bytes = new Uint8Array(await object.arrayBuffer());
  if (bytes.length !== file.sizeBytes)
    return { state: 'broken', reason: `it has ${bytes.length} bytes instead of ${file.sizeBytes}` };
  if ((await sha256Hex(bytes)) !== file.sha256) return { state: 'broken', reason: 'its bytes were changed' };

  const transforms: ReadableWritablePair[] = [new DecompressionStream('gzip')];
  if (file.sealedWith !== null) {
    const opened = openSealed(keys, { keyId: file.sealedWith, key: file.key });
    if (opened === null) return { state: 'sealed' };
    transforms.unshift(opened);
  }
  let text: string;
  try {
    const stream = transforms.reduce(
      (readable: ReadableStream, transform) => readable.pipeThrough(transform),
      new Blob([bytes]).stream(),
    );
    text = await new Response(stream).text();
  } catch (error) {
    return {
      state: 'broken',
      reason: `it cannot be read: ${error instanceof Error ? error.message : error}`,
    };
  }
  const lines = text.split('\n').slice(0, -1);
  if (lines.length !== file.rows)
    return { state: 'broken', reason: `it has ${lines.length} rows instead of ${file.rows}` };
  return { state: 'read', lines };
}
