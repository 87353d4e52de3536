/**
 * Who has posted in which room. Triggers make a row due when its account changes or is closed. Times are in Unix seconds.
 *
 * A row ends when its account is closed and its room has erased the author; no sooner.
 */
import { jsonChunks } from './json-chunks.ts';
import { IS_DUE_SQL, NEXT_ATTEMPT_SQL } from './outbox-attempts.ts';

/** A post is stored or refused by then. */
const POST_MAX_SECONDS = 60;

/**
 * Notes an author before the first post of theirs is stored in a room: from here on the room learns of each change of the
 * account. It is told once in any case, after the post: the account may have changed since the post's author was read.
 *
 * @returns false if there is no such account; nothing is written then.
 */
export async function noteAuthor(
  db: D1Database,
  userId: string,
  room: string,
  nowSeconds: number,
): Promise<boolean> {
  const { results } = await db
    .prepare(
      `INSERT INTO chat_author (user_id, room, next_attempt_at)
       SELECT id, ?2, ?3 + ${POST_MAX_SECONDS} FROM user_account WHERE id = ?1
       ON CONFLICT (user_id, room) DO UPDATE SET revision = revision + 1,
         next_attempt_at = coalesce(next_attempt_at, excluded.next_attempt_at)
       RETURNING 1`,
    )
    .bind(userId, room, nowSeconds)
    .all();
  return results.length === 1;
}

/** An author whom a room is to be told of, with what the account is now: all null if it is closed. */
export interface DueAuthorRow {
  user_id: string;
  room: string;
  revision: number;
  account_id: string | null;
  display_name: string | null;
  avatar_url: string | null;
  user_level: number | null;
  kyc_level: number | null;
  /** A JSON list. */
  permissions: string | null;
  refused_at: number | null;
}

export interface DueAuthors {
  /** Those that were tried less come first, and of them closed accounts. */
  due: DueAuthorRow[];
  /** Those whose room has failed, and whose next attempt is later: how many, and one of their rooms. */
  waiting: { count: number; room: string | null };
}

/** One call of D1. */
export async function dueAuthors(
  db: D1Database,
  { nowSeconds, limit }: { nowSeconds: number; limit: number },
): Promise<DueAuthors> {
  const [due, waiting] = await db.batch<never>([
    db
      .prepare(
        `SELECT user_id, room, revision, account.id AS account_id, display_name, avatar_url, user_level, kyc_level,
           permissions, refused_at
         FROM chat_author LEFT JOIN user_account AS account ON account.id = user_id
         WHERE next_attempt_at IS NOT NULL AND ${IS_DUE_SQL}
         ORDER BY attempts, account_id IS NOT NULL, next_attempt_at, room, user_id LIMIT ?2`,
      )
      .bind(nowSeconds, limit),
    db
      .prepare(
        `SELECT count(*) AS count, max(room) AS room FROM chat_author
         WHERE next_attempt_at IS NOT NULL AND attempts > 0 AND NOT ${IS_DUE_SQL}`,
      )
      .bind(nowSeconds),
  ]);
  const [waits] = (waiting?.results ?? []) as DueAuthors['waiting'][];
  return {
    due: (due?.results ?? []) as DueAuthorRow[],
    waiting: waits ?? { count: 0, room: null },
  };
}

type AuthorKey = Pick<DueAuthorRow, 'user_id' | 'room' | 'revision'>;

const TOLD_SQL = `(user_id, room, revision) IN
  (SELECT value ->> 'user_id', value ->> 'room', value ->> 'revision' FROM json_each(?1))`;

/** A room has taken what was read of these authors. A row of a closed account ends; one that has changed since stays due. */
export function toldAuthorsWrites(db: D1Database, rows: readonly AuthorKey[]): D1PreparedStatement[] {
  const keys = rows.map(({ user_id, room, revision }) => ({ user_id, room, revision }));
  return jsonChunks(keys).flatMap((chunk) => [
    db
      .prepare(
        `DELETE FROM chat_author
         WHERE ${TOLD_SQL} AND NOT EXISTS (SELECT 1 FROM user_account WHERE id = user_id)`,
      )
      .bind(chunk),
    db.prepare(`UPDATE chat_author SET next_attempt_at = NULL, attempts = 0 WHERE ${TOLD_SQL}`).bind(chunk),
  ]);
}

/** Rooms have failed: all that is due of them waits, longer after each attempt. */
export const postponedAuthorsWrite = (
  db: D1Database,
  rooms: readonly string[],
  nowSeconds: number,
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE chat_author SET attempts = attempts + 1, next_attempt_at = ${NEXT_ATTEMPT_SQL}
       WHERE next_attempt_at IS NOT NULL AND ${IS_DUE_SQL} AND room IN (SELECT value FROM json_each(?2))`,
    )
    .bind(nowSeconds, JSON.stringify(rooms));

/** The rooms that somebody has posted in. */
export async function roomsWithPosts(db: D1Database): Promise<string[]> {
  const { results } = await db.prepare('SELECT room FROM chat_room ORDER BY room').all<{ room: string }>();
  return results.map(({ room }) => room);
}
