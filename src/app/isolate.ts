/**
 * Everything that one isolate keeps between requests, built once for each Env and shared by the Worker and by every
 * Durable Object that runs in the isolate. Nothing in it belongs to a request.
 */
import { schema } from '../../schema/schema.ts';
import { Attempts } from '../auth/attempts.ts';
import type { PasswordHasher } from '../auth/password-hash.ts';
import { CachedAnswers } from '../cache/cached-answers.ts';
import { GenerationsMemory } from '../cache/freshness.ts';
import { ResponseCache } from '../cache/response-cache.ts';
import {
  type Config,
  parseConfig,
  SIGN_IN_RIGHTS_TIMEOUT_MS,
  UPSTREAM_REQUEST_ANSWER_MAX_BYTES,
  UPSTREAM_REQUEST_MAX_ATTEMPTS,
  UPSTREAM_REQUEST_TIMEOUT_MS,
} from '../config.ts';
import type { FileUrls } from '../files/file-urls.ts';
import type { Identification } from '../files/identification.ts';
import type { GatewayContext, ViewerOf, ViewersOf } from '../graphql/context.ts';
import { type ContextSources, createRequestContext, type OwnOfRequest } from '../graphql/request-context.ts';
import { ClientLimit } from '../http/client-limit.ts';
import { type HttpMemories, openHttpMemories } from '../http/memory-hits.ts';
import { ClosesMemory } from '../loaders/candles.ts';
import { OnDemandPrices } from '../loaders/on-demand-prices.ts';
import { PriceSnapshotMemory } from '../loaders/prices.ts';
import { RequestPoints } from '../metrics/request-points.ts';
import { RequestRecorder } from '../metrics/request-recorder.ts';
import { IsolateCalls } from '../observability/isolate-calls.ts';
import { measuredFetch } from '../observability/measured-fetch.ts';
import { bundledRelease, restRelease } from '../operations/manifest.ts';
import { TieredRegistry } from '../operations/registry.ts';
import { UsageCounts } from '../operations/usage.ts';
import { ReportUrls } from '../reports/report-urls.ts';
import { Serving } from '../serving/serving.ts';
import { MemoryBudget, type MemoryShares } from '../storage/bounded-memory.ts';
import { UNKNOWN_PRICE_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import { RecentlyAbsent } from '../storage/recently-absent.ts';
import type { UpstreamOptions } from '../upstream/http.ts';
import { createMainApi, type MainApi } from '../upstream/main-api.ts';
import { createPlatformFiles, type PlatformFiles, platformOrigins } from '../upstream/platform-files.ts';
import { createPriceApi, type PriceApi } from '../upstream/price-api.ts';
import { createActionSources } from './account-actions.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { createChatSources } from './chat.ts';
import { createFileSources, createFileUrls } from './files.ts';
import { identificationOf } from './identification.ts';
import { createInvestingSources } from './investing.ts';
import { measuredEnv } from './measured-env.ts';
import { nowMs, randomId, sleep } from './runtime.ts';

export interface UpstreamApis {
  main: MainApi;
  price: PriceApi;
}

export interface Isolate {
  /** Its bindings count the calls. */
  env: Env;
  calls: IsolateCalls;
  config: Config;
  schema: typeof schema;
  accounts: Accounts;
  /** Undefined where no documents for identification are taken. */
  identification: Identification | undefined;
  viewerOf: ViewerOf;
  viewersOf: ViewersOf;
  memory: MemoryBudget;
  registry: TieredRegistry;
  usage: UsageCounts;
  requests: RequestRecorder;
  generations: GenerationsMemory;
  answers: CachedAnswers;
  serving: Serving;
  httpMemories: HttpMemories;
  clientLimit: ClientLimit;
  fileUrls: FileUrls;
  reportUrls: ReportUrls;
  /** For requests: a caller waits. */
  promptApis: UpstreamApis;
  /** For a sign-in, which can do without an answer. */
  signInApi: Pick<MainApi, 'userStats' | 'createUser' | 'eligibleUsers'>;
  /** For ledgers, which repeat their calls themselves. */
  ledgerApi: MainApi;
  /** For jobs: nobody waits. */
  patientApis: UpstreamApis;
  platformFiles: PlatformFiles;
  createContext(request: OwnOfRequest): GatewayContext;
}

export interface IsolateOptions {
  viewerOf?: ViewerOf;
  viewersOf?: ViewersOf;
  passwords?: PasswordHasher;
  memoryShares?: MemoryShares;
}

/** An isolate, or each reason why its configuration is wrong. */
export type IsolateResult = { ok: true; isolate: Isolate } | { ok: false; issues: readonly string[] };
export type IsolateOf = (env: Env) => IsolateResult;

/**
 * The platform passes the same Env to every request and every object of an isolate.
 *
 * @param options for tests: who is who, in the place of the accounts; passwords that cost less; and other shares of the memory.
 */
export function createIsolates(options: IsolateOptions = {}): IsolateOf {
  const isolates = new WeakMap<Env, IsolateResult>();
  return (env) => {
    const known = isolates.get(env);
    if (known !== undefined) return known;
    const parsed = parseConfig(env);
    const result: IsolateResult = parsed.ok
      ? { ok: true, isolate: createIsolate(env, parsed.config, options) }
      : parsed;
    isolates.set(env, result);
    return result;
  };
}

function createIsolate(
  unmeasuredEnv: Env,
  config: Config,
  { viewerOf, viewersOf, passwords, memoryShares }: IsolateOptions,
): Isolate {
  const calls = new IsolateCalls(nowMs);
  const env = measuredEnv(unmeasuredEnv, calls);
  const upstreamFetch = measuredFetch(fetch, calls, randomId);
  const memory = new MemoryBudget(memoryShares);
  const accounts = createAccounts(env, config, memory);
  const promptApis = upstreamApis(config, upstreamFetch, {
    timeoutMs: UPSTREAM_REQUEST_TIMEOUT_MS,
    maxAttempts: UPSTREAM_REQUEST_MAX_ATTEMPTS,
    maxAnswerBytes: UPSTREAM_REQUEST_ANSWER_MAX_BYTES,
  });
  const priceSnapshot = new PriceSnapshotMemory();
  memory.track('priceSnapshot', priceSnapshot);
  const { schemaHash } = bundledRelease;
  const registry = new TieredRegistry({
    db: env.DB,
    kv: env.CACHE_KV,
    bundled: bundledRelease,
    rest: restRelease,
    memory,
    nowMs,
  });
  const requests = new RequestRecorder({
    points: new RequestPoints(env.ANALYTICS, env.WORKER_VERSION.id),
    isReleased: registry.isReleased,
    calls,
  });
  memory.track('requestMetrics', requests);
  const usage = new UsageCounts({
    db: env.DB,
    nowMs,
    requests,
    workerVersion: env.WORKER_VERSION.id,
    memoryUse: () => memory.use,
  });
  memory.track('usage', usage);
  const generations = new GenerationsMemory(env.CACHE_KV);
  const answers = new CachedAnswers({
    cache: new ResponseCache({ kv: env.CACHE_KV, schemaHash, memory: memory.open('answers'), nowMs }),
    generations,
    pricesAsOf: (atMs, known) => priceSnapshot.asOf(env.PRICES_KV, atMs, known),
    nowMs,
  });
  const mode = config.OPERATIONS_MODE;
  const serving = new Serving({ schema, schemaHash, mode, registry, usage, answers, memory });
  const signInApi: Isolate['signInApi'] = upstreamApis(config, upstreamFetch, {
    timeoutMs: SIGN_IN_RIGHTS_TIMEOUT_MS,
    maxAttempts: 1,
    maxAnswerBytes: UPSTREAM_REQUEST_ANSWER_MAX_BYTES,
  }).main;
  const attempts = new Attempts({ objects: env.ATTEMPTS, randomId });
  const fileUrls = createFileUrls(config);
  const identification = identificationOf(env, config, promptApis.main);
  const contextSources: ContextSources = {
    accounts: createActionSources({
      db: env.DB,
      config,
      accounts: viewerOf === undefined ? accounts : { ...accounts, viewerOf },
      attempts,
      mainApi: signInApi,
      urls: fileUrls,
      passwords,
    }),
    investing: createInvestingSources(env, signInApi),
    files: createFileSources(env, config, {
      urls: fileUrls,
      identification,
      dropCopy: (id) => accounts.copies.drop(id),
    }),
    chat: createChatSources(env, config, fileUrls),
    attempts,
    db: env.DB,
    pricesKv: env.PRICES_KV,
    generations,
    priceSnapshot,
    onDemandPrices: new OnDemandPrices({
      kv: env.PRICES_KV,
      memory: memory.open('onDemandPrices'),
      unknownSymbols: new RecentlyAbsent(UNKNOWN_PRICE_MEMORY_SECONDS, memory.open('unknownSymbols')),
      fetchPrices: (symbols) => promptApis.price.batch(symbols),
    }),
    closes: new ClosesMemory(memory.open('closes')),
    publicOrigin: config.PUBLIC_ORIGIN,
    fetchDetail: (id, stored) => promptApis.main.projectDetail(id, stored),
  };
  return {
    env,
    calls,
    config,
    schema,
    accounts,
    identification,
    viewerOf: viewerOf ?? accounts.viewerOf,
    viewersOf: viewersOf ?? accounts.viewersOf,
    memory,
    registry,
    usage,
    requests,
    generations,
    answers,
    serving,
    httpMemories: openHttpMemories(memory),
    clientLimit: new ClientLimit({
      limiter: env.RATE_LIMITER,
      maxRequests: config.RATE_LIMIT_THRESHOLD,
      sessionOf: (authorization) => accounts.accessTokens.known(authorization)?.sessionId,
      clients: memory.open('clients'),
      nowMs,
    }),
    fileUrls,
    reportUrls: new ReportUrls({ publicOrigin: config.PUBLIC_ORIGIN, keys: config.JWT_SECRET }),
    promptApis,
    signInApi,
    ledgerApi: upstreamApis(config, upstreamFetch, { maxAttempts: 1 }).main,
    patientApis: upstreamApis(config, upstreamFetch, {}),
    platformFiles: createPlatformFiles({ origins: platformOrigins(config), fetch: upstreamFetch }),
    createContext: (request) => createRequestContext(contextSources, request, nowMs()),
  };
}

function upstreamApis(
  config: Config,
  upstreamFetch: typeof fetch,
  patience: Pick<UpstreamOptions, 'timeoutMs' | 'maxAttempts' | 'maxAnswerBytes'>,
): UpstreamApis {
  const shared = { apiKey: config.INTERNAL_API_KEY, fetch: upstreamFetch, sleep, ...patience };
  return {
    main: createMainApi({ ...shared, baseUrl: config.MAIN_API_URL }),
    price: createPriceApi({ ...shared, baseUrl: config.PRICE_API_URL }),
  };
}
