/** Uploads that are open: a user may put bytes to `pending/<id>`, and complete them, until they expire. Times are in Unix seconds. */

export type UserFileKind = 'avatar' | 'passport' | 'address_proof' | 'selfie' | 'attachment';

/** The kinds of documents for identification, as a list of SQL. */
export const IDENTIFICATION_KINDS_SQL = "('passport', 'address_proof', 'selfie')";

export interface UploadRow {
  id: string;
  user_id: string;
  kind: UserFileKind;
  /** As announced. */
  content_type: string;
  size_bytes: number;
  created_at: number;
  expires_at: number;
}

/** The key in R2 of an upload's bytes, until it is completed. */
export const pendingKey = (uploadId: string): string => `pending/${uploadId}`;

export interface UploadLimits {
  maxOpen: number;
  /** Files and open uploads together. */
  maxFiles: number;
}

/**
 * Opens an upload, if the user's session has not ended and the limits leave room for it: the statement that writes it counts.
 * The user's expired uploads go first.
 */
export async function openUpload(
  db: D1Database,
  upload: UploadRow,
  { sessionId, maxOpen, maxFiles }: UploadLimits & { sessionId: string },
): Promise<'opened' | 'too many open' | 'too many files' | 'session ended'> {
  const { id, user_id, kind, content_type, size_bytes, created_at, expires_at } = upload;
  const [, inserted, counted] = await db.batch<{ open: number; files: number; sessions: number }>([
    db.prepare('DELETE FROM user_upload WHERE user_id = ?1 AND expires_at <= ?2').bind(user_id, created_at),
    db
      .prepare(
        `INSERT INTO user_upload (id, user_id, kind, content_type, size_bytes, created_at, expires_at)
         SELECT ?1, user_id, ?3, ?4, ?5, ?6, ?7 FROM user_session WHERE id = ?8 AND user_id = ?2
           AND ${OPEN} < ?9 AND ${OPEN} + ${FILES} < ?10`,
      )
      .bind(
        ...[id, user_id, kind, content_type, size_bytes, created_at, expires_at],
        ...[sessionId, maxOpen, maxFiles],
      ),
    db
      .prepare(
        `SELECT ${OPEN} AS open, ${FILES} AS files,
           (SELECT count(*) FROM user_session WHERE id = ?1 AND user_id = ?2) AS sessions`,
      )
      .bind(sessionId, user_id),
  ]);
  if (inserted?.meta.changes === 1) return 'opened';
  const [counts] = counted?.results ?? [];
  if (counts === undefined || counts.sessions === 0) return 'session ended';
  return counts.open >= maxOpen ? 'too many open' : 'too many files';
}
const OPEN = '(SELECT count(*) FROM user_upload WHERE user_id = ?2)';
const FILES = '(SELECT count(*) FROM user_file WHERE user_id = ?2)';

/** Null if there is none. It may have expired. */
export async function uploadById(db: D1Database, id: string): Promise<UploadRow | null> {
  return db.prepare('SELECT * FROM user_upload WHERE id = ?1').bind(id).first<UploadRow>();
}

/**
 * Ends an upload. A trigger queues its object for deletion, for a time after which nobody can put bytes to its URL any more. The
 * caller also deletes the object at once.
 *
 * @param condition.ifFile only if the upload is a file
 */
export const uploadEnd = (
  db: D1Database,
  { id }: Pick<UploadRow, 'id'>,
  { ifFile }: { ifFile: boolean },
): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM user_upload WHERE id = ?1 AND (NOT ?2 OR EXISTS (SELECT 1 FROM user_file WHERE id = ?1))`,
    )
    .bind(id, ifFile ? 1 : 0);

/** Their objects are queued for deletion with them. */
export const expiredUploadsDelete = (db: D1Database, nowSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM user_upload WHERE expires_at <= ?1 RETURNING id').bind(nowSeconds);
