/** Sessions over real D1 and KV, as one isolate or several, with a clock that the test moves. */
import { env } from 'cloudflare:workers';
import type { GraphQLError } from 'graphql';
import { AccessTokens } from '../../src/auth/access-tokens.ts';
import { RefreshTokens } from '../../src/auth/refresh-tokens.ts';
import { isRejection } from '../../src/auth/rejection.ts';
import { SessionCopies } from '../../src/auth/session-copies.ts';
import { Sessions, type SessionTokens } from '../../src/auth/sessions.ts';
import { type Freshness, Viewers } from '../../src/auth/viewers.ts';
import type { SigningKey } from '../../src/settings/signing-keys.ts';
import { BoundedMemory } from '../../src/storage/bounded-memory.ts';
import { openWithPassword } from '../../src/storage/d1/users.ts';

export const signingKey = (kid: string): SigningKey => ({ kid, key: `${kid} `.repeat(32) });

export const CLIENT = { ipAddress: '203.0.113.7', userAgent: 'a browser', device: 'a-device' };

export interface IsolateOptions {
  keys?: readonly SigningKey[];
  db?: D1Database;
  /** In the place of `db` for viewers. */
  readDb?: D1Database;
  kv?: KVNamespace;
}

export class SessionBench {
  now = 1_760_000_000;
  /** The ids that hubs were told of. */
  readonly notified: string[] = [];
  readonly #background: Promise<unknown>[] = [];

  /** Parts of an isolate that remembers nothing yet. */
  isolate(options: IsolateOptions = {}) {
    const { keys = [signingKey('one')], db = env.DB, readDb = db, kv = env.SESSIONS_KV } = options;
    const nowSeconds = () => this.now;
    const inBackground = (work: Promise<unknown>) => void this.#background.push(work);
    const accessTokens = new AccessTokens({
      keys,
      environment: 'development',
      memory: new BoundedMemory(100_000),
      nowSeconds,
    });
    const copies = new SessionCopies({ kv, memory: new BoundedMemory(100_000), nowSeconds, inBackground });
    const sessions = new Sessions({
      db,
      copies,
      accessTokens,
      refreshTokens: new RefreshTokens(keys, randomBytes),
      nowSeconds,
      randomId: () => crypto.randomUUID(),
      notifyEnded: async (ids) => void this.notified.push(...ids),
      inBackground,
    });
    const viewers = new Viewers({ db: readDb, copies, accessTokens, nowSeconds, inBackground });
    return { accessTokens, copies, sessions, viewers };
  }

  /** Waits for work that no request waits for. */
  async settled(): Promise<void> {
    await Promise.all(this.#background.splice(0));
  }

  async openUser(id: string): Promise<void> {
    const user = { id, displayName: null, nowSeconds: this.now };
    await openWithPassword(env.DB, user, { email: `${id}@example.com`, passwordHash: 'hash' });
  }
}

export const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** The tokens, or the code of the rejection. */
export const outcomeOf = (answer: Awaited<ReturnType<Sessions['refresh']>>): SessionTokens | string =>
  isRejection(answer) ? answer.code : answer;

/** The id of the user who is signed in by the token, or the code of the refusal. */
export async function signedInAs(
  { accessToken }: Pick<SessionTokens, 'accessToken'>,
  freshness: Freshness,
  { viewers }: { viewers: Viewers },
): Promise<unknown> {
  try {
    return (await viewers.signedIn(`Bearer ${accessToken}`, freshness))?.session.userId;
  } catch (error) {
    return (error as GraphQLError).extensions.code;
  }
}
