/**
 * Copies one file of a project into R2: from the platform's own origins alone, bounded in bytes, and of a type that its kind may
 * have by its bytes. Nothing that upstream says of the type counts.
 */
import { FILE_TYPE_PREFIX_BYTES } from '../config.ts';
import type { CopiedFile, DueProjectFile } from '../storage/d1/project-files.ts';
import { PART_BYTES, partsOf, putParts } from '../storage/r2/put-parts.ts';
import { PlatformFileError, type PlatformFiles } from '../upstream/platform-files.ts';
import { byteTypeOf } from './byte-type.ts';
import { PROJECT_FILE_KINDS, projectFileKey } from './project-file-key.ts';
import { hasActiveContent } from './svg-scripts.ts';

export interface CopyTools {
  bucket: Pick<R2Bucket, 'put' | 'createMultipartUpload'>;
  platformFiles: PlatformFiles;
  /** Holds a key that the file has not had. False if it is another file's, or its object is being deleted. */
  hold(objectKey: string): Promise<boolean>;
}

export type Copying =
  | { outcome: 'copied'; file: CopiedFile; sourceEtag: string | null }
  /** Its bytes were asked for again, and are those of the copy. */
  | { outcome: 'unchanged'; sourceEtag: string | null }
  /** For its bytes or its URL. `reason` says why, and is safe to log. */
  | { outcome: 'refused'; reason: string }
  /** The server of the source failed, or R2 did. */
  | { outcome: 'failed'; reason: string }
  /** The key is held by somebody else. */
  | { outcome: 'postponed'; reason: string };

/** Never rejects. */
export async function copyProjectFile(due: DueProjectFile, tools: CopyTools): Promise<Copying> {
  try {
    return await copied(due, tools);
  } catch (error) {
    if (error instanceof PlatformFileError && !error.isOutage) return refused(error.message);
    return { outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function copied(due: DueProjectFile, { bucket, platformFiles, hold }: CopyTools): Promise<Copying> {
  const { maxBytes, types } = PROJECT_FILE_KINDS[due.kind];
  const opened = await platformFiles.open(due.source_url, maxBytes, due.source_etag);
  const { etag: sourceEtag } = opened;
  try {
    if (opened.isUnchanged) return { outcome: 'unchanged', sourceEtag: due.source_etag };
    const parts = partsOf(opened.chunks);
    const first = (await parts.next()).value;
    if (first === undefined) return refused('it is empty');
    const type = byteTypeOf(first.subarray(0, FILE_TYPE_PREFIX_BYTES));
    if (type === null || !types.includes(type)) return refused(`its bytes are ${type ?? 'of no known type'}`);
    if (type === 'image/svg+xml' && hasActiveContent(first)) return refused('it has a script');
    const key = projectFileKey({ projectId: due.project_id, kind: due.kind, name: due.name }, type);
    if (key === null) return refused("a key cannot have the project's id");
    if (key === due.object_key && due.asked_at !== null && (await isWholeOf(due.etag, first)))
      return { outcome: 'unchanged', sourceEtag };
    if (key !== due.object_key && !(await hold(key)))
      return { outcome: 'postponed', reason: 'its key is held' };
    const { etag, size } = await putParts(bucket, key, { first, rest: parts }, { contentType: type });
    const file = { objectKey: key, etag, contentType: type, sizeBytes: size };
    return { outcome: 'copied', file, sourceEtag };
  } finally {
    opened.close();
  }
}

/** True if the object's only part has these bytes: R2's ETag is then their MD5. A part that is not full is the last one. */
async function isWholeOf(etag: string | null, first: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (first.byteLength >= PART_BYTES) return false;
  return new Uint8Array(await crypto.subtle.digest('MD5', first)).toHex() === etag;
}

const refused = (reason: string): Copying => ({ outcome: 'refused', reason });
