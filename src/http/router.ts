/**
 * Every HTTP request: its id, its route, its headers. An error that no route expects ends here, masked and logged.
 */
import { errorFields, log } from '../observability/log.ts';
import {
  Answer,
  commonHeaders,
  type HeaderOptions,
  KeptAnswer,
  preflightResponse,
  setHeaders,
} from './answer.ts';
import { errorResponse } from './responses.ts';
import { pathOf } from './url-parts.ts';

/** The request's own facts, for its route. */
export interface RouteContext {
  requestId: string;
  waitUntil(promise: Promise<unknown>): void;
}

export interface Route {
  /** Paths; one that ends in `/*` stands for every path below it. */
  paths: readonly string[];
  /** Other methods are answered with 405; left out where the route decides. HEAD comes as GET. */
  methods?: readonly string[];
  /** True if browsers on other origins may call it: the router answers their preflights. */
  hasPreflight?: boolean;
  handle(request: Request, context: RouteContext): Response | Promise<Response | Answer | KeptAnswer>;
}

export interface RouterOptions extends HeaderOptions {
  routes: readonly Route[];
  randomId: () => string;
}

export async function answerRequest(
  request: Request,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  options: RouterOptions,
): Promise<Response> {
  const requestId = options.randomId();
  let answer: Response | Answer | KeptAnswer;
  try {
    answer = await routed(request, { requestId, waitUntil: (promise) => ctx.waitUntil(promise) }, options);
  } catch (error) {
    log.error('http.unhandled', { requestId, path: pathOf(request.url), ...errorFields(error) });
    answer = errorResponse(500, { message: 'Unexpected error.', code: 'INTERNAL_SERVER_ERROR', requestId });
  }
  if (answer instanceof KeptAnswer) return answer.response(requestId);
  if (answer instanceof Answer) {
    setHeaders(answer.headers, commonHeaders(request, answer.headers, options));
    return answer.response(requestId);
  }
  // The connection is the socket's from here on, and a copy would lose it.
  if (answer.status === 101) return answer;
  const headers = new Headers(answer.headers);
  const own = {
    'Content-Type': headers.get('Content-Type'),
    'Cache-Control': headers.get('Cache-Control'),
    Vary: headers.get('Vary'),
  };
  setHeaders(headers, { ...commonHeaders(request, own, options), 'x-request-id': requestId });
  const { status, statusText, body } = answer;
  return new Response(body, { status, statusText, headers });
}

function routed(
  request: Request,
  context: RouteContext,
  { routes, corsOrigins }: RouterOptions,
): ReturnType<Route['handle']> {
  const path = pathOf(request.url);
  const route = routes.find(({ paths }) => paths.some((pattern) => matches(pattern, path)));
  const { requestId } = context;
  if (route === undefined) {
    const refusal = { message: 'Nothing is here: the API is at /graphql.', code: 'NOT_FOUND', requestId };
    return errorResponse(404, refusal);
  }
  if (request.method === 'OPTIONS' && route.hasPreflight) return preflightResponse(request, corsOrigins);
  const { methods } = route;
  if (methods !== undefined && !methods.includes(request.method)) {
    const refusal = { message: `Use ${methods[0]}.`, code: 'BAD_USER_INPUT', requestId };
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return errorResponse(405, refusal, { Allow: allowed.join(', ') });
  }
  return route.handle(request, context);
}

const matches = (pattern: string, path: string) =>
  pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
