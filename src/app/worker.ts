/**
 * The gateway as a Worker: HTTP requests and cron events. A Worker whose configuration is wrong answers 503 on every
 * route, and says why in its log alone.
 */
import { securityHeaders, setHeaders } from '../http/answer.ts';
import { isGraphQLPath } from '../http/graphql-route.ts';
import { answerHead } from '../http/head.ts';
import { readEnvelope } from '../http/incoming-operation.ts';
import { refusedAsGraphQL } from '../http/responses.ts';
import { type Arrival, answerRequest } from '../http/router.ts';
import { pathOf } from '../http/url-parts.ts';
import { log } from '../observability/log.ts';
import { runningTrace, runWork } from '../observability/running-work.ts';
import { refusedAsRest } from '../rest/rest-refusal.ts';
import { isRestPath } from '../rest/rest-route.ts';
import { runCron } from './cron.ts';
import type { Isolate, IsolateOf } from './isolate.ts';
import { createHttpHandler, type HttpHandler } from './routes.ts';
import { randomId } from './runtime.ts';

interface Served extends HttpHandler {
  isolate: Isolate;
}

export function createWorker(isolateOf: IsolateOf) {
  const served = new WeakMap<Env, Served>();
  /** Null where the configuration is wrong, which the log says at each event. */
  const servedBy = (env: Env): Served | null => {
    const known = served.get(env);
    if (known !== undefined) return known;
    const built = isolateOf(env);
    if (!built.ok) {
      log.error('config.invalid', { issues: built.issues.join('; ') });
      return null;
    }
    const { isolate } = built;
    const handler = { isolate, ...createHttpHandler(isolate) };
    served.set(env, handler);
    return handler;
  };
  return {
    fetch: (request, env, ctx) => {
      const handler = servedBy(env);
      if (handler === null) return misconfigured(request);
      const { method } = request;
      if (method === 'GET') return answerGet(request, handler, ctx);
      if (method === 'HEAD') return answerHead(request, (asGet) => answerGet(asGet, handler, ctx));
      return answerOther(request, handler, ctx);
    },
    scheduled: async (controller, env, ctx) => {
      const handler = servedBy(env);
      if (handler === null) return;
      await runCron(handler.isolate, controller.cron, ctx);
      writeCounts(handler.isolate, ctx, Date.now());
    },
  } satisfies ExportedHandler<Env>;
}

function answerGet(request: Request, handler: Served, ctx: ExecutionContext): Response | Promise<Response> {
  const { isolate, memoryHits } = handler;
  const nowMs = Date.now();
  const client = isolate.clientLimit.count(request, nowMs);
  const hit = client.isRefused(nowMs) ? null : memoryHits?.respondToGet(request, client, nowMs);
  if (!hit) return answerAndKeepUp(request, { client, atMs: nowMs }, handler, ctx);
  isolate.clientLimit.countHit(client, nowMs, ctx);
  keepUp(isolate, ctx, nowMs);
  return hit.response(crypto.randomUUID());
}

/** Also a POST is answered from memory outside of any work: only its body is waited for. */
async function answerOther(request: Request, handler: Served, ctx: ExecutionContext): Promise<Response> {
  const { isolate, memoryHits } = handler;
  const atMs = Date.now();
  const client = isolate.clientLimit.count(request, atMs);
  const mayHit = memoryHits !== null && !client.isRefused(atMs) && request.method === 'POST';
  if (!mayHit || !isGraphQLPath(pathOf(request.url)))
    return answerAndKeepUp(request, { client, atMs }, handler, ctx);
  const envelope = readEnvelope(request);
  const read = await envelope.catch(() => null);
  const nowMs = Date.now();
  const hit = memoryHits.respondToPost(request, read, client, nowMs);
  if (hit === null) return answerAndKeepUp(request, { client, atMs, envelope }, handler, ctx);
  isolate.clientLimit.countHit(client, nowMs, ctx);
  keepUp(isolate, ctx, nowMs);
  return hit.response(crypto.randomUUID());
}

async function answerAndKeepUp(
  request: Request,
  arrival: Arrival,
  { isolate, router }: Served,
  ctx: ExecutionContext,
): Promise<Response> {
  try {
    return await answerRequest(request, arrival, ctx, router);
  } finally {
    keepUp(isolate, ctx, Date.now());
  }
}

/** Starts background work that is due; nobody waits for it. */
function keepUp(isolate: Isolate, ctx: ExecutionContext, nowMs: number): void {
  const { generations } = isolate;
  writeCounts(isolate, ctx, nowMs);
  if (generations.claimRenewal(nowMs)) ctx.waitUntil(generations.renew(nowMs));
}

function writeCounts({ usage }: Isolate, ctx: ExecutionContext, nowMs: number): void {
  if (usage.isDue(nowMs)) ctx.waitUntil(usage.flushWhenDue());
}

function misconfigured({ url, headers }: Request): Response {
  const requestId = randomId();
  return runWork({ requestId, traceparent: headers.get('traceparent') }, () => notReady(url, requestId));
}

function notReady(url: string, requestId: string): Response {
  const refusal = {
    status: 503,
    message: 'The gateway is not ready to serve.',
    code: 'INTERNAL_SERVER_ERROR',
    requestId,
  };
  const response = isRestPath(pathOf(url)) ? refusedAsRest(refusal) : refusedAsGraphQL(refusal);
  response.headers.set('x-request-id', requestId);
  response.headers.set('x-trace-id', runningTrace()?.traceId ?? '');
  setHeaders(response.headers, securityHeaders({}, { strictTransport: false }));
  return response;
}
