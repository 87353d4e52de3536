/** The limits of accounts, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

// ── Wallets ──
export const WALLET_CHALLENGE_SECONDS = 600;
export const WALLET_MESSAGE_MAX_CHARACTERS = 1_024;
/** Decoded. Contract wallets concatenate the signatures of their owners, and bring their deployment (ERC-6492). */
export const WALLET_SIGNATURE_MAX_BYTES = 8 * 1024;
/** The call of a chain that verifies the signature of a contract wallet. */
export const WALLET_RPC_TIMEOUT_MS = 3_000;
export const WALLET_RPC_ANSWER_MAX_BYTES = 16 * 1024;

// ── Tokens and sessions ──
export const ACCESS_TOKEN_SECONDS = 900;
/** By which the clocks of those who make and check tokens may differ. */
export const CLOCK_SKEW_SECONDS = 30;
/** An access token has some 350. */
export const AUTHORIZATION_MAX_CHARACTERS = 2_048;
export const SESSIONS_PER_USER_MAX = 20;
/** A session ends this time after its last refresh, */
export const SESSION_IDLE_SECONDS = 30 * 86_400;
/** and this time after the sign-in. */
export const SESSION_MAX_SECONDS = 180 * 86_400;
/** The least time between two notes in D1 that a session is in use. */
export const ACTIVITY_NOTE_SECONDS = 300;

// ── Guesses and limits of single fields ──
/** Failures to sign in to one address, of all devices that never signed in there, or of one that did, */
export const GUESSES_MAX_FAILURES = 10;
/** within this time, after which they do not count any more, */
export const GUESSES_WINDOW_SECONDS = 900;
/** lock these devices out for this time. It is no shorter: else failures before it would count after it. */
export const GUESSES_LOCK_SECONDS = 900;
/** A counter of attempts that has not answered by then refuses the attempt. */
export const ATTEMPTS_TIMEOUT_MS = 3_000;
export const RATE_LIMIT_WINDOW_SECONDS = 60;
export interface RateLimitOfField {
  network?: number;
  address?: number;
  user?: number;
  /** In the place of `RATE_LIMIT_WINDOW_SECONDS`. */
  windowSeconds?: number;
}
/**
 * Requests for one key within the window: the client's network, which a thousand subscribers of a mobile network may
 * share; the normalised address; the user.
 */
export const RATE_LIMITS = {
  register: { network: 10, address: 5 },
  login: { network: 60, address: 10 },
  challenge: { network: 60, user: 10 },
  connect: { network: 60, user: 10 },
  refresh: { network: 300 },
  changePassword: { network: 20, user: 5 },
  // Of the user alone: at the opening of a sale thousands come from one mobile network.
  registerForPool: { user: 20 },
  invest: { user: 30 },
  submitPayment: { user: 20 },
  claimTokens: { user: 20 },
  createUpload: { user: 1, windowSeconds: 1 },
  completeUpload: { user: 60 },
  // Within a day. Each may be a transformation of Images, which the operator pays for.
  completeOpenUpload: { user: 200, windowSeconds: 86_400 },
  // Somebody who types fast posts some ten messages a minute.
  postChatMessage: { user: 20 },
  reactToChatMessage: { user: 60 },
  // A faster reporter has not read the messages.
  reportChatMessage: { user: 10 },
  // A raid may leave a hundred messages, and each needs a deletion or a ban.
  deleteChatMessage: { user: 120 },
  moderateChat: { user: 120 },
} as const satisfies Record<string, RateLimitOfField>;
export type RateLimitedField = keyof typeof RATE_LIMITS;

// ── Accounts ──
/** In bytes of UTF-8: the longest path of RFC 5321, without its brackets. */
export const EMAIL_MAX_BYTES = 254;
/** Code points of the normal form. */
export const PASSWORD_MIN_CHARACTERS = 15;
export const PASSWORD_MAX_CHARACTERS = 128;
/** A hash takes some 200 ms in which the isolate answers nobody else: the rest of the time is the other requests'. */
export const PASSWORD_HASH_INTERVAL_MS = 500;
/** A hash that cannot begin within this time is refused. */
export const PASSWORD_HASH_WAIT_MAX_MS = 3_000;
/** A wallet is linked to an account within this time of the sign-in. */
export const REAUTHENTICATION_SECONDS = 600;
export const DISPLAY_NAME_MAX_CHARACTERS = 50;
