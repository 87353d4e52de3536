/** Users with an open session each, written into D1 at once: nothing is hashed, and no limit of a sign-in counts. */
import { AccessTokens } from '../src/auth/access-tokens.ts';
import { SESSION_IDLE_SECONDS } from '../src/config.ts';
import { UNNAMED_KEY_ID } from '../src/settings/signing-keys.ts';
import { MemoryBudget } from '../src/storage/bounded-memory.ts';
import type { Workerd } from './workerd.ts';

export interface SignedInUser {
  id: string;
  accessToken: string;
}

export interface UsersOptions {
  gateway: string;
  /** As the gateway names it. */
  environment: string;
  /** The gateway's key of access tokens. */
  jwtSecret: string;
  ids: readonly string[];
  /** The age of the accounts. */
  ageSeconds?: number;
}

/** They are verified, and may invest. */
export async function signInUsers(
  { miniflare }: Workerd,
  { gateway, environment, jwtSecret, ids, ageSeconds = 0 }: UsersOptions,
): Promise<SignedInUser[]> {
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  const tokens = new AccessTokens({
    keys: [{ kid: UNNAMED_KEY_ID, key: jwtSecret }],
    environment,
    memory: new MemoryBudget().open('verifiedTokens'),
    nowSeconds,
  });
  const db = await miniflare.getD1Database('DB', gateway);
  const now = nowSeconds();
  await db.batch([
    db
      .prepare(
        `INSERT INTO user_account (id, kyc_level, permissions, last_active_at, created_at)
         SELECT value, 2, '["invest"]', ?2, ?3 FROM json_each(?1)`,
      )
      .bind(JSON.stringify(ids), now, now - ageSeconds),
    db
      .prepare(
        `INSERT INTO user_session (id, user_id, created_at, last_activity_at, expires_at, refresh_hash, device)
         SELECT '${SESSION_PREFIX}' || value, value, ?2, ?2, ?3, '', '' FROM json_each(?1)`,
      )
      .bind(JSON.stringify(ids), now, now + SESSION_IDLE_SECONDS),
  ]);
  return Promise.all(
    ids.map(async (id) => ({ id, accessToken: (await tokens.sign(id, `${SESSION_PREFIX}${id}`)).token })),
  );
}

const SESSION_PREFIX = 'session-of-';

/** An address of a network of its own. */
export const addressOfUser = (number: number) =>
  `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
