/**
 * Every HTTP request: its id, its route, its headers. What no route expects ends here, masked and logged.
 */
import { NOT_STORED } from '../cache/caching-headers.ts';
import { errorFields, log } from '../observability/log.ts';
import { Answer } from './answer.ts';
import { applyCors, preflightResponse } from './cors.ts';
import { errorResponse } from './responses.ts';
import { applySecurityHeaders } from './security-headers.ts';

export interface Routes {
  /** The answer to a GET that is in memory as it stands; null where there is none. */
  graphqlFromMemory(request: Request): Answer | null;
  graphql(
    request: Request,
    requestId: string,
    waitUntil: (promise: Promise<unknown>) => void,
  ): Promise<Response | Answer>;
  /** The handshake of a WebSocket. */
  graphqlSocket(request: Request): Promise<Response>;
  health(): Promise<Response>;
  /** Absent where no key is set. */
  admin?: (request: Request, requestId: string) => Promise<Response>;
}

export interface HeaderOptions {
  corsOrigins: readonly string[];
  strictTransport: boolean;
}

export interface RequestHandlerOptions extends HeaderOptions {
  routes: Routes;
  randomId: () => string;
}

export function handleRequest(
  request: Request,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  options: RequestHandlerOptions,
): Response | Promise<Response> {
  const kept = request.method === 'GET' ? options.routes.graphqlFromMemory(request) : null;
  return kept === null ? answerAnything(request, ctx, options) : kept.response(options.randomId());
}

async function answerAnything(
  request: Request,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  options: RequestHandlerOptions,
): Promise<Response> {
  const requestId = options.randomId();
  let answer: Response | Answer;
  try {
    answer = await routed(request, requestId, ctx, options);
  } catch (error) {
    log.error('http.unhandled', { requestId, path: pathOf(request.url), ...errorFields(error) });
    answer = errorResponse(500, { message: 'Unexpected error.', code: 'INTERNAL_SERVER_ERROR', requestId });
  }
  if (answer instanceof Answer) {
    if (!answer.isComplete) completeHeaders(request, answer.headers, options);
    return answer.response(requestId);
  }
  // From here on the connection is the socket's, and a copy would lose it.
  if (answer.status === 101) return answer;
  const headers = new Headers(answer.headers);
  completeHeaders(request, headers, options);
  const body = request.method === 'HEAD' ? null : answer.body;
  headers.set('x-request-id', requestId);
  const { status, statusText } = answer;
  return new Response(body, { status, statusText, headers });
}

/** Adds what every answer carries. */
export function completeHeaders(request: Request, headers: Headers, options: HeaderOptions): void {
  applySecurityHeaders(headers, options);
  // Yoga's streams say `no-cache`, which lets a shared cache keep them.
  if ((headers.get('Cache-Control') ?? 'no-cache') === 'no-cache') headers.set('Cache-Control', NOT_STORED);
  if (request.method !== 'OPTIONS') applyCors(request, headers, options.corsOrigins);
}

function routed(
  request: Request,
  requestId: string,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  { routes, corsOrigins }: RequestHandlerOptions,
): Response | Promise<Response | Answer> {
  const pathname = pathOf(request.url);
  if (pathname === '/graphql' || pathname.startsWith('/graphql/')) {
    if (request.method === 'OPTIONS') return preflightResponse(request, corsOrigins);
    if (request.method === 'GET' && request.headers.get('upgrade')?.toLowerCase() === 'websocket')
      return routes.graphqlSocket(request);
    return routes.graphql(request, requestId, (promise) => ctx.waitUntil(promise));
  }
  if (pathname.startsWith('/admin/') && routes.admin) return routes.admin(request, requestId);
  if (pathname === '/health') {
    if (request.method === 'GET' || request.method === 'HEAD') return routes.health();
    const refusal = { message: 'Use GET.', code: 'BAD_USER_INPUT', requestId };
    return errorResponse(405, refusal, { Allow: 'GET, HEAD' });
  }
  const refusal = { message: 'Nothing is here: the API is at /graphql.', code: 'NOT_FOUND', requestId };
  return errorResponse(404, refusal);
}

/** The path of an absolute URL as the runtime writes it, normalised: parsing all of it costs a hit more than the rest. */
function pathOf(url: string): string {
  const [path = ''] = url.slice(url.indexOf('/', 'https://'.length)).split(/[?#]/, 1);
  return path;
}
