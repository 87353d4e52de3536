/**
 * Sessions: a row is one that has not ended. Ids are never used again, so a session that has no row never comes back.
 * Times are in Unix seconds.
 */
import { jsonChunks } from './json-chunks.ts';
import { type UserRow, userColumns } from './users.ts';

export interface SessionRow {
  id: string;
  user_id: string;
  /** The sign-in. */
  created_at: number;
  last_activity_at: number;
  expires_at: number;
  /** SHA-256 of the refresh token that has not been used yet. */
  refresh_hash: string;
  /** SHA-256 of the token that it took the place of; null before the first refresh. */
  previous_refresh_hash: string | null;
  /** The key that derived it from that one. */
  refresh_key_id: string | null;
  ip_address: string | null;
  user_agent: string | null;
  /** The nonce of the device token that the sign-in gave. */
  device: string;
}

const COLUMNS = `id, user_id, created_at, last_activity_at, expires_at, refresh_hash, previous_refresh_hash,
  refresh_key_id, ip_address, user_agent, device`;

export type NewSession = Omit<SessionRow, 'last_activity_at' | 'previous_refresh_hash' | 'refresh_key_id'>;

/** The proof of who a user is. It may be gone before their session begins. */
export interface SignInProof {
  /** The stored hash of their password. */
  passwordHash?: string;
  /** Their session. */
  sessionId?: string;
}

/**
 * @param maxSessions of a user. Expired ones end first, then the least used.
 * @returns the ids of the sessions that ended to make room; null if the proof does not hold any more: nothing is written.
 * @throws if there is no such user.
 */
export async function openSession(
  db: D1Database,
  session: NewSession,
  { maxSessions, proof }: { maxSessions: number; proof: SignInProof },
): Promise<string[] | null> {
  const { id, user_id, created_at, expires_at, refresh_hash, ip_address, user_agent, device } = session;
  const { passwordHash = null, sessionId = null } = proof;
  const [opened, ended] = await db.batch<{ id: string }>([
    db
      .prepare(
        `INSERT INTO user_session
           (id, user_id, created_at, last_activity_at, expires_at, refresh_hash, ip_address, user_agent, device)
         SELECT ?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8
         WHERE (?9 IS NULL OR EXISTS (SELECT 1 FROM user_password WHERE user_id = ?2 AND hash = ?9))
           AND (?10 IS NULL OR EXISTS (SELECT 1 FROM user_session WHERE user_id = ?2 AND id = ?10))`,
      )
      .bind(
        ...[id, user_id, created_at, expires_at, refresh_hash, ip_address, user_agent, device],
        ...[passwordHash, sessionId],
      ),
    db
      .prepare(
        `DELETE FROM user_session WHERE id IN (SELECT id FROM user_session WHERE user_id = ?1 AND id <> ?2
             AND EXISTS (SELECT 1 FROM user_session WHERE id = ?2)
           ORDER BY expires_at > ?3 DESC, last_activity_at DESC, created_at DESC, id LIMIT -1 OFFSET ?4)
         RETURNING id`,
      )
      .bind(user_id, id, created_at, maxSessions - 1),
  ]);
  return opened?.meta.changes === 0 ? null : (ended?.results.map((row) => row.id) ?? []);
}

export interface RefreshRotation {
  id: string;
  /** The hash of the token that is used. */
  hash: string;
  /** The hash of the token that takes its place. */
  successorHash: string;
  /** The key that derived it. */
  keyId: string;
  nowSeconds: number;
  /** From now, */
  idleSeconds: number;
  /** and from the sign-in at most. */
  maxSeconds: number;
}

/**
 * Uses a refresh token, if it is the session's and has not been used: of many at once, one is first.
 *
 * @returns the session as it is then; null if it has ended.
 */
export async function rotateRefreshToken(
  db: D1Database,
  { id, hash, successorHash, keyId, nowSeconds, idleSeconds, maxSeconds }: RefreshRotation,
): Promise<{ isRotated: boolean; session: SessionRow | null }> {
  const [rotated, read] = await db.batch<SessionRow>([
    db
      .prepare(
        `UPDATE user_session SET refresh_hash = ?3, previous_refresh_hash = ?2, refresh_key_id = ?4,
           last_activity_at = ?5, expires_at = MIN(?5 + ?6, created_at + ?7)
         WHERE id = ?1 AND refresh_hash = ?2 AND expires_at > ?5`,
      )
      .bind(id, hash, successorHash, keyId, nowSeconds, idleSeconds, maxSeconds),
    db.prepare(`SELECT ${COLUMNS} FROM user_session WHERE id = ?1`).bind(id),
  ]);
  return { isRotated: rotated?.meta.changes === 1, session: read?.results[0] ?? null };
}

/** False if the user has no such session. */
export async function endSession(db: D1Database, userId: string, id: string): Promise<boolean> {
  const statement = 'DELETE FROM user_session WHERE id = ?1 AND user_id = ?2';
  const { meta } = await db.prepare(statement).bind(id, userId).run();
  return meta.changes > 0;
}

/**
 * Ends all sessions of a user.
 *
 * @param except the id of a session that stays; null if there is none.
 * @returns the ids of those that ended.
 */
export async function endSessions(db: D1Database, userId: string, except: string | null): Promise<string[]> {
  const statement = 'DELETE FROM user_session WHERE user_id = ?1 AND id IS NOT ?2 RETURNING id';
  const { results } = await db.prepare(statement).bind(userId, except).all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Those that have not expired, the last used first. */
export async function sessionsOfUser(
  db: D1Database,
  userId: string,
  nowSeconds: number,
): Promise<SessionRow[]> {
  const statement = `SELECT ${COLUMNS} FROM user_session WHERE user_id = ?1 AND expires_at > ?2
    ORDER BY last_activity_at DESC, created_at DESC, id`;
  return (await db.prepare(statement).bind(userId, nowSeconds).all<SessionRow>()).results;
}

export interface SessionWithUser extends UserRow {
  session_id: string;
  session_created_at: number;
  last_activity_at: number;
  expires_at: number;
  ip_address: string | null;
  user_agent: string | null;
  device: string;
}

const SESSION_WITH_USER = `${userColumns('account')}, session.id AS session_id,
  session.created_at AS session_created_at, session.last_activity_at, session.expires_at, session.ip_address,
  session.user_agent, session.device`;

/** Null if it has ended, or belongs to another user. It may have expired. */
export async function sessionWithUser(
  db: D1Database,
  userId: string,
  id: string,
): Promise<SessionWithUser | null> {
  const statement = `SELECT ${SESSION_WITH_USER}
    FROM user_session AS session JOIN user_account AS account ON account.id = session.user_id
    WHERE session.id = ?1 AND session.user_id = ?2`;
  return db.prepare(statement).bind(id, userId).first<SessionWithUser>();
}

/** Those that have not ended, in one call of D1. They may have expired. */
export async function sessionsWithUsers(db: D1Database, ids: readonly string[]): Promise<SessionWithUser[]> {
  const statement = db.prepare(
    `SELECT ${SESSION_WITH_USER} FROM json_each(?1) AS asked
      JOIN user_session AS session ON session.id = asked.value
      JOIN user_account AS account ON account.id = session.user_id`,
  );
  const chunks = jsonChunks(ids);
  if (chunks.length === 0) return [];
  const read = await db.batch<SessionWithUser>(chunks.map((chunk) => statement.bind(chunk)));
  return read.flatMap(({ results }) => results);
}

/** Notes that a session and its user are active; nothing if both were noted after `notedBefore`. */
export async function noteActivity(
  db: D1Database,
  {
    id,
    userId,
    nowSeconds,
    notedBefore,
  }: { id: string; userId: string; nowSeconds: number; notedBefore: number },
): Promise<void> {
  await db.batch([
    db
      .prepare('UPDATE user_session SET last_activity_at = ?2 WHERE id = ?1 AND last_activity_at <= ?3')
      .bind(id, nowSeconds, notedBefore),
    db
      .prepare('UPDATE user_account SET last_active_at = ?2 WHERE id = ?1 AND last_active_at <= ?3')
      .bind(userId, nowSeconds, notedBefore),
  ]);
}

export const expiredSessionsDelete = (db: D1Database, nowSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM user_session WHERE expires_at <= ?1').bind(nowSeconds);
