/**
 * The composition root of the Worker; that of its Durable Objects is beside it, and nothing else sees all of Env.
 *
 * What an isolate keeps between requests is built once per Env and never holds anything of a request. A Worker
 * whose configuration is wrong serves 503 on every route, and says why in its log alone.
 */
import { schema } from '../schema/schema.ts';
import { CachedAnswers } from './cache/cached-answers.ts';
import { GenerationsMemory } from './cache/generations-memory.ts';
import { ResponseCache } from './cache/response-cache.ts';
import { parseConfig } from './config.ts';
import type { Viewer } from './graphql/context.ts';
import { graphiqlBundled } from './graphql/graphiql.ts';
import { adminResponse } from './http/admin.ts';
import { AdminKey } from './http/admin-key.ts';
import { createGraphQLRoute } from './http/graphql-route.ts';
import { completeHeaders, handleRequest, type RequestHandlerOptions } from './http/handle-request.ts';
import { healthResponse } from './http/health.ts';
import { errorResponse } from './http/responses.ts';
import { applySecurityHeaders } from './http/security-headers.ts';
import { openSocket } from './http/socket-route.ts';
import { log } from './observability/log.ts';
import { repairLiveness } from './operations/liveness-writes.ts';
import { bundledRelease } from './operations/manifest.ts';
import { createServices, nowMs, randomId, sleep, type ViewerOf } from './services.ts';
import { invalidateCaches } from './sync/cache-generations.ts';
import { JOB_SCHEDULES, jobsOfCron } from './sync/schedule.ts';
import { createSync } from './sync/sync.ts';

interface Gateway {
  fetch(request: Request, ctx: ExecutionContext): Response | Promise<Response>;
  scheduled(cron: string, ctx: ExecutionContext): Promise<void>;
}

function createGateway(env: Env, viewerOf: ViewerOf): Gateway {
  const parsed = parseConfig(env);
  if (!parsed.ok) return misconfigured(parsed.issues);
  const { config } = parsed;
  const { patientApis, snapshotMemory, registry, usage, createContext } = createServices(env, config);
  const admin = config.ADMIN_KEY === undefined ? {} : adminRoute(env, config.ADMIN_KEY);
  const headerOptions = {
    corsOrigins: config.CORS_ORIGINS,
    strictTransport: config.ENVIRONMENT !== 'development',
  };
  const { schemaHash } = bundledRelease;
  const generations = new GenerationsMemory(env.CACHE_KV);
  const graphql = createGraphQLRoute({
    schema,
    schemaHash,
    mode: config.OPERATIONS_MODE,
    registry,
    usage,
    graphiql: graphiqlBundled && config.ENVIRONMENT === 'development',
    answers: new CachedAnswers({
      cache: new ResponseCache({ kv: env.CACHE_KV, schemaHash }),
      generations,
      pricesAsOf: (atMs, known) => snapshotMemory.asOf(env.PRICES_KV, atMs, known),
      nowMs,
    }),
    nowMs,
    completeHeaders: (request, headers) => completeHeaders(request, headers, headerOptions),
  });
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
      graphqlSocket: (request) => openSocket(request, env.SUBSCRIPTION_HUBS, randomId),
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
        now: Date.now,
        randomId,
      });
      const results = await sync.runCron(cron);
      for (const result of results) log.info('sync.finished', { cron, ...result });
      await invalidateCaches(results, {
        db: env.DB,
        kv: env.CACHE_KV,
        sleep,
        purge: async (tags) => ctx.cache?.purge({ tags }),
      });
      if (jobsOfCron(cron).includes('cleanup')) {
        await repairLiveness({ db: env.DB, kv: env.CACHE_KV, nowMs, sleep });
      }
    },
  };
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
