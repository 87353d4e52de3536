/** Documents for identification. Times are in Unix seconds. */
import { type HeldKey, IS_HELD, keptObject } from './object-writes.ts';
import type { UserFileRow } from './user-files.ts';
import { IDENTIFICATION_KINDS_SQL } from './user-uploads.ts';

export interface CompletedDocument {
  held: HeldKey;
  uploadId: string;
  etag: string;
  /** The key that sealed it: without this very key it cannot be read. */
  wrappedKey: string;
  /** The body of its hand-over. */
  body: string;
  nowSeconds: number;
}

/**
 * Makes the upload a file, which takes the place of an older one of its kind, and queues it for the main API.
 *
 * @returns null if the upload, its key or the hold is gone: then nothing has changed
 */
export async function storeIdentificationFile(
  db: D1Database,
  { held, uploadId, etag, wrappedKey, body, nowSeconds }: CompletedDocument,
): Promise<UserFileRow | null> {
  const stored = 'EXISTS (SELECT 1 FROM user_file WHERE id = ?1)';
  const mayStore = `${IS_HELD} AND EXISTS (SELECT 1 FROM user_upload JOIN kyc_key USING (user_id)
    WHERE user_upload.id = ?3 AND wrapped_key = ?4)`;
  const [, written] = await db.batch<UserFileRow>([
    db
      .prepare(
        `DELETE FROM identification_outbox
         WHERE file_id = (SELECT id FROM user_file WHERE object_key = ?1) AND ${mayStore}`,
      )
      .bind(held.key, held.until, uploadId, wrappedKey),
    db
      .prepare(
        `INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at)
         SELECT id, user_id, kind, content_type, size_bytes, ?1, ?5, ?6 FROM user_upload
         WHERE id = ?3 AND ${mayStore}
         ON CONFLICT (object_key) DO UPDATE SET id = excluded.id, content_type = excluded.content_type,
           size_bytes = excluded.size_bytes, etag = excluded.etag, uploaded_at = excluded.uploaded_at,
           delete_after = NULL
         RETURNING *`,
      )
      .bind(held.key, held.until, uploadId, wrappedKey, etag, nowSeconds),
    db
      .prepare(
        `INSERT INTO identification_outbox (file_id, user_id, body, next_attempt_at)
         SELECT id, user_id, ?2, ?3 FROM user_file
         WHERE id = ?1 AND EXISTS (SELECT 1 FROM user_upload WHERE id = ?1)`,
      )
      .bind(uploadId, body, nowSeconds),
    db.prepare(`DELETE FROM user_upload WHERE id = ?1 AND ${stored}`).bind(uploadId),
    keptObject(db, held, uploadId),
  ]);
  return written?.results[0] ?? null;
}

/**
 * Gives an end to documents that were there when the main API decided about their user. A trigger takes it away when the main API says
 * another time. A time to come is a mistake: the user waits for a decision still, and is asked for.
 */
export const decidedFilesUpdate = (
  db: D1Database,
  { keptSeconds, nowSeconds }: { keptSeconds: number; nowSeconds: number },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE user_file SET delete_after = kyc_decided_at + ?1 FROM user_account
       WHERE user_account.id = user_file.user_id AND kind IN ${IDENTIFICATION_KINDS_SQL}
         AND kyc_decided_at BETWEEN uploaded_at AND ?2 AND delete_after IS NULL`,
    )
    .bind(keptSeconds, nowSeconds);

export const dueFilesDelete = (db: D1Database, nowSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM user_file WHERE delete_after <= ?1').bind(nowSeconds);
