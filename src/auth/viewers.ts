/**
 * Who sends a request, by its `authorization` header.
 *
 * A valid token is not enough: its session must not have ended. `cached` may be `SESSION_COPY_MAX_AGE_SECONDS` late to
 * notice that, or a change of rights; `authoritative` reads D1, and is for whatever changes anything.
 */
import { GraphQLError } from 'graphql';
import { ACTIVITY_NOTE_SECONDS } from '../config.ts';
import {
  noteActivity,
  type SessionWithUser,
  sessionsWithUsers,
  sessionWithUser,
} from '../storage/d1/user-sessions.ts';
import type { SessionCopy } from '../storage/kv/sessions.ts';
import { isPermission, type PermissionCode } from '../upstream/main-api-records.ts';
import type { AccessClaims, AccessTokens } from './access-tokens.ts';
import { ENDED, type SessionCopies } from './session-copies.ts';

export type Freshness = 'cached' | 'authoritative';

/** The claims of a token that was verified before. */
export type VerifiedToken = Pick<AccessClaims, 'userId' | 'sessionId' | 'expiresAt'>;

export interface SignedIn {
  session: SessionCopy;
  /** Those of the session that this build knows. */
  permissions: PermissionCode[];
  /** The expiry of the access token, in Unix seconds. */
  tokenExpiresAt: number;
}

export interface ViewerSources {
  db: D1Database;
  copies: SessionCopies;
  accessTokens: AccessTokens;
  nowSeconds(): number;
  inBackground(work: Promise<unknown>): void;
}

export class Viewers {
  readonly #sources: ViewerSources;

  constructor(sources: ViewerSources) {
    this.#sources = sources;
  }

  /**
   * @returns null without a header.
   * @throws GraphQLError UNAUTHENTICATED if the header has no token, the token is not valid, or its session has ended.
   */
  async signedIn(authorization: string | null, freshness: Freshness): Promise<SignedIn | null> {
    if (authorization === null) return null;
    const claims = await this.#sources.accessTokens.verify(authorization);
    if (claims === null) throw unauthenticated('The access token is not valid, or has expired.');
    const session = await this.#sessionOf(claims, freshness);
    if (session === null) throw sessionEnded();
    return signedInBy(session, claims);
  }

  /**
   * Those of many verified tokens who are signed in still, by one call of D1. It notes no activity: nobody asked for
   * anything.
   *
   * @returns by session id; without the sessions that have ended, and those whose token has expired.
   */
  async stillSignedIn(tokens: readonly VerifiedToken[]): Promise<Map<string, SignedIn>> {
    const { db, copies, nowSeconds } = this.#sources;
    const readAt = nowSeconds();
    const asked = new Map(
      tokens
        .filter(({ expiresAt, sessionId }) => expiresAt > readAt && copies.recall(sessionId) !== ENDED)
        .map((token) => [token.sessionId, token]),
    );
    const rows = await sessionsWithUsers(db, [...asked.keys()]);
    const ended = new Set(asked.keys());
    const found = new Map<string, SignedIn>();
    for (const row of rows) {
      const { session_id: sessionId, expires_at, id } = row;
      ended.delete(sessionId);
      const token = asked.get(sessionId);
      if (token === undefined || token.userId !== id || expires_at <= readAt) continue;
      found.set(sessionId, signedInBy(copyOf(row, readAt), token));
    }
    copies.forget([...ended]);
    return found;
  }

  async #sessionOf(claims: AccessClaims, freshness: Freshness): Promise<SessionCopy | null> {
    const { copies, nowSeconds } = this.#sources;
    const { sessionId, userId } = claims;
    const isGood = (copy: SessionCopy) => copy.userId === userId && copy.expiresAt > nowSeconds();
    const remembered = copies.recall(sessionId);
    if (remembered === ENDED) return null;
    if (freshness === 'cached') {
      const copy = remembered ?? (await copies.read(sessionId));
      if (copy !== null && isGood(copy)) return copy;
    }
    const copy = await this.#fromD1(claims);
    if (copy === null || !isGood(copy)) return null;
    if (freshness === 'cached') copies.publish(copy);
    return copy;
  }

  async #fromD1({ sessionId, userId }: AccessClaims): Promise<SessionCopy | null> {
    const { db, copies, nowSeconds, inBackground } = this.#sources;
    const readAt = nowSeconds();
    const row = await sessionWithUser(db, userId, sessionId);
    if (row === null) {
      copies.forget([sessionId]);
      return null;
    }
    const copy = copyOf(row, readAt);
    copies.remember(copy);
    const notedBefore = readAt - ACTIVITY_NOTE_SECONDS;
    if (row.last_activity_at <= notedBefore || row.last_active_at <= notedBefore) {
      inBackground(noteActivity(db, { id: sessionId, userId, nowSeconds: readAt, notedBefore }));
    }
    return copy;
  }
}

const signedInBy = (session: SessionCopy, { expiresAt }: Pick<AccessClaims, 'expiresAt'>): SignedIn => ({
  session,
  permissions: session.permissions.filter(isPermission),
  tokenExpiresAt: expiresAt,
});

function copyOf(row: SessionWithUser, readAt: number): SessionCopy {
  const isRefused = row.refused_at !== null;
  return {
    sessionId: row.session_id,
    userId: row.id,
    email: row.email,
    walletAddresses: JSON.parse(row.wallet_addresses) as string[],
    displayName: row.display_name,
    avatarUrl: row.avatar_url,
    kycLevel: isRefused ? 0 : row.kyc_level,
    userLevel: isRefused ? 0 : row.user_level,
    permissions: isRefused ? [] : (JSON.parse(row.permissions) as string[]),
    userCreatedAt: row.created_at,
    createdAt: row.session_created_at,
    lastActivityAt: row.last_activity_at,
    expiresAt: row.expires_at,
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
    device: row.device,
    readAt,
  };
}

export const sessionEnded = () => unauthenticated('The session has ended.');

const unauthenticated = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } });
