/** Tokens, sessions and viewers of an isolate. */
import { waitUntil } from 'cloudflare:workers';
import { type AccessClaims, AccessTokens } from '../auth/access-tokens.ts';
import { DeviceTokens } from '../auth/device-tokens.ts';
import { RefreshTokens } from '../auth/refresh-tokens.ts';
import { type RememberedSession, SessionCopies } from '../auth/session-copies.ts';
import { Sessions } from '../auth/sessions.ts';
import { type SignedIn, Viewers } from '../auth/viewers.ts';
import type { Config } from '../config.ts';
import type { SessionModel, Viewer, ViewerOf, ViewersOf } from '../graphql/context.ts';
import { notifyEnded } from '../realtime/ended-sessions.ts';
import type { MemoryBudget } from '../storage/bounded-memory.ts';
import { nowSeconds, randomBytes, randomId } from './runtime.ts';

export interface Accounts {
  accessTokens: AccessTokens;
  deviceTokens: DeviceTokens;
  sessions: Sessions;
  copies: SessionCopies;
  viewerOf: ViewerOf;
  viewersOf: ViewersOf;
}

export function createAccounts(
  env: Pick<Env, 'DB' | 'SESSIONS_KV' | 'SUBSCRIPTION_HUBS'>,
  { JWT_SECRET: keys, ENVIRONMENT: environment }: Pick<Config, 'JWT_SECRET' | 'ENVIRONMENT'>,
  memory: MemoryBudget,
): Accounts {
  const shared = { db: env.DB, nowSeconds, inBackground: waitUntil };
  const accessTokens = new AccessTokens({
    keys,
    environment,
    memory: memory.open<AccessClaims>('verifiedTokens'),
    nowSeconds,
  });
  const copies = new SessionCopies({
    ...shared,
    kv: env.SESSIONS_KV,
    memory: memory.open<RememberedSession>('sessions'),
  });
  const sessions = new Sessions({
    ...shared,
    copies,
    accessTokens,
    refreshTokens: new RefreshTokens(keys, randomBytes),
    randomId,
    notifyEnded: (ids) => notifyEnded(env.SUBSCRIPTION_HUBS, ids),
  });
  const viewers = new Viewers({ ...shared, copies, accessTokens });
  return {
    accessTokens,
    deviceTokens: new DeviceTokens(keys, { environment, randomBytes }),
    sessions,
    copies,
    viewerOf: async (authorization, freshness) => {
      const signedIn = await viewers.signedIn(authorization, freshness);
      return signedIn && viewerFrom(signedIn, sessions);
    },
    viewersOf: async (tokens) => {
      const signedIn = await viewers.stillSignedIn(tokens);
      return new Map([...signedIn].map(([id, each]) => [id, viewerFrom(each, sessions)]));
    },
  };
}

function viewerFrom({ session, permissions, tokenExpiresAt }: SignedIn, sessions: Sessions): Viewer {
  const { userId, sessionId, userCreatedAt, email, walletAddresses, displayName, avatarUrl } = session;
  let ownSessions: Promise<SessionModel[]> | undefined;
  return {
    id: userId,
    email,
    walletAddresses,
    displayName,
    avatarUrl,
    kycLevel: session.kycLevel,
    userLevel: session.userLevel,
    permissions,
    createdAt: userCreatedAt,
    sessionId,
    signedInAt: session.createdAt,
    expiresAt: Math.min(tokenExpiresAt, session.expiresAt),
    sessions: () => {
      ownSessions ??= sessionsOf(userId, sessionId, sessions);
      return ownSessions;
    },
  };
}

async function sessionsOf(userId: string, current: string, sessions: Sessions): Promise<SessionModel[]> {
  return (await sessions.ofUser(userId)).map((row) => ({
    id: row.id,
    userAgent: row.user_agent,
    ipAddress: row.ip_address,
    createdAt: row.created_at,
    lastActivityAt: row.last_activity_at,
    current: row.id === current,
  }));
}
