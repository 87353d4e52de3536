/** Each use of a private file, in a table that nothing deletes from. Its row is written before a byte is sent. */
import type { UserFileRow } from './user-files.ts';
import type { UserFileKind } from './user-uploads.ts';

export interface FileRead {
  fileId: string;
  userId: string;
  /** `user:<id>` or `main-api`. */
  reader: string;
  requestId: string;
  nowSeconds: number;
}

const INSERT = 'INSERT INTO file_read (file_id, user_id, kind, reader, request_id, read_at)';

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
        `${INSERT}
         SELECT id, user_id, kind, ?3, ?4, ?5 FROM user_file WHERE id = ?1 AND user_id = ?2`,
      )
      .bind(fileId, userId, reader, requestId, nowSeconds),
    db.prepare('SELECT * FROM user_file WHERE id = ?1 AND user_id = ?2').bind(fileId, userId),
  ]);
  return noted?.meta.changes === 1 ? (file?.results[0] ?? null) : null;
}

/** Notes that an object is read which says itself whose file it is: it may be newer than the row of its file. */
export async function recordObjectRead(
  db: D1Database,
  { fileId, userId, kind, reader, requestId, nowSeconds }: FileRead & { kind: UserFileKind },
): Promise<void> {
  await db
    .prepare(`${INSERT} VALUES (?1, ?2, ?3, ?4, ?5, ?6)`)
    .bind(fileId, userId, kind, reader, requestId, nowSeconds)
    .run();
}
