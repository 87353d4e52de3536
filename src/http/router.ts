/**
 * Every HTTP request: its id, its route, its headers. An error that no route expects ends here, masked and logged.
 */
import { type CachePurge, cachePurgeOf } from '../cache/cache-purge.ts';
import { MeasuredRequest } from '../metrics/measured-request.ts';
import type { RequestRecorder } from '../metrics/request-recorder.ts';
import { errorFields, log } from '../observability/log.ts';
import {
  asOperation,
  endCalls,
  runningTrace,
  runWork,
  type WorkOrigin,
} from '../observability/running-work.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import {
  Answer,
  commonHeaders,
  type HeaderOptions,
  KeptAnswer,
  preflightResponse,
  setHeaders,
} from './answer.ts';
import type { ClientCount, ClientLimit } from './client-limit.ts';
import type { Envelope } from './incoming-operation.ts';
import { bodyBytesOf, cacheResultOf } from './measure-answer.ts';
import type { RepeatedHeaders } from './repeated-headers.ts';
import { type RequestExecution, RequestOrigin } from './request-origin.ts';
import { errorResponse, type HttpRefusal, refusedAsGraphQL } from './responses.ts';
import { pathOf } from './url-parts.ts';

/** The request's own facts, for its route. */
export interface RouteContext {
  requestId: string;
  /** Has the client's request counted by the rate limiter, once; 429 if the client is refused, else null. */
  admit(): Promise<Response | null>;
  /** In place of `admit` for an answer from memory: nothing waits for the rate limiter. */
  countHit(): void;
  waitUntil(promise: Promise<unknown>): void;
  /** The facts of the request that are recorded when it ends. */
  measured: MeasuredRequest;
  /** The operation's text; undefined if nothing has begun to read it. */
  envelope: Promise<Envelope> | undefined;
  cachePurge(): CachePurge;
}

export interface Route {
  /** Paths; one that ends in `/*` stands for every path below it. */
  paths: readonly string[];
  /** Other methods are answered with 405; left out where the route decides. HEAD comes as GET. */
  methods?: readonly string[];
  /** True if it calls `admit` itself, for what is no answer from memory. The router calls it for every other route. */
  admits?: boolean;
  /** True if its requests are operations: each gets a span, where spans are recorded. */
  runsOperations?: boolean;
  /** True if browsers on other origins may call it: the router answers their preflights. */
  hasPreflight?: boolean;
  /** Gives a refusal the shape of the route's errors; that of a GraphQL error where left out. */
  refuse?(refusal: HttpRefusal): Response;
  handle(request: Request, context: RouteContext): Response | Promise<Response | Answer>;
}

export interface RouterOptions extends HeaderOptions {
  clientLimit: Pick<ClientLimit, 'ask' | 'countHit'>;
  nowMs(): number;
  recorder: Pick<RequestRecorder, 'record'>;
  /** Makes the headers of cache misses. */
  repeatedHeaders: RepeatedHeaders;
  routes: readonly Route[];
  randomId: () => string;
  /** The platform's; left out where no spans are made. */
  tracing?: WorkOrigin['tracing'];
}

/** A request that no answer from memory has ended. */
export interface Arrival {
  client: ClientCount;
  atMs: number;
  /** The operation's text, if something has begun to read it. */
  envelope?: Promise<Envelope>;
}

export function answerRequest(
  request: Request,
  arrival: Arrival,
  ctx: RequestExecution,
  options: RouterOptions,
): Promise<Response> {
  const requestId = options.randomId();
  return runWork(new RequestOrigin(requestId, request, options.tracing), () =>
    answerAsWork(request, requestId, arrival, ctx, options),
  );
}

async function answerAsWork(
  request: Request,
  requestId: string,
  { client, atMs, envelope }: Arrival,
  ctx: RequestExecution,
  options: RouterOptions,
): Promise<Response> {
  const { clientLimit, nowMs } = options;
  const measured = measuredRequest(request, client.countryOf(request), atMs);
  const route = routeOf(request, options, measured);
  const refused = (refusal: HttpRefusal) => {
    measured.refused(refusal.code);
    return (route?.refuse ?? refusedAsGraphQL)(refusal);
  };
  const refusalOfClient = () => {
    const refusal = client.refusal(requestId, nowMs());
    return refusal && refused(refusal);
  };
  let asking: Promise<void> | undefined;
  const admit = async () => {
    asking ??= clientLimit.ask(client);
    await asking;
    return refusalOfClient();
  };
  const context: RouteContext = {
    requestId,
    admit,
    countHit: () => clientLimit.countHit(client, nowMs(), ctx),
    waitUntil: (promise) => ctx.waitUntil(promise),
    measured,
    envelope,
    cachePurge: () => cachePurgeOf(ctx),
  };
  let answer: Response | Answer;
  try {
    answer = refusalOfClient() ?? (await routed(request, route, context, options));
  } catch (error) {
    log.error('http.unhandled', { requestId, path: pathOf(request.url), ...errorFields(error) });
    const message = 'Unexpected error.';
    measured.fault();
    answer = refused({ status: 500, code: 'INTERNAL_SERVER_ERROR', message, requestId });
  }
  measured.client ??= readClientIdentity(request.headers);
  record(measured, answer, options);
  const traceId = runningTrace()?.traceId ?? '';
  if (answer instanceof Answer) {
    const { headers: own, body, status } = answer;
    if (own['X-Cache'] === 'MISS' && status === 200)
      return new KeptAnswer(body, options.repeatedHeaders.of(request, own, traceId)).response(requestId);
    setHeaders(own, commonHeaders(request, own, options));
    own['x-trace-id'] = traceId;
    return answer.response(requestId);
  }
  // The connection is the socket's from here on, and a copy would lose it.
  if (answer.status === 101) return answer;
  const headers = new Headers(answer.headers);
  const own = {
    'Content-Type': headers.get('Content-Type'),
    'Cache-Control': headers.get('Cache-Control'),
    Vary: headers.get('Vary'),
    'Content-Security-Policy': headers.get('Content-Security-Policy'),
  };
  setHeaders(headers, {
    ...commonHeaders(request, own, options),
    'x-request-id': requestId,
    'x-trace-id': traceId,
  });
  const { status, statusText, body } = answer;
  return new Response(body, { status, statusText, headers });
}

function measuredRequest(request: Request, country: string, startedAtMs: number): MeasuredRequest {
  const transport = request.method === 'GET' ? 'get' : 'post';
  return new MeasuredRequest(startedAtMs, transport, country);
}

function record(
  measured: MeasuredRequest,
  answer: Response | Answer,
  { recorder, nowMs }: Pick<RouterOptions, 'recorder' | 'nowMs'>,
): void {
  recorder.record(measured, {
    status: answer.status,
    bytes: measured.bytes ?? bodyBytesOf(answer),
    cache: cacheResultOf(answer),
    endedAtMs: nowMs(),
    calls: endCalls(),
  });
}

function routeOf({ url }: Request, { routes }: RouterOptions, measured: MeasuredRequest): Route | undefined {
  const path = pathOf(url);
  for (const route of routes) {
    const pattern = route.paths.find((candidate) => matches(candidate, path));
    if (pattern === undefined) continue;
    measured.route = pattern;
    return route;
  }
  measured.route = NO_ROUTE;
  return undefined;
}

/** In metrics, every path that has no route. */
const NO_ROUTE = '*';

function routed(
  request: Request,
  route: Route | undefined,
  context: RouteContext,
  options: RouterOptions,
): ReturnType<Route['handle']> {
  if (route?.admits && request.method !== 'OPTIONS') return answered(request, route, context, options);
  return context.admit().then((refused) => refused ?? answered(request, route, context, options));
}

function answered(
  request: Request,
  route: Route | undefined,
  context: RouteContext,
  { corsOrigins }: RouterOptions,
): ReturnType<Route['handle']> {
  const { requestId, measured } = context;
  if (route === undefined) {
    measured.refused('NOT_FOUND');
    const refusal = { message: 'Nothing is here: the API is at /graphql.', code: 'NOT_FOUND', requestId };
    return errorResponse(404, refusal);
  }
  if (request.method === 'OPTIONS' && route.hasPreflight) return preflightResponse(request, corsOrigins);
  const { methods } = route;
  if (methods !== undefined && !methods.includes(request.method)) {
    measured.refused('BAD_USER_INPUT');
    const refusal = { message: `Use ${methods[0]}.`, code: 'BAD_USER_INPUT', requestId };
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return errorResponse(405, refusal, { Allow: allowed.join(', ') });
  }
  return route.runsOperations
    ? asOperation(() => route.handle(request, context))
    : route.handle(request, context);
}

const matches = (pattern: string, path: string) =>
  pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
