/**
 * Locks on keys of R2 that several files have in turn: one request at a time writes or deletes the object.
 *
 * A row of `object_deletion` that is not due holds its key. A writer of an object holds the key first, so a deletion that
 * was asked for earlier never takes the newer object. Times are in Unix seconds.
 */

/** Longer than it takes to write an object. The object of a writer that died is deleted then. */
export const OBJECT_HOLD_SECONDS = 120;

/**
 * Longer than anything is put off: the object of an upload, until its URL has expired. A row that is due later was written before the
 * clock was set back.
 */
const DUE_WITHIN_SECONDS = 1_800;

/** SQL that holds for a row of `object_deletion` that is due. @param now the parameter with the time now, such as `?1` */
export const isDeletionDue = (now: string) =>
  `(next_attempt_at <= ${now} OR next_attempt_at > ${now} + ${DUE_WITHIN_SECONDS})`;

export interface HeldKey {
  key: string;
  /** Also tells one holder from the next. */
  until: number;
  /** False if no object has had the key, as far as rows tell. */
  isReused: boolean;
}

/** Null if somebody else holds the key. A deletion that is due is taken over: the new object replaces the old one. */
export async function holdKey(db: D1Database, key: string, nowSeconds: number): Promise<HeldKey | null> {
  const until = nowSeconds + OBJECT_HOLD_SECONDS;
  const [before, held] = await db.batch<{ is_reused: number }>([
    db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM user_file WHERE object_key = ?1)
           OR EXISTS (SELECT 1 FROM object_deletion WHERE object_key = ?1) AS is_reused`,
      )
      .bind(key),
    db
      .prepare(
        `INSERT INTO object_deletion (object_key, next_attempt_at) VALUES (?1, ?2)
         ON CONFLICT (object_key) DO UPDATE SET next_attempt_at = ?2 WHERE ${isDeletionDue('?3')}`,
      )
      .bind(key, until, nowSeconds),
  ]);
  return held?.meta.changes === 1 ? { key, until, isReused: before?.results[0]?.is_reused === 1 } : null;
}

/** SQL that holds while the key is held, with `?1` for the key and `?2` for the time. */
export const IS_HELD =
  'EXISTS (SELECT 1 FROM object_deletion WHERE object_key = ?1 AND next_attempt_at = ?2)';

/** Releases the key. The object stays if it is that of a file. */
export const keptObject = (db: D1Database, { key, until }: HeldKey, fileId: string): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM object_deletion WHERE object_key = ?1 AND next_attempt_at = ?2
         AND EXISTS (SELECT 1 FROM user_file WHERE object_key = ?1 AND id = ?3)`,
    )
    .bind(key, until, fileId);

/** Releases the key as `keptObject` does. The next run of the job makes caches in front forget the older object. */
export const replacedObject = (
  db: D1Database,
  { key, until }: HeldKey,
  fileId: string,
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE object_deletion SET next_attempt_at = 0 WHERE object_key = ?1 AND next_attempt_at = ?2
         AND EXISTS (SELECT 1 FROM user_file WHERE object_key = ?1 AND id = ?3)`,
    )
    .bind(key, until, fileId);

/** Releases the key. The next run of the job deletes an object that was written, unless a row names it. */
export const abandonedObject = (db: D1Database, { key, until }: HeldKey): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO object_deletion (object_key, next_attempt_at) VALUES (?1, 0)
       ON CONFLICT (object_key) DO UPDATE SET next_attempt_at = 0 WHERE next_attempt_at = ?2`,
    )
    .bind(key, until);
