/**
 * Vars and secrets, parsed once, and every limit of the gateway.
 *
 * A Worker whose configuration does not parse serves nothing: `parseConfig` names what is wrong, and the
 * caller answers 503. Values of secrets never stand in the issues it returns.
 */
import * as z from 'zod';

/** A secret that signs or opens things must not be guessable; 32 characters are 128 bits in hex. */
const SECRET_MIN_CHARACTERS = 32;
const API_KEY_MIN_CHARACTERS = 16;

/** Paths are put behind it, and the key alone says who is calling. */
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

const configSchema = z.object({
  ENVIRONMENT: z.enum(['development', 'staging', 'production']),
  OPERATIONS_MODE: z.enum(['open', 'audit', 'safelist', 'id_only']),
  MAIN_API_URL: httpUrl,
  PRICE_API_URL: httpUrl,
  INTERNAL_API_KEY: z
    .string()
    .min(API_KEY_MIN_CHARACTERS)
    .regex(/^[\x21-\x7e]*$/, { error: 'must be characters that a header can carry, without spaces' }),
  JWT_SECRET: z.string().min(SECRET_MIN_CHARACTERS),
  /** Requests a minute. */
  RATE_LIMIT_THRESHOLD: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, { error: 'must be a whole number from 1 to 9999999' })
    .transform(Number),
  /** How often the price feed asks, while somebody watches. */
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
  /** The admin endpoint is off where no key is set. */
  ADMIN_KEY: z
    .string()
    .transform((key) => (key === '' ? undefined : key))
    .pipe(z.string().min(SECRET_MIN_CHARACTERS).optional())
    .optional(),
});

export type Config = z.output<typeof configSchema>;
export type OperationsMode = Config['OPERATIONS_MODE'];

export type ParsedConfig = { ok: true; config: Config } | { ok: false; issues: string[] };

/** Parses vars and secrets out of a Worker's `env` (or `process.env`). Each issue begins with the name at fault. */
export function parseConfig(vars: object): ParsedConfig {
  const parsed = configSchema.safeParse(vars);
  if (parsed.success) return { ok: true, config: parsed.data };
  const messages = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const name = String(issue.path[0]);
    const missing = (vars as Record<string, unknown>)[name] === undefined;
    if (!messages.has(name)) messages.set(name, `${name}: ${missing ? 'is missing' : issue.message}`);
  }
  return { ok: false, issues: [...messages.values()] };
}

// ── Requests ──
export const REQUEST_BODY_MAX_BYTES = 100 * 1024;

// ── Documents that were not registered; every registered one fits too ──
export const DOCUMENT_MAX_TOKENS = 2_000;
/** Levels of fields, a root field being the first. */
export const DOCUMENT_MAX_DEPTH = 12;
/** Levels under `__schema` or `__type`; what tools ask for goes some 15 deep. */
export const INTROSPECTION_MAX_DEPTH = 20;
export const DOCUMENT_MAX_ALIASES = 30;
export const DOCUMENT_MAX_ROOT_FIELDS = 20;
export const DIRECTIVES_MAX_PER_PLACE = 5;
/** How often one selection may name one field. */
export const FIELD_MAX_REPETITIONS = 50;
/** In fields answered (`operations/operation-cost.ts`): a hundred projects with a hundred fields each. */
export const OPERATION_MAX_COST = 10_000;

// ── Arguments ──
export const LIST_MAX_ITEMS = 100;
export const COMPARE_MAX_SYMBOLS = 10;
export const SEARCH_MIN_CHARACTERS = 2;
export const SEARCH_MAX_CHARACTERS = 64;
export const CANDLES_MAX = 1000;
/** A list of projects asks the main API for the details of at most so many. */
export const DETAIL_MAX_FETCHES = 5;

// ── Subscriptions ──
export const SUBSCRIPTION_HUBS = 4;
/** The platform's own bound for one object is 32,768. */
export const HUB_MAX_SOCKETS = 10_000;
export const SOCKET_MAX_SUBSCRIPTIONS = 50;
export const SOCKET_MESSAGE_MAX_BYTES = 64 * 1024;
export const SOCKET_MESSAGES_PER_SECOND = 20;
/** At once: a client that comes back subscribes to all that it had. */
export const SOCKET_MESSAGES_BURST = 60;
export const SOCKET_INITIALISATION_MS = 10_000;
/** A hub that has not taken what changed by then is told again: with the next poll, or after `SALE_RETRY_MS`. */
export const HUB_PUBLISH_TIMEOUT_MS = 3_000;
/** How long the latest change of what nobody watches is kept, for who comes back. */
export const TOPIC_LOG_MAX_AGE_MS = 3_600_000;
export const TOPIC_LOG_MAX_BYTES = 1024 * 1024;
/** A socket that is sent events is asked whether it reads them: by a ping after so many bytes or so long, */
export const SOCKET_PING_AFTER_BYTES = 64 * 1024;
/** but no sooner: its pongs count among its messages; */
export const SOCKET_PING_PAUSE_MS = 1_000;
export const SOCKET_PING_AFTER_MS = 120_000;
/** and is closed where no pong has come after so many bytes more, or so long; */
export const SOCKET_UNANSWERED_MAX_BYTES = 8 * 1024 * 1024;
export const SOCKET_UNANSWERED_MAX_MS = 60_000;
/** sooner, where it is behind by so many bytes for so long: what leaves at once has no time to be answered. */
export const SOCKET_BEHIND_MAX_BYTES = 1024 * 1024;
export const SOCKET_BEHIND_MAX_MS = 10_000;
/** Several changes of one sale within it leave as the latest one. */
export const SALE_COALESCING_MS = 100;
export const SALE_RETRY_MS = 5_000;
/** Over server-sent events; proxies close what is silent for longer, many of them after 30 s. */
export const EVENT_STREAM_COMMENT_MS = 15_000;
/** Of events that a client has not read. A hundred prices, each with its history of a month, begin with 4 MB at once. */
export const EVENT_STREAM_UNREAD_MAX_BYTES = 8 * 1024 * 1024;
/** So long a stream waits to be refused, or for its first event, before it is answered: what resumes may have none. */
export const EVENT_STREAM_ANSWER_WITHIN_MS = 3_000;
/** When to come back where no hub takes a stream. */
export const EVENT_STREAM_RETRY_SECONDS = 5;

// ── Upstream ──
export const UPSTREAM_TIMEOUT_MS = 10_000;
export const UPSTREAM_MAX_ATTEMPTS = 3;
/** While a caller waits there is less patience than in a sync. */
export const UPSTREAM_REQUEST_TIMEOUT_MS = 3_000;
export const UPSTREAM_REQUEST_MAX_ATTEMPTS = 2;
export const PRICES_BATCH_MAX_SYMBOLS = 500;
/** A request asks the price API for at most so many symbols that the snapshot does not hold. */
export const ON_DEMAND_PRICES_MAX = 500;

// ── Jobs ──
/** The job then does without the feed's prices. */
export const PRICE_FEED_READ_TIMEOUT_MS = 3_000;
/** The next minute's job then notifies the feed again. */
export const SALE_FEED_NOTIFY_TIMEOUT_MS = 10_000;

// ── Storage ──
/** The platform reads at most so many keys in one KV call. */
export const KV_BULK_GET_MAX_KEYS = 100;
export const KV_KEY_MAX_BYTES = 512;

// ── Isolate memory ──
/** Of 128 MB that an isolate has. */
export const ANSWERS_MEMORY_MAX_BYTES = 32 * 1024 * 1024;
/** Of hourly closes: a week of a thousand symbols. */
export const CLOSES_MEMORY_MAX_BYTES = 10 * 1024 * 1024;
/** Of request texts whose meaning is known: URLs and bodies. */
export const RECOGNISED_REQUESTS_MAX_CHARACTERS = 4_000_000;
/** How many symbols, and how many operation ids, an isolate remembers as unknown. */
export const ABSENT_KEYS_MAX = 10_000;
/** Of documents that Apollo clients register; anybody may send them, so they are kept nowhere else. */
export const CLIENT_DOCUMENTS_MAX_CHARACTERS = 500_000;
