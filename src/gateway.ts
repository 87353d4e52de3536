/**
 * The composition root of the Worker. What its Durable Objects take of Env is beside it, and nothing else sees all of it.
 *
 * What an isolate keeps between requests is built once per Env and never holds anything of a request. A Worker
 * whose configuration is wrong serves 503 on every route, and says why in its log alone.
 */
import { schema } from '../schema/schema.ts';
import { CachedAnswers } from './cache/cached-answers.ts';
import { GenerationsMemory } from './cache/generations-memory.ts';
import { ResponseCache } from './cache/response-cache.ts';
import {
  ABSENT_KEYS_MAX,
  type Config,
  parseConfig,
  UPSTREAM_REQUEST_MAX_ATTEMPTS,
  UPSTREAM_REQUEST_TIMEOUT_MS,
} from './config.ts';
import type { GatewayContext, Viewer } from './graphql/context.ts';
import { graphiqlBundled } from './graphql/graphiql.ts';
import { createRequestContext, type RequestSources } from './graphql/request-context.ts';
import { adminResponse } from './http/admin.ts';
import { AdminKey } from './http/admin-key.ts';
import { createGraphQLRoute } from './http/graphql-route.ts';
import { completeHeaders, handleRequest, type RequestHandlerOptions } from './http/handle-request.ts';
import { healthResponse } from './http/health.ts';
import { errorResponse } from './http/responses.ts';
import { applySecurityHeaders } from './http/security-headers.ts';
import { openSocket } from './http/socket-route.ts';
import { ClosesMemory } from './loaders/closes-memory.ts';
import { PriceSnapshotMemory } from './loaders/prices.ts';
import { errorFields, log } from './observability/log.ts';
import { repairLiveness } from './operations/liveness-writes.ts';
import { bundledRelease } from './operations/manifest.ts';
import { TieredRegistry } from './operations/registry.ts';
import { UsageCounts } from './operations/usage.ts';
import { hasSaleChanges } from './storage/d1/sale-changes.ts';
import { UNKNOWN_PRICE_MEMORY_SECONDS } from './storage/kv/keys.ts';
import { RecentlyAbsent } from './storage/recently-absent.ts';
import { invalidateCaches, PURGE_DELAY_MS } from './sync/cache-generations.ts';
import { JOB_SCHEDULES, jobsOfCron } from './sync/schedule.ts';
import { createSync } from './sync/sync.ts';
import type { UpstreamOptions } from './upstream/http.ts';
import { createMainApi } from './upstream/main-api.ts';
import { createPriceApi } from './upstream/price-api.ts';

interface Gateway {
  /** Null where the configuration is wrong. */
  services: GatewayServices | null;
  fetch(request: Request, ctx: ExecutionContext): Response | Promise<Response>;
  scheduled(cron: string, ctx: ExecutionContext): Promise<void>;
}

/** What Durable Objects need as the Worker does. */
export interface GatewayServices {
  config: Config;
  registry: TieredRegistry;
  usage: UsageCounts;
  fetchPrices: RequestSources['fetchPrices'];
  createContext(request: OwnOfRequest): GatewayContext;
}

type OwnOfRequest = Pick<RequestSources, 'requestId' | 'viewer' | 'waitUntil' | 'events'>;

/** Asked anew each time: the clock may be another one by then. */
export const nowMs = () => Date.now();
export const randomId = () => crypto.randomUUID();

/** There is one of each: positions come from one place. */
export const priceFeed = (env: Env) => env.PRICE_FEED.getByName('prices');
export const saleFeed = (env: Env) => env.SALE_FEED.getByName('sales');

/** Who is asking; null where nobody is signed in. */
export type ViewerOf = (request: Request) => Promise<Viewer | null>;

/** Once for each Env: it holds what an isolate keeps between requests. */
export function createGateway(env: Env, viewerOf: ViewerOf): Gateway {
  const parsed = parseConfig(env);
  if (!parsed.ok) return misconfigured(parsed.issues);
  const { config } = parsed;
  const apis = upstreamApis(config);
  const patientApis = apis({});
  const promptApis = apis({
    timeoutMs: UPSTREAM_REQUEST_TIMEOUT_MS,
    maxAttempts: UPSTREAM_REQUEST_MAX_ATTEMPTS,
  });
  const snapshotMemory = new PriceSnapshotMemory();
  const closesMemory = new ClosesMemory();
  const unknownSymbols = new RecentlyAbsent({
    seconds: UNKNOWN_PRICE_MEMORY_SECONDS,
    maxKeys: ABSENT_KEYS_MAX,
  });
  const registry = new TieredRegistry({
    db: env.DB,
    kv: env.CACHE_KV,
    bundled: bundledRelease,
    nowMs,
  });
  const usage = new UsageCounts({ db: env.DB, nowMs });
  const admin = config.ADMIN_KEY === undefined ? {} : adminRoute(env, config.ADMIN_KEY);
  const headerOptions = {
    corsOrigins: config.CORS_ORIGINS,
    strictTransport: config.ENVIRONMENT !== 'development',
  };
  const { schemaHash } = bundledRelease;
  const generations = new GenerationsMemory(env.CACHE_KV);
  const openHubSocket = (request: Request) => openSocket(request, env.SUBSCRIPTION_HUBS, randomId);
  const graphql = createGraphQLRoute({
    schema,
    schemaHash,
    mode: config.OPERATIONS_MODE,
    registry,
    usage,
    graphiql: graphiqlBundled && config.ENVIRONMENT === 'development',
    answers: new CachedAnswers({
      cache: new ResponseCache({ kv: env.CACHE_KV, schemaHash, nowMs }),
      generations,
      pricesAsOf: (atMs, known) => snapshotMemory.asOf(env.PRICES_KV, atMs, known),
      nowMs,
    }),
    openSocket: openHubSocket,
    nowMs,
    completeHeaders: (request, headers) => completeHeaders(request, headers, headerOptions),
  });
  const fetchPrices: GatewayServices['fetchPrices'] = (symbols) => promptApis.price.batch(symbols);
  const createContext = (request: OwnOfRequest) => {
    const atMs = nowMs();
    const known = generations.recent(atMs);
    return createRequestContext({
      ...request,
      nowMs: atMs,
      closesMemory,
      candlesGeneration: known && (known.candles ?? 0),
      db: env.DB,
      pricesKv: env.PRICES_KV,
      snapshotMemory,
      unknownSymbols,
      fetchPrices,
      fetchDetail: (id) => promptApis.main.projectDetail(id),
    });
  };
  const jobIntervals = Object.fromEntries(
    Object.entries(JOB_SCHEDULES).map(([job, schedule]) => [job, schedule.intervalSeconds]),
  );

  const handlerOptions: RequestHandlerOptions = {
    ...headerOptions,
    randomId,
    routes: {
      health: () =>
        healthResponse({
          db: env.DB,
          kv: env.PRICES_KV,
          jobIntervals,
          nowSeconds: Math.floor(Date.now() / 1000),
        }),
      ...admin,
      graphqlFromMemory: graphql.fromMemory,
      graphqlSocket: openHubSocket,
      graphql: (request, requestId, waitUntil) => {
        const contextOf = (viewer: Viewer | null) => createContext({ requestId, viewer, waitUntil });
        return graphql.answer({
          request,
          requestId,
          waitUntil,
          createPublicContext: () => contextOf(null),
          createContext: async () => contextOf(await viewerOf(request)),
        });
      },
    },
  };
  /** What nobody waits for, at whatever request comes by in time. */
  const keepUp = (ctx: ExecutionContext) => {
    const atMs = nowMs();
    if (usage.isDue(atMs)) ctx.waitUntil(usage.flushWhenDue());
    if (generations.claimRenewal(atMs)) ctx.waitUntil(generations.renew(atMs));
  };

  const keepingUp = async (answer: Promise<Response>, ctx: ExecutionContext) => {
    try {
      return await answer;
    } finally {
      keepUp(ctx);
    }
  };

  return {
    services: { config, registry, usage, fetchPrices, createContext },
    fetch: (request, ctx) => {
      const answer = handleRequest(request, ctx, handlerOptions);
      if (answer instanceof Response) {
        keepUp(ctx);
        return answer;
      }
      return keepingUp(answer, ctx);
    },
    scheduled: async (cron, ctx) => {
      const sync = createSync({
        db: env.DB,
        pricesKv: env.PRICES_KV,
        mainApi: patientApis.main,
        priceApi: patientApis.price,
        feedPrices: () => priceFeed(env).prices(),
        now: Date.now,
        randomId,
      });
      const results = await sync.runCron(cron);
      for (const result of results) log.info('sync.finished', { cron, ...result });
      await tellOfSales(env);
      if (jobsOfCron(cron).includes('cleanup')) {
        await repairLiveness({ db: env.DB, kv: env.CACHE_KV, nowMs, sleep });
      }
      await invalidateCaches(results, {
        db: env.DB,
        kv: env.CACHE_KV,
        sleep,
        purge: async (tags) => {
          if (ctx.cache === undefined) return undefined;
          await sleep(PURGE_DELAY_MS);
          return ctx.cache.purge({ tags });
        },
      });
    },
  };
}

/** Whatever the jobs say that they wrote, and also a minute later, where the feed could not be told of what a sync wrote. */
async function tellOfSales(env: Env): Promise<void> {
  try {
    if (await hasSaleChanges(env.DB)) await saleFeed(env).changed();
  } catch (error) {
    log.warn('sync.sale_feed_not_told', errorFields(error));
  }
}

function adminRoute(env: Env, key: string) {
  const options = {
    key: new AdminKey(key, nowMs),
    schema,
    db: env.DB,
    kv: env.CACHE_KV,
    nowMs,
    sleep,
    randomId,
  };
  return {
    admin: (request: Request, requestId: string) => adminResponse(request, requestId, options),
  };
}

function upstreamApis(config: Config) {
  return (patience: Pick<UpstreamOptions, 'timeoutMs' | 'maxAttempts'>) => {
    const shared = { apiKey: config.INTERNAL_API_KEY, fetch, sleep, ...patience };
    return {
      main: createMainApi({ ...shared, baseUrl: config.MAIN_API_URL }),
      price: createPriceApi({ ...shared, baseUrl: config.PRICE_API_URL }),
    };
  };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function misconfigured(issues: readonly string[]): Gateway {
  const report = () => log.error('config.invalid', { issues: issues.join('; ') });
  return {
    services: null,
    fetch: async () => {
      report();
      const refusal = {
        message: 'The gateway is not ready to serve.',
        code: 'INTERNAL_SERVER_ERROR',
        requestId: randomId(),
      };
      const response = errorResponse(503, refusal, { 'x-request-id': refusal.requestId });
      applySecurityHeaders(response.headers, { strictTransport: false });
      return response;
    },
    scheduled: async () => report(),
  };
}

/** The gateway as a Worker. */
export function createWorker(viewerOf: ViewerOf) {
  /** The platform passes the same Env to every request of an isolate. */
  const gateways = new WeakMap<Env, Gateway>();
  const gatewayOf = (env: Env): Gateway => {
    const gateway = gateways.get(env) ?? createGateway(env, viewerOf);
    gateways.set(env, gateway);
    return gateway;
  };
  return {
    fetch: (request, env, ctx) => gatewayOf(env).fetch(request, ctx),
    scheduled: (controller, env, ctx) => gatewayOf(env).scheduled(controller.cron, ctx),
  } satisfies ExportedHandler<Env>;
}
