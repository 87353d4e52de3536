/**
 * The life of sessions. D1 is the authority; a session that has ended has no row, and its id never comes back.
 *
 * A refresh token is used by one conditional update. Until its successor has been used, the same token gets the same
 * successor again, with a fresh access token (RFC 9700, section 4.14.2: answers get lost). An older token shows that two
 * hold the session's tokens, and ends it.
 */
import { SESSION_IDLE_SECONDS, SESSION_MAX_SECONDS, SESSIONS_PER_USER_MAX } from '../config.ts';
import * as d1 from '../storage/d1/user-sessions.ts';
import type { AccessTokens } from './access-tokens.ts';
import { type RefreshToken, type RefreshTokens, refreshHash } from './refresh-tokens.ts';
import { type RejectionModel, rejection } from './rejection.ts';
import type { SessionCopies } from './session-copies.ts';

/** The sender of a sign-in. */
export interface SessionClient {
  ipAddress: string | null;
  userAgent: string | null;
  /** The nonce of its device token (`device-tokens.ts`). */
  device: string;
}

export interface SessionTokens {
  userId: string;
  sessionId: string;
  accessToken: string;
  /** Unix seconds. */
  accessTokenExpiresAt: number;
  refreshToken: string;
  /** The device of the sign-in; each answer has a new device token for it. */
  device: string;
}

export interface SessionSources {
  db: D1Database;
  copies: SessionCopies;
  accessTokens: AccessTokens;
  refreshTokens: RefreshTokens;
  nowSeconds(): number;
  randomId(): string;
  /** Is told of sessions that have ended, in the background: their sockets are closed. */
  notifyEnded(sessionIds: readonly string[]): Promise<void>;
  inBackground(work: Promise<unknown>): void;
}

export class Sessions {
  readonly #sources: SessionSources;

  constructor(sources: SessionSources) {
    this.#sources = sources;
  }

  /** Signs a user in. Beyond `SESSIONS_PER_USER_MAX` the least used session ends. */
  async open(userId: string, client: SessionClient): Promise<SessionTokens> {
    const tokens = await this.openBy({}, userId, client);
    if (tokens === null) throw new Error('a session without a proof did not begin');
    return tokens;
  }

  /** `open`; null if the proof does not hold any more: a session never outlives the end of what it began by. */
  async openBy(proof: d1.SignInProof, userId: string, client: SessionClient): Promise<SessionTokens | null> {
    const { db, refreshTokens, randomId, nowSeconds } = this.#sources;
    const now = nowSeconds();
    const sessionId = randomId();
    const refreshToken = refreshTokens.issue(sessionId);
    const ended = await d1.openSession(
      db,
      {
        id: sessionId,
        user_id: userId,
        created_at: now,
        expires_at: now + SESSION_IDLE_SECONDS,
        refresh_hash: await refreshHash(refreshToken),
        ip_address: client.ipAddress,
        user_agent: client.userAgent,
        device: client.device,
      },
      { maxSessions: SESSIONS_PER_USER_MAX, proof },
    );
    if (ended === null) return null;
    this.#afterEnd(ended);
    return this.#tokens({ user_id: userId, device: client.device }, refreshToken);
  }

  /** One call of D1; none for a token that the gateway did not make. */
  async refresh(text: string): Promise<SessionTokens | RejectionModel> {
    const { db, refreshTokens, nowSeconds } = this.#sources;
    const token = refreshTokens.parse(text);
    const next = token && refreshTokens.successor(token);
    if (token === null || next === null) return sessionExpired();
    const now = nowSeconds();
    const hash = await refreshHash(token);
    const { isRotated, session } = await d1.rotateRefreshToken(db, {
      id: token.sessionId,
      hash,
      successorHash: await refreshHash(next),
      keyId: next.kid,
      nowSeconds: now,
      idleSeconds: SESSION_IDLE_SECONDS,
      maxSeconds: SESSION_MAX_SECONDS,
    });
    if (session === null || session.expires_at <= now) return sessionExpired();
    if (isRotated) return this.#tokens(session, next);
    if (session.previous_refresh_hash !== hash) return this.#endReused(session);
    // The key of then: the server's first key may be another one by now.
    const sameAgain = refreshTokens.successor(token, session.refresh_key_id ?? '');
    return sameAgain === null ? sessionExpired() : this.#tokens(session, sameAgain);
  }

  /** The ids of the sessions that ended: one, or none if the user has no such session. */
  async end(userId: string, sessionId: string): Promise<string[]> {
    const ended = (await d1.endSession(this.#sources.db, userId, sessionId)) ? [sessionId] : [];
    this.#afterEnd(ended);
    return ended;
  }

  /**
   * @param options.except the id of a session that stays
   * @returns the ids of those that ended.
   */
  async endAll(userId: string, { except = null }: { except?: string | null } = {}): Promise<string[]> {
    const ended = await d1.endSessions(this.#sources.db, userId, except);
    this.#afterEnd(ended);
    return ended;
  }

  /** Those that have not expired, the last used first. */
  ofUser(userId: string): Promise<d1.SessionRow[]> {
    return d1.sessionsOfUser(this.#sources.db, userId, this.#sources.nowSeconds());
  }

  async #endReused({ id, user_id }: d1.SessionRow): Promise<RejectionModel> {
    await this.end(user_id, id);
    return rejection(
      'SESSION_REUSED',
      'The refresh token was used before. The session has ended; sign in again.',
    );
  }

  async #tokens(
    { user_id, device }: Pick<d1.SessionRow, 'user_id' | 'device'>,
    { sessionId, text }: RefreshToken,
  ): Promise<SessionTokens> {
    const { token, expiresAt } = await this.#sources.accessTokens.sign(user_id, sessionId);
    return {
      userId: user_id,
      sessionId,
      accessToken: token,
      accessTokenExpiresAt: expiresAt,
      refreshToken: text,
      device,
    };
  }

  #afterEnd(sessionIds: readonly string[]): void {
    if (sessionIds.length === 0) return;
    const { copies, notifyEnded, inBackground } = this.#sources;
    copies.forget(sessionIds);
    inBackground(notifyEnded(sessionIds));
  }
}

const sessionExpired = () =>
  rejection('SESSION_EXPIRED', 'The session has ended, or the refresh token is not valid. Sign in again.');
