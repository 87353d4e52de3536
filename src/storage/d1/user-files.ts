/** Files of users, whose bytes are objects of R2. A deleted row queues its object for deletion. Times are in Unix seconds. */
import { type HeldKey, IS_HELD, keptObject, replacedObject } from './object-writes.ts';
import { type UploadRow, type UserFileKind, uploadEnd } from './user-uploads.ts';
import { avatarFollows } from './users.ts';

export interface UserFileRow {
  /** That of its upload. */
  id: string;
  user_id: string;
  kind: UserFileKind;
  content_type: string;
  size_bytes: number;
  object_key: string;
  /** The object's, without quotation marks. */
  etag: string;
  uploaded_at: number;
  /** Null where it stays until it is deleted. */
  delete_after: number | null;
}

/** Newest first. */
export async function filesOfUser(db: D1Database, userId: string): Promise<UserFileRow[]> {
  const statement = 'SELECT * FROM user_file WHERE user_id = ?1 ORDER BY uploaded_at DESC, id';
  return (await db.prepare(statement).bind(userId).all<UserFileRow>()).results;
}

export async function fileByKey(db: D1Database, objectKey: string): Promise<UserFileRow | null> {
  return db.prepare('SELECT * FROM user_file WHERE object_key = ?1').bind(objectKey).first<UserFileRow>();
}

export interface UploadState {
  /** Null if there is none that is open. */
  upload: UploadRow | null;
  /** The file that the upload has become. */
  file: UserFileRow | null;
}

export async function uploadState(
  db: D1Database,
  { uploadId, userId, nowSeconds }: { uploadId: string; userId: string; nowSeconds: number },
): Promise<UploadState> {
  const [upload, file] = await db.batch([
    db
      .prepare('SELECT * FROM user_upload WHERE id = ?1 AND user_id = ?2 AND expires_at > ?3')
      .bind(uploadId, userId, nowSeconds),
    db.prepare('SELECT * FROM user_file WHERE id = ?1 AND user_id = ?2').bind(uploadId, userId),
  ]);
  return {
    upload: (upload?.results[0] as UploadRow | undefined) ?? null,
    file: (file?.results[0] as UserFileRow | undefined) ?? null,
  };
}

/** The object of a file, as it is written. */
export interface FileObject {
  contentType: string;
  sizeBytes: number;
  etag: string;
}

/**
 * Makes a file of an upload that is open, and releases its key. A newer avatar takes the row of the older one over, and a profile
 * that shows the older one shows the newer.
 *
 * @param stored.avatarUrl null for an attachment
 * @returns null if the upload or the hold is gone: nothing has changed then
 */
export async function storePlainFile(
  db: D1Database,
  upload: UploadRow,
  stored: { held: HeldKey; object: FileObject; avatarUrl: string | null; nowSeconds: number },
): Promise<UserFileRow | null> {
  const { held, object, avatarUrl, nowSeconds } = stored;
  const [written] = await db.batch<UserFileRow>([
    db
      .prepare(
        `INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at)
         SELECT id, user_id, kind, ?4, ?5, ?1, ?6, ?7 FROM user_upload WHERE id = ?3 AND ${IS_HELD}
         ON CONFLICT (object_key) DO UPDATE SET id = excluded.id, content_type = excluded.content_type,
           size_bytes = excluded.size_bytes, etag = excluded.etag, uploaded_at = excluded.uploaded_at
         RETURNING *`,
      )
      .bind(
        ...[held.key, held.until, upload.id],
        ...[object.contentType, object.sizeBytes, object.etag, nowSeconds],
      ),
    ...(avatarUrl === null ? [] : [avatarFollows(db, upload, { key: held.key, url: avatarUrl })]),
    uploadEnd(db, upload, { ifFile: true }),
    avatarUrl !== null && held.isReused
      ? replacedObject(db, held, upload.id)
      : keptObject(db, held, upload.id),
  ]);
  return written?.results[0] ?? null;
}

/** @returns a statement whose results are the keys of the objects that it has queued, as `{ object_key }` */
export const ownFileDelete = (
  db: D1Database,
  { fileId, userId }: { fileId: string; userId: string },
): D1PreparedStatement =>
  db
    .prepare('DELETE FROM user_file WHERE id = ?1 AND user_id = ?2 RETURNING object_key')
    .bind(fileId, userId);
