/**
 * The parts that account actions use, and the request that asks for one. Each action is a function in a file of its own:
 * it asks every limit before it does any work, and returns a rejection for an expected failure.
 */
import type { CallTrace } from '../../upstream/http.ts';
import type { DeviceTokens } from '../device-tokens.ts';
import type { Guesses } from '../guesses.ts';
import type { PasswordHasher } from '../password-hash.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { RequestClient } from '../request-client.ts';
import type { Sessions } from '../sessions.ts';
import type { WalletChallenges } from '../wallet-challenges.ts';

/** The viewer, as far as actions need it. Times are in Unix seconds. */
export interface ActingViewer {
  id: string;
  email: string | null;
  displayName: string | null;
  sessionId: string;
  /** The sign-in of the session. */
  signedInAt: number;
}

/** @template User the viewer as the schema shows it */
export interface ActionSources<User extends ActingViewer> {
  db: D1Database;
  sessions: Sessions;
  deviceTokens: DeviceTokens;
  passwords: PasswordHasher;
  guesses: Guesses;
  challenges: WalletChallenges;
  randomId(): string;
  /** A copy of a session is out of date: it is read from D1 again. */
  dropCopy(sessionId: string): void;
  /** Reads the session and the rights from D1. */
  viewerOf(authorization: string): Promise<User | null>;
  /** Hands a user's new versions over to the main API, and reads the rights from it. Never rejects. */
  handOver(userId: string, trace: CallTrace): Promise<void>;
  /** Reads a user's rights from the main API. Never rejects. */
  refreshRights(userId: string): Promise<void>;
  /** The URL of a user's own avatar, by any URL of it; null if it is another URL, or the user has none. */
  avatarUrlOf(userId: string, url: string): Promise<string | null>;
}

export interface ActionRequest<User extends ActingViewer> {
  viewer: User | null;
  client: RequestClient;
  limits: RateLimits;
  requestId: string;
  nowSeconds: number;
  waitUntil(work: Promise<unknown>): void;
  /** From here on the request may read this user's own data. */
  proved(userId: string): void;
}

export interface Action<User extends ActingViewer> {
  sources: ActionSources<User>;
  request: ActionRequest<User>;
}

/** @throws Error if nobody is signed in: the schema asks for that before. */
export function actingViewer<User extends ActingViewer>({ viewer }: ActionRequest<User>): User {
  if (viewer === null) throw new Error('nobody is signed in');
  return viewer;
}
