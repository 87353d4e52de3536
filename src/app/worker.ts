/**
 * The gateway as a Worker: HTTP requests and cron events. A Worker whose configuration is wrong answers 503 on every
 * route, and says why in its log alone.
 */
import { tracing as platformTracing } from 'cloudflare:workers';
import { securityHeaders, setHeaders } from '../http/answer.ts';
import { refusedAsGraphQL } from '../http/responses.ts';
import { pathOf } from '../http/url-parts.ts';
import { log } from '../observability/log.ts';
import { runningTrace, runWork } from '../observability/running-work.ts';
import { refusedAsRest } from '../rest/rest-refusal.ts';
import { isRestPath } from '../rest/rest-route.ts';
import { answerHttp, writeCounts } from './answer-http.ts';
import { runCron } from './cron.ts';
import type { Isolate, IsolateOf } from './isolate.ts';
import { createHttpHandler, type HttpHandler } from './routes.ts';
import { randomId } from './runtime.ts';

interface Served extends HttpHandler {
  isolate: Isolate;
}

/** @param tracing that of the requests. The one of their context is another object for each, and costs more to get. */
export function createWorker(isolateOf: IsolateOf, tracing: Tracing = platformTracing) {
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
    const handler = { isolate, ...createHttpHandler(isolate, tracing) };
    served.set(env, handler);
    return handler;
  };
  return {
    fetch: (request, env, ctx) => {
      const handler = servedBy(env);
      if (handler === null) return misconfigured(request);
      return answerHttp(request, handler, ctx);
    },
    scheduled: async (controller, env, ctx) => {
      const handler = servedBy(env);
      if (handler === null) return;
      await runCron(handler.isolate, controller.cron, ctx);
      writeCounts(handler.isolate, ctx, Date.now());
    },
  } satisfies ExportedHandler<Env>;
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
