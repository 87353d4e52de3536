/**
 * Vars and secrets, parsed once, and all limits of the gateway: those of accounts and subscriptions have files of their
 * own, and are exported here.
 *
 * If the configuration is invalid, the Worker answers 503 on every route. The issues that `parseConfig` returns name the
 * invalid vars, and never contain their values.
 */
import * as z from 'zod';
import { alertChannelsSchema, heartbeatUrlSchema, unencryptedAlertUrls } from './settings/alert-settings.ts';
import { alertThresholdsSchema } from './settings/alert-thresholds.ts';
import { chatHostsSchema } from './settings/chat-settings.ts';
import { credentialSchema, encryptionKeysSchema, optionalKeySchema } from './settings/file-settings.ts';
import { operationsKeysSchema } from './settings/operations-keys.ts';
import { signingKeysSchema } from './settings/signing-keys.ts';
import { rpcUrlsSchema, siweOriginSchema } from './settings/wallet-settings.ts';

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

const isOrigin = (value: string) => URL.canParse(value) && new URL(value).origin === value;

const origin = z.string().refine(isOrigin, {
  error: 'must be origins such as https://app.example, separated by commas',
});

const originList = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .pipe(z.array(origin));

const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const secret = (minCharacters: number) =>
  z.string().min(minCharacters, { error: `must have ${minCharacters} characters or more` });

const settingsSchema = z.object({
  ENVIRONMENT: oneOf('development', 'staging', 'production'),
  OPERATIONS_MODE: oneOf('open', 'audit', 'safelist', 'id_only'),
  MAIN_API_URL: httpUrl,
  PRICE_API_URL: httpUrl,
  /** Origins of the platform that have pictures, documents and media of projects, beside the main API's own origin. */
  UPSTREAM_FILE_ORIGINS: originList.default([]),
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
  CORS_ORIGINS: originList,
  /** The frontend's, for messages to wallets in apps that send no `Origin`. */
  SIWE_ORIGIN: siweOriginSchema,
  /** The chains whose contract wallets may sign in. */
  RPC_URLS: rpcUrlsSchema,
  /** The admin endpoint exists if this key or one of `OPERATIONS_KEYS` is set. */
  ADMIN_KEY: optionalKeySchema,
  OPERATIONS_KEYS: operationsKeysSchema,
  /** The gateway's own, as clients see it: the URLs of its files begin with it. */
  PUBLIC_ORIGIN: z.string().refine(isOrigin, { error: 'must be an origin such as https://api.example' }),
  /** The bucket at R2's S3 API: clients put pictures and attachments there. */
  R2_S3_URL: httpUrl,
  R2_ACCESS_KEY_ID: credentialSchema,
  R2_SECRET_ACCESS_KEY: credentialSchema,
  /** Encrypts the keys of documents for identification. */
  KYC_KEY: encryptionKeysSchema,
  /** The main API reads these documents with it. */
  KYC_READ_KEY: optionalKeySchema,
  /** Encrypts what is secret in a backup. */
  BACKUP_KEY: encryptionKeysSchema,
  /** Where notices to the people who watch the gateway are sent to. */
  ALERT_CHANNELS: alertChannelsSchema,
  /** Asked each minute in which the rules of alerts were looked at: it notifies somebody when that ends. */
  HEARTBEAT_URL: heartbeatUrlSchema,
  ALERT_THRESHOLDS: alertThresholdsSchema,
  /** Where people read `docs/runbooks/`: messages link there. */
  RUNBOOKS_URL: httpUrl.optional(),
  /** Links to these hosts, and to their subdomains, may be followed in rooms: the platform's own. */
  CHAT_LINK_HOSTS: chatHostsSchema,
  /** Hosts of thieves that the bundled list does not have. No message may name them. */
  CHAT_PHISHING_HOSTS: chatHostsSchema,
});

export type Config = z.output<typeof settingsSchema>;

const OTHER_KEYS = ['INTERNAL_API_KEY', 'JWT_SECRET', 'ADMIN_KEY', 'KYC_KEY', 'BACKUP_KEY'] as const;

/** The main API has `KYC_READ_KEY`: it must open nothing but documents. */
const configSchema = settingsSchema.superRefine((config, context) => {
  for (const name of OTHER_KEYS) {
    const value = config[name];
    const keys = typeof value === 'object' ? value.map(({ key }) => key) : [value];
    if (config.KYC_READ_KEY === undefined || !keys.includes(config.KYC_READ_KEY)) continue;
    context.addIssue({
      code: 'custom',
      path: ['KYC_READ_KEY'],
      message: `must be another key than ${name}`,
    });
  }
  if (config.ENVIRONMENT === 'development') return;
  for (const name of unencryptedAlertUrls(config)) {
    context.addIssue({ code: 'custom', path: [name], message: 'must have https URLs alone' });
  }
});
export type OperationsMode = Config['OPERATIONS_MODE'];

/** Every var and secret that the gateway reads. */
export const CONFIG_NAMES: readonly string[] = Object.keys(settingsSchema.shape);
/** Those that no file of the project and no log may contain. */
export const SECRET_NAMES = [
  'INTERNAL_API_KEY',
  'JWT_SECRET',
  'ADMIN_KEY',
  'OPERATIONS_KEYS',
  'RPC_URLS',
  'R2_ACCESS_KEY_ID',
  'R2_SECRET_ACCESS_KEY',
  'KYC_KEY',
  'KYC_READ_KEY',
  'BACKUP_KEY',
  'ALERT_CHANNELS',
  'HEARTBEAT_URL',
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

export * from './settings/account-limits.ts';
export * from './settings/alert-limits.ts';
export * from './settings/alert-thresholds.ts';
export * from './settings/chat-limits.ts';
export * from './settings/file-limits.ts';
export * from './settings/investing-limits.ts';
export * from './settings/memory-shares.ts';
export * from './settings/metrics-limits.ts';
export * from './settings/project-file-limits.ts';
export * from './settings/report-limits.ts';
export * from './settings/subscription-limits.ts';
export * from './settings/upload-limits.ts';

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
/** The part of a `User-Agent` that sessions and sockets keep. */
export const USER_AGENT_MAX_CHARACTERS = 256;
/** Time that caches keep the description of `/api`. */
export const OPENAPI_MAX_AGE_SECONDS = 3600;

// ── Look-ups of operations ──
/** Look-ups by one isolate at once, of ids that the liveness overlay does not name. A found id does not count. */
export const UNNAMED_ID_LOOKUPS_BURST = 60;
/** The rate afterwards. Each is one read of D1: a flood of made-up ids costs an isolate 2.6 million reads a month. */
export const UNNAMED_ID_LOOKUPS_PER_SECOND = 1;
/** `Retry-After` of an operation that could not be looked up. */
export const LOOKUP_RETRY_SECONDS = 2;
/** `Retry-After` of an operation that is switched off: isolates look at the overlay that often. */
export const OFF_RETRY_SECONDS = 60;
export const OPERATION_TIME_LIMIT_MAX_MS = 30_000;

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
/** Rows that a page by offset leaves out: D1 reads each of them. Pages by cursor have no such limit. */
export const LIST_MAX_OFFSET_ROWS = 10_000;
export const COMPARE_MIN_SYMBOLS = 2;
/** Parameters that one error of `/api` names. */
export const REFUSED_PARAMETERS_MAX = 20;
/** The part of a parameter's name that an error of `/api` has. */
export const PARAMETER_NAME_MAX_CHARACTERS = 64;
export const COMPARE_MAX_SYMBOLS = 10;
export const SEARCH_MIN_CHARACTERS = 2;
export const SEARCH_MAX_CHARACTERS = 64;
/** Texts that contain a search, beside the names and symbols that begin with it. */
export const SEARCH_MATCHES_MAX = 1000;
export const CANDLES_MAX = 1000;
/** Details of projects that one request may fetch from the main API. */
export const DETAIL_MAX_FETCHES = 5;

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
/** Users whose rights an hour's job asks for: first of those who were active in the last day. */
export const RIGHTS_CHECKS_PER_RUN = 500;
/** The job then does without the feed's prices. */
export const PRICE_FEED_READ_TIMEOUT_MS = 3_000;
/** The next minute's job then notifies the feed again. */
export const SALE_FEED_NOTIFY_TIMEOUT_MS = 10_000;

// ── Backups ──
/** Bytes of a file of a backup before they are compressed: a run holds one file in memory. */
export const BACKUP_FILE_BYTES = 8 * 1024 * 1024;
/** Pages that a run reads; the next run continues. The platform gives an invocation 1,000 queries of D1 and `limits.cpu_ms`. */
export const BACKUP_PAGES_PER_RUN = 500;
export const BACKUPS_KEPT_DAYS = 35;

// ── Storage ──
/** The platform's limit for one KV call. */
export const KV_BULK_GET_MAX_KEYS = 100;
export const KV_KEY_MAX_BYTES = 512;
