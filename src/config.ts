/**
 * Vars and secrets, parsed once, and all limits of the gateway.
 *
 * If the configuration is invalid, the Worker answers 503 on every route. The issues that `parseConfig` returns name the
 * invalid vars, and never contain their values.
 */
import * as z from 'zod';
import { operationsKeysSchema } from './operations-keys.ts';
import { signingKeysSchema } from './signing-keys.ts';
import { rpcUrlsSchema, siweOriginSchema } from './wallet-settings.ts';

/** 32 hexadecimal characters are 128 bits. */
const SECRET_MIN_CHARACTERS = 32;
const API_KEY_MIN_CHARACTERS = 16;

/** Paths are appended to it, and `INTERNAL_API_KEY` is the only credential. */
const isBaseUrl = (text: string) => {
  const { search, hash, username, password } = new URL(text);
  return `${search}${hash}${username}${password}` === '' && !/[?#]/.test(text);
};

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((text) => !URL.canParse(text) || isBaseUrl(text), {
    error: 'must have no query, fragment or credentials',
  })
  .transform((url) => url.replace(/\/+$/, ''));

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value, {
  error: 'must be origins such as https://app.example, separated by commas',
});

const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const secret = (minCharacters: number) =>
  z.string().min(minCharacters, { error: `must have ${minCharacters} characters or more` });

const configSchema = z.object({
  ENVIRONMENT: oneOf('development', 'staging', 'production'),
  OPERATIONS_MODE: oneOf('open', 'audit', 'safelist', 'id_only'),
  MAIN_API_URL: httpUrl,
  PRICE_API_URL: httpUrl,
  INTERNAL_API_KEY: secret(API_KEY_MIN_CHARACTERS).regex(/^[\x21-\x7e]*$/, {
    error: 'must be characters that a header can carry, without spaces',
  }),
  /** Keys of tokens; the first one makes new ones. */
  JWT_SECRET: signingKeysSchema,
  /** Requests of one client in a minute. The rate limiter of `wrangler.toml` has the same limit. */
  RATE_LIMIT_THRESHOLD: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, { error: 'must be a whole number from 1 to 9999999' })
    .transform(Number),
  /** The interval in which the price feed polls while anybody watches prices. */
  PRICE_POLL_SECONDS: z
    .string()
    .regex(/^([1-9]|[1-5]\d|60)$/, { error: 'must be a whole number from 1 to 60' })
    .default('5')
    .transform(Number),
  CORS_ORIGINS: z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .pipe(z.array(origin)),
  /** The frontend's, for messages to wallets in apps that send no `Origin`. */
  SIWE_ORIGIN: siweOriginSchema,
  /** Of the chains whose contract wallets may sign in. */
  RPC_URLS: rpcUrlsSchema,
  /** The admin endpoint exists if this key or one of `OPERATIONS_KEYS` is set. */
  ADMIN_KEY: z
    .string()
    .transform((key) => (key === '' ? undefined : key))
    .pipe(secret(SECRET_MIN_CHARACTERS).optional())
    .optional(),
  OPERATIONS_KEYS: operationsKeysSchema,
});

export type Config = z.output<typeof configSchema>;
export type OperationsMode = Config['OPERATIONS_MODE'];

/** Every var and secret that the gateway reads. */
export const CONFIG_NAMES: readonly string[] = Object.keys(configSchema.shape);
/** Those that no file of the project and no log may contain. */
export const SECRET_NAMES = [
  'INTERNAL_API_KEY',
  'JWT_SECRET',
  'ADMIN_KEY',
  'OPERATIONS_KEYS',
  'RPC_URLS',
] as const satisfies (keyof Config)[];

export type ParsedConfig = { ok: true; config: Config } | { ok: false; issues: string[] };

/** @param vars a Worker's `env`, or `process.env`. Each issue begins with the name of the invalid var. */
export function parseConfig(vars: object): ParsedConfig {
  const parsed = configSchema.safeParse(vars);
  if (parsed.success) return { ok: true, config: parsed.data };
  const messages = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const name = String(issue.path[0]);
    const missing = (vars as Record<string, unknown>)[name] === undefined;
    const problem = issue.code === 'invalid_type' ? 'must be text' : issue.message;
    if (!messages.has(name)) messages.set(name, `${name}: ${missing ? 'is missing' : problem}`);
  }
  return { ok: false, issues: [...messages.values()] };
}

// ── Requests ──
export const REQUEST_BODY_MAX_BYTES = 100 * 1024;
/** A request that waited this long is logged with its operation and client. */
export const SLOW_REQUEST_MS = 1_000;
/** A client that the platform's rate limiter refuses is refused for this time, and then asked for again. */
export const CLIENT_REFUSED_SECONDS = 10;
/** Answers from memory that the rate limiter counts as one request: to ask it costs more than such an answer. */
export const HITS_FOR_ONE_COUNT = 20;
/** The least time between two such counts of a client by one isolate, which counts every answer itself. */
export const HITS_COUNT_PAUSE_MS = 1_000;
/** A rate limiter that has not answered by then refuses nobody. */
export const RATE_LIMITER_TIMEOUT_MS = 500;
/** Of a `User-Agent`, as sessions and sockets keep it. */
export const USER_AGENT_MAX_CHARACTERS = 256;

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

// ── Look-ups of operations ──
/** Look-ups by one isolate at once, of ids that the liveness overlay does not name. A found id does not count. */
export const UNNAMED_ID_LOOKUPS_BURST = 60;
/** The rate afterwards. Each is one read of D1: a flood of made-up ids costs an isolate 2.6 million reads a month. */
export const UNNAMED_ID_LOOKUPS_PER_SECOND = 1;
/** `Retry-After` of an operation that could not be looked up. */
export const LOOKUP_RETRY_SECONDS = 2;

// ── Unregistered documents. Every registered one is within these limits too ──
export const DOCUMENT_MAX_TOKENS = 2_000;
/** Levels of fields; a root field is level 1. */
export const DOCUMENT_MAX_DEPTH = 12;
/** Levels under `__schema` or `__type`. Tools need about 15. */
export const INTROSPECTION_MAX_DEPTH = 20;
export const DOCUMENT_MAX_ALIASES = 30;
export const DOCUMENT_MAX_ROOT_FIELDS = 20;
export const DIRECTIVES_MAX_PER_PLACE = 5;
/** Selections of the same field within one selection set. */
export const FIELD_MAX_REPETITIONS = 50;
/** Selection sets within one another, inline fragments included, of a document that is found by its normal form. */
export const NORMAL_FORM_MAX_NESTING = 24;
/** Line breaks of such a document: a block string of 100 KB may have 50,000, which take 30 ms of CPU. */
export const NORMAL_FORM_MAX_LINE_BREAKS = 4_000;
/** Counted in fields (`operations/operation-cost.ts`): a hundred projects with a hundred fields each. */
export const OPERATION_MAX_COST = 10_000;

// ── Arguments ──
export const LIST_MAX_ITEMS = 100;
export const COMPARE_MAX_SYMBOLS = 10;
export const SEARCH_MIN_CHARACTERS = 2;
export const SEARCH_MAX_CHARACTERS = 64;
/** Texts that contain a search, beside the names and symbols that begin with it. */
export const SEARCH_MATCHES_MAX = 1000;
export const CANDLES_MAX = 1000;
/** Details of projects that one request may fetch from the main API. */
export const DETAIL_MAX_FETCHES = 5;

// ── Subscriptions ──
export const SUBSCRIPTION_HUBS = 4;
/** The platform allows 32,768 for one Durable Object. */
export const HUB_MAX_SOCKETS = 10_000;
export const SOCKET_MAX_SUBSCRIPTIONS = 50;
export const SOCKET_MESSAGE_MAX_BYTES = 64 * 1024;
export const SOCKET_MESSAGES_PER_SECOND = 20;
/** A client that reconnects sends all its subscriptions at once. */
export const SOCKET_MESSAGES_BURST = 60;
export const SOCKET_INITIALISATION_MS = 10_000;
/** A hub that has not answered the Worker's handshake by then takes no socket: the client is asked to try again. */
export const HUB_HANDSHAKE_TIMEOUT_MS = 5_000;
/** A socket whose session has ended gets answers that it waits for until then: one may be that of its own logout. */
export const SOCKET_LAST_ANSWERS_MS = 1_000;
/** An event that a hub has not accepted by then is sent again: with the next poll, or after `SALE_RETRY_MS`. */
export const HUB_PUBLISH_TIMEOUT_MS = 3_000;
/** Executions of one event that take longer keep no other event waiting, and are sent when they end. */
export const EVENT_TIMEOUT_MS = 500;
/** A feed that has not answered a hub by then refuses new subscriptions. The price feed's own limit is shorter. */
export const FEED_WATCH_TIMEOUT_MS = 8_000;
/** The least time between two calls of a hub that change what a feed watches for it. */
export const FEED_WATCH_PAUSE_MS = 50;
/** A new subscription then begins with the prices of other sources, and the next poll asks the price API again. */
export const PRICE_FEED_FETCH_TIMEOUT_MS = 1_000;
/**
 * Calls of the price API for symbols that nobody watched before, beside the poll. A call that takes longer than
 * `PRICE_FEED_FETCH_TIMEOUT_MS` does not count. The platform allows 6 connections.
 */
export const PRICE_FEED_FETCHES_AT_ONCE = 4;
/** Operations of one socket that begin at once: loading, waiting for a feed, or executing their answer. */
export const SOCKET_STARTS_AT_ONCE = 10;
/** The latest event of a topic without subscribers is kept for clients that resume. */
export const TOPIC_LOG_MAX_AGE_MS = 3_600_000;
export const TOPIC_LOG_MAX_BYTES = 1024 * 1024;
/** A socket that receives events is pinged after this many bytes or milliseconds, to see that it reads them. */
export const SOCKET_PING_AFTER_BYTES = 64 * 1024;
/** The least time between two pings, because pongs count as messages of the client. */
export const SOCKET_PING_PAUSE_MS = 1_000;
/** After this many bytes there is no such pause. A pong that answers a ping does not count as a message. */
export const SOCKET_PING_AT_ONCE_BYTES = 256 * 1024;
export const SOCKET_PING_AFTER_MS = 120_000;
/** A socket is closed if no pong arrives within this many further bytes or milliseconds, */
export const SOCKET_UNANSWERED_MAX_BYTES = 8 * 1024 * 1024;
export const SOCKET_UNANSWERED_MAX_MS = 60_000;
/** or if more than these bytes stay unanswered for this time: a burst must leave time for a pong. */
export const SOCKET_BEHIND_MAX_BYTES = 1024 * 1024;
export const SOCKET_BEHIND_MAX_MS = 10_000;
/** A socket with more unread bytes is answered nothing more until it reads. */
export const SOCKET_UNREAD_ANSWERS_MAX_BYTES = 1024 * 1024;
/**
 * Unread bytes of all sockets of a hub together, beside those for which a socket is not pinged yet; as many again of
 * closed sockets, whose memory the platform frees when the connection ends.
 */
export const HUB_UNREAD_MAX_BYTES = 8 * 1024 * 1024;
/** Beyond them the slowest sockets are closed: those without a pong for this time, */
export const HUB_BEHIND_MAX_MS = 3_000;
/** and an answer that finds no room for this time is refused. Answers of `SOCKET_PING_AFTER_BYTES` need no room. */
export const HUB_ROOM_TIMEOUT_MS = 10_000;
/**
 * With more unread bytes in its hub, a socket that has answered no ping yet is pinged, and its larger
 * answers wait for the pong.
 */
export const HUB_UNREAD_NEW_SOCKETS_MAX_BYTES = 4 * 1024 * 1024;
/**
 * Messages whose operations wait, of all sockets of a hub together. Beyond them an operation is refused if its socket's
 * would be more than `SOCKET_MESSAGE_MAX_BYTES` together.
 */
export const HUB_WAITING_MAX_BYTES = 4 * 1024 * 1024;
/** A socket that says nothing and is sent nothing is pinged after this time. Each pong wakes its hub. */
export const SOCKET_SILENT_PING_AFTER_MS = 600_000;
/** Only the latest of several changes of a sale within this time is sent. */
export const SALE_COALESCING_MS = 100;
export const SALE_RETRY_MS = 5_000;
/** A call of D1 by the sale feed that takes longer fails the reading that made it; the next reading begins. */
export const SALE_READ_TIMEOUT_MS = 3_000;
/** The interval of comments in an event stream: many proxies close a stream that is silent for 30 s. */
export const EVENT_STREAM_COMMENT_MS = 15_000;
/** Buffered events of one client. The first events of a hundred prices with a month of history are 4 MB. */
export const EVENT_STREAM_UNREAD_MAX_BYTES = 8 * 1024 * 1024;
/** The response waits this long for a refusal or a first event. A resumed stream may have no event. */
export const EVENT_STREAM_ANSWER_WITHIN_MS = 3_000;
/** `Retry-After` if no hub accepts a stream. */
export const EVENT_STREAM_RETRY_SECONDS = 5;

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
} as const satisfies Record<string, { network: number; address?: number; user?: number }>;
export type RateLimitedField = keyof typeof RATE_LIMITS;

// ── Accounts ──
/** A wallet is linked to an account within this time of the sign-in. */
export const REAUTHENTICATION_SECONDS = 600;
export const DISPLAY_NAME_MAX_CHARACTERS = 50;
export const AVATAR_URL_MAX_CHARACTERS = 2_048;

// ── Upstream ──
export const UPSTREAM_TIMEOUT_MS = 10_000;
export const UPSTREAM_MAX_ATTEMPTS = 3;
/** A request that waits for upstream has shorter limits than a sync. */
export const UPSTREAM_REQUEST_TIMEOUT_MS = 3_000;
export const UPSTREAM_REQUEST_MAX_ATTEMPTS = 2;
/** A sign-in makes one attempt to learn what the user may do, and goes on with the stored rights. */
export const SIGN_IN_RIGHTS_TIMEOUT_MS = 1_500;
export const PRICES_BATCH_MAX_SYMBOLS = 500;
/** The symbols of one call, encoded. Many servers refuse a URL of more than 8,000 characters. */
export const PRICES_BATCH_MAX_CHARACTERS = 6_000;
/** JSON takes some ten times its bytes while it is parsed. 5,000 projects are 5.5 MB, 500 prices 0.3 MB. */
export const UPSTREAM_ANSWER_MAX_BYTES = 12 * 1024 * 1024;
export const UPSTREAM_REQUEST_ANSWER_MAX_BYTES = 2 * 1024 * 1024;
/** Symbols outside the snapshot that one request may fetch from the price API. */
export const ON_DEMAND_PRICES_MAX = 500;
/** Calls of the price API by one request: one for each level of fields that asks for such symbols. */
export const ON_DEMAND_CALLS_MAX = 5;
/** Calls of one isolate that find no price: clients can make up symbols. */
export const ON_DEMAND_MISSES_PER_MINUTE = 30;
/** KV writes of one isolate, each with all on-demand prices that it holds. */
export const ON_DEMAND_PUTS_PER_MINUTE = 4;

// ── Jobs ──
/** Users whose rights an hour's job asks for, of those who were active in the last day. */
export const RIGHTS_CHECKS_PER_RUN = 500;
/** The job then does without the feed's prices. */
export const PRICE_FEED_READ_TIMEOUT_MS = 3_000;
/** The next minute's job then notifies the feed again. */
export const SALE_FEED_NOTIFY_TIMEOUT_MS = 10_000;

// ── Storage ──
/** The platform's limit for one KV call. */
export const KV_BULK_GET_MAX_KEYS = 100;
export const KV_KEY_MAX_BYTES = 512;

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

// ── Isolate memory: shares of one budget ──
const MIB = 1024 * 1024;
/** The platform gives an isolate 128 MB. Code, the schema and what requests hold while they run take the rest. */
export const ISOLATE_MEMORY_MAX_BYTES = 80 * MIB;
export const MEMORY_SHARES_BYTES = {
  answers: 27 * MIB,
  /** A week of hourly closes of a thousand symbols. */
  closes: 10 * MIB,
  /** One value with every synced symbol, 5,000 of them. */
  priceSnapshot: 8 * MIB,
  /** URLs and bodies of requests, and the cached answers that they ask for. */
  recognisedRequests: 6 * MIB,
  /** The headers of their last hits. */
  hitHeaders: 6 * MIB,
  /** Records of the registry. */
  operations: 4 * MIB,
  registeredDocuments: 7 * MIB,
  sentDocuments: 3 * MIB,
  /** Documents that Apollo clients register. Any client may send one, so no other place keeps them. */
  clientDocuments: 1 * MIB,
  /** By the hash of a document that is not registered by its exact text, the id of its normal form. */
  normalForms: 0.25 * MIB,
  unknownOperationIds: 1 * MIB,
  unknownSymbols: 1 * MIB,
  /** Prices of 700 symbols outside the snapshot. */
  onDemandPrices: 1 * MIB,
  acceptHeaders: 0.25 * MIB,
  /** Access tokens that were verified, a thousand of them. */
  verifiedTokens: 1 * MIB,
  /** Sessions and their users, a thousand of them. */
  sessions: 2 * MIB,
  /** Counts of the requests of 3,000 clients. */
  clients: 1 * MIB,
  /** Counts since the last write; `operations/usage.ts` bounds their number. */
  usage: 0.5 * MIB,
} as const;
export type MemoryName = keyof typeof MEMORY_SHARES_BYTES;
