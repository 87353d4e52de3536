/** The parts of an isolate that account actions use. */
import type { ActionSources } from '../auth/actions/action.ts';
import type { Attempts } from '../auth/attempts.ts';
import { Guesses } from '../auth/guesses.ts';
import { HashQueue } from '../auth/hash-queue.ts';
import { createPasswordHasher, type PasswordHasher } from '../auth/password-hash.ts';
import { sendOutboxOf } from '../auth/user-outbox.ts';
import { refreshRights } from '../auth/user-rights.ts';
import { createWalletChallenges } from '../auth/wallet-challenges.ts';
import { createWalletSignatures } from '../auth/wallet-signatures.ts';
import type { Config } from '../config.ts';
import type { FileUrls } from '../files/file-urls.ts';
import type { Viewer } from '../graphql/context.ts';
import { createEthCall } from '../upstream/chain-rpc.ts';
import type { MainApi } from '../upstream/main-api.ts';
import type { Accounts } from './accounts.ts';
import { nowSeconds, randomBytes, randomId, sleep } from './runtime.ts';

export interface AccountActionParts {
  db: D1Database;
  config: Pick<Config, 'CORS_ORIGINS' | 'SIWE_ORIGIN' | 'RPC_URLS'>;
  accounts: Accounts;
  attempts: Attempts;
  mainApi: Pick<MainApi, 'userStats' | 'createUser'>;
  urls: FileUrls;
  /** In the place of those of production. */
  passwords: PasswordHasher | undefined;
}

export function createActionSources(parts: AccountActionParts): ActionSources<Viewer> {
  const { db, config, accounts, attempts, mainApi, urls, passwords } = parts;
  const { sessions, deviceTokens, viewerOf } = accounts;
  const readRights = async (userId: string) => {
    await refreshRights(db, mainApi, userId, nowSeconds());
  };
  return {
    db,
    sessions,
    deviceTokens,
    passwords:
      passwords ??
      createPasswordHasher({
        queue: new HashQueue({ timerNowMs: () => performance.now(), sleep }),
        random: (bytes) => crypto.getRandomValues(bytes),
      }),
    guesses: new Guesses(attempts),
    challenges: createWalletChallenges({
      db,
      siweOrigin: config.SIWE_ORIGIN,
      corsOrigins: config.CORS_ORIGINS,
      signerOf: createWalletSignatures({ rpcUrls: config.RPC_URLS, ethCall: createEthCall({ fetch }) }),
      nowSeconds,
      randomBytes,
    }),
    randomId,
    viewerOf: (authorization) => viewerOf(authorization, 'authoritative'),
    handOver: (userId, trace) => sendOutboxOf(userId, { db, mainApi, nowSeconds, trace }),
    refreshRights: readRights,
    avatarUrlOf: (userId, sent) => urls.avatarUrlOf(db, userId, sent),
    dropCopy: (sessionId) => accounts.copies.drop(sessionId),
  };
}
