/**
 * The gateway as a Worker: HTTP requests and cron events. A Worker whose configuration is wrong answers 503 on every
 * route, and says why in its log alone.
 */
import { CachedAnswers } from '../cache/cached-answers.ts';
import { ResponseCache } from '../cache/response-cache.ts';
import type { Viewer } from '../graphql/context.ts';
import { graphiqlBundled } from '../graphql/graphiql.ts';
import { adminResponse } from '../http/admin.ts';
import { AdminKey } from '../http/admin-key.ts';
import { createGraphQLRoute } from '../http/graphql-route.ts';
import { completeHeaders, handleRequest, type RequestHandlerOptions } from '../http/handle-request.ts';
import { healthResponse } from '../http/health.ts';
import { errorResponse } from '../http/responses.ts';
import { applySecurityHeaders } from '../http/security-headers.ts';
import { openSocket } from '../http/socket-route.ts';
import { log } from '../observability/log.ts';
import { bundledRelease } from '../operations/manifest.ts';
import { JOB_INTERVALS } from '../sync/jobs.ts';
import { runCron } from './cron.ts';
import { type Isolate, type IsolateOf, nowMs, randomId, sleep } from './isolate.ts';

export function createWorker(isolateOf: IsolateOf) {
  const handlers = new WeakMap<Isolate, RequestHandlerOptions>();
  const handlerOf = (isolate: Isolate) => {
    const known = handlers.get(isolate) ?? requestHandler(isolate);
    handlers.set(isolate, known);
    return known;
  };
  return {
    fetch: (request, env, ctx) => {
      const built = isolateOf(env);
      if (!built.ok) return misconfigured(built.issues);
      const { isolate } = built;
      const answer = handleRequest(request, ctx, handlerOf(isolate));
      if (!(answer instanceof Response)) return keepingUp(answer, isolate, ctx);
      keepUp(isolate, ctx);
      return answer;
    },
    scheduled: async (controller, env, ctx) => {
      const built = isolateOf(env);
      if (built.ok) await runCron(built.isolate, controller.cron, ctx);
      else reportMisconfigured(built.issues);
    },
  } satisfies ExportedHandler<Env>;
}

/** Starts background work that is due; no request waits for it. */
function keepUp({ usage, generations }: Isolate, ctx: ExecutionContext): void {
  const atMs = nowMs();
  if (usage.isDue(atMs)) ctx.waitUntil(usage.flushWhenDue());
  if (generations.claimRenewal(atMs)) ctx.waitUntil(generations.renew(atMs));
}

async function keepingUp(
  answer: Promise<Response>,
  isolate: Isolate,
  ctx: ExecutionContext,
): Promise<Response> {
  try {
    return await answer;
  } finally {
    keepUp(isolate, ctx);
  }
}

function requestHandler(isolate: Isolate): RequestHandlerOptions {
  const { env, config, schema, registry, usage, generations, priceSnapshot, viewerOf } = isolate;
  const headerOptions = {
    corsOrigins: config.CORS_ORIGINS,
    strictTransport: config.ENVIRONMENT !== 'development',
  };
  const { schemaHash } = bundledRelease;
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
      pricesAsOf: (atMs, known) => priceSnapshot.asOf(env.PRICES_KV, atMs, known),
      nowMs,
    }),
    openSocket: openHubSocket,
    nowMs,
    completeHeaders: (request, headers) => completeHeaders(request, headers, headerOptions),
  });
  return {
    ...headerOptions,
    randomId,
    routes: {
      health: () =>
        healthResponse({
          db: env.DB,
          kv: env.PRICES_KV,
          jobIntervals: JOB_INTERVALS,
          nowSeconds: Math.floor(nowMs() / 1000),
        }),
      ...(config.ADMIN_KEY === undefined ? {} : adminRoute(isolate, config.ADMIN_KEY)),
      graphqlFromMemory: graphql.fromMemory,
      graphqlSocket: openHubSocket,
      graphql: (request, requestId, waitUntil) => {
        const contextOf = (viewer: Viewer | null) => isolate.createContext({ requestId, viewer, waitUntil });
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
}

function adminRoute({ env, schema }: Isolate, key: string) {
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

function reportMisconfigured(issues: readonly string[]): void {
  log.error('config.invalid', { issues: issues.join('; ') });
}

function misconfigured(issues: readonly string[]): Response {
  reportMisconfigured(issues);
  const refusal = {
    message: 'The gateway is not ready to serve.',
    code: 'INTERNAL_SERVER_ERROR',
    requestId: randomId(),
  };
  const response = errorResponse(503, refusal, { 'x-request-id': refusal.requestId });
  applySecurityHeaders(response.headers, { strictTransport: false });
  return response;
}
