/** Each use of a private file, in a table that nothing deletes from. Its row is written before a byte is sent. */
import type { UserFileRow } from './user-files.ts';

export interface FileRead {
  fileId: string;
  userId: string;
  /** `user:<id>` or `main-api`. */
  reader: string;
  requestId: string;
  nowSeconds: number;
}

/**
 * Notes that a file is read.
 *
 * @returns the file; null if there is none, and nothing is noted
 */
export async function recordFileRead(
  db: D1Database,
  { fileId, userId, reader, requestId, nowSeconds }: FileRead,
): Promise<UserFileRow | null> {
  const [noted, file] = await db.batch<UserFileRow>([
    db
      .prepare(
        `INSERT INTO file_read (file_id, user_id, kind, reader, request_id, read_at)
         SELECT id, user_id, kind, ?3, ?4, ?5 FROM user_file WHERE id = ?1 AND user_id = ?2`,
      )
      .bind(fileId, userId, reader, requestId, nowSeconds),
    db.prepare('SELECT * FROM user_file WHERE id = ?1 AND user_id = ?2').bind(fileId, userId),
  ]);
  return noted?.meta.changes === 1 ? (file?.results[0] ?? null) : null;
}
