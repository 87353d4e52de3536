/**
 * The composition root: the only place that sees all of Env.
 *
 * What an isolate keeps between requests is built once per Env and never holds anything of a request. A Worker
 * whose configuration is wrong serves 503 on every route, and says why in its log alone.
 */
import { schema } from '../schema/schema.ts';
import {
  type Config,
  parseConfig,
  UPSTREAM_REQUEST_MAX_ATTEMPTS,
  UPSTREAM_REQUEST_TIMEOUT_MS,
} from './config.ts';
import { graphiqlBundled } from './graphql/graphiql.ts';
import { createRequestContext } from './graphql/request-context.ts';
import { createGraphQLHandler } from './graphql/yoga.ts';
import { handleRequest } from './http/handle-request.ts';
import { healthResponse } from './http/health.ts';
import { errorResponse } from './http/responses.ts';
import { UnknownSymbols } from './loaders/on-demand-prices.ts';
import { PriceSnapshotMemory } from './loaders/prices.ts';
import { log } from './observability/log.ts';
import { bundledOperation } from './operations/manifest.ts';
import { JOB_SCHEDULES } from './sync/schedule.ts';
import { createSync } from './sync/sync.ts';
import type { UpstreamOptions } from './upstream/http.ts';
import { createMainApi } from './upstream/main-api.ts';
import { createPriceApi } from './upstream/price-api.ts';

interface Gateway {
  fetch(request: Request, ctx: ExecutionContext): Promise<Response>;
  scheduled(cron: string): Promise<void>;
}

const randomId = () => crypto.randomUUID();

function createGateway(env: Env): Gateway {
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
  const unknownSymbols = new UnknownSymbols();
  const graphql = createGraphQLHandler({
    schema,
    mode: config.OPERATIONS_MODE,
    findOperation: bundledOperation,
    graphiql: graphiqlBundled && config.ENVIRONMENT === 'development',
  });
  const jobIntervals = Object.fromEntries(
    Object.entries(JOB_SCHEDULES).map(([job, schedule]) => [job, schedule.intervalSeconds]),
  );

  return {
    fetch: (request, ctx) =>
      handleRequest(request, {
        corsOrigins: config.CORS_ORIGINS,
        randomId,
        routes: {
          health: () =>
            healthResponse({
              db: env.DB,
              kv: env.PRICES_KV,
              jobIntervals,
              nowSeconds: Math.floor(Date.now() / 1000),
            }),
          graphql: async (received, requestId) =>
            graphql.fetch(received, {
              requestId,
              createContext: () =>
                createRequestContext({
                  requestId,
                  nowMs: Date.now(),
                  db: env.DB,
                  pricesKv: env.PRICES_KV,
                  cacheKv: env.CACHE_KV,
                  snapshotMemory,
                  unknownSymbols,
                  fetchPrices: (symbols) => promptApis.price.batch(symbols),
                  fetchDetail: (id) => promptApis.main.projectDetail(id),
                  waitUntil: (promise) => ctx.waitUntil(promise),
                }),
            }),
        },
      }),
    scheduled: async (cron) => {
      const sync = createSync({
        db: env.DB,
        pricesKv: env.PRICES_KV,
        mainApi: patientApis.main,
        priceApi: patientApis.price,
        now: Date.now,
        randomId,
      });
      for (const result of await sync.runCron(cron)) log.info('sync.finished', { cron, ...result });
    },
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
    fetch: async () => {
      report();
      const refusal = {
        message: 'The gateway is not ready to serve.',
        code: 'INTERNAL_SERVER_ERROR',
        requestId: randomId(),
      };
      return errorResponse(503, refusal, { 'x-request-id': refusal.requestId });
    },
    scheduled: async () => report(),
  };
}

/** The platform passes the same Env to every request of an isolate. */
const gateways = new WeakMap<Env, Gateway>();

function gatewayOf(env: Env): Gateway {
  const gateway = gateways.get(env) ?? createGateway(env);
  gateways.set(env, gateway);
  return gateway;
}

export default {
  fetch: (request, env, ctx) => gatewayOf(env).fetch(request, ctx),
  scheduled: (controller, env) => gatewayOf(env).scheduled(controller.cron),
} satisfies ExportedHandler<Env>;
