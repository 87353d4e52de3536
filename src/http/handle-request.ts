/**
 * Every HTTP request: its id, its route, its headers. What no route expects ends here, masked and logged.
 */
import { errorFields, log } from '../observability/log.ts';
import { applyCors, preflightResponse } from './cors.ts';
import { errorResponse } from './responses.ts';
import { applySecurityHeaders } from './security-headers.ts';

export interface Routes {
  graphql(request: Request, requestId: string): Promise<Response>;
  health(): Promise<Response>;
  /** Absent where no key is set. */
  admin?: (request: Request, requestId: string) => Promise<Response>;
}

export interface RequestHandlerOptions {
  routes: Routes;
  corsOrigins: readonly string[];
  strictTransport: boolean;
  randomId: () => string;
}

export async function handleRequest(request: Request, options: RequestHandlerOptions): Promise<Response> {
  const requestId = options.randomId();
  const response = await answer(request, requestId, options).catch((error: unknown) => {
    log.error('http.unhandled', { requestId, path: new URL(request.url).pathname, ...errorFields(error) });
    return errorResponse(500, { message: 'Unexpected error.', code: 'INTERNAL_SERVER_ERROR', requestId });
  });
  return withHeaders(request, response, requestId, options);
}

function answer(request: Request, requestId: string, options: RequestHandlerOptions): Promise<Response> {
  const { pathname } = new URL(request.url);
  const isGraphQL = pathname === '/graphql' || pathname.startsWith('/graphql/');
  if (isGraphQL && request.method === 'OPTIONS') {
    return Promise.resolve(preflightResponse(request, options.corsOrigins));
  }
  if (isGraphQL) return options.routes.graphql(request, requestId);
  if (pathname.startsWith('/admin/') && options.routes.admin) return options.routes.admin(request, requestId);
  if (pathname === '/health') {
    if (request.method === 'GET' || request.method === 'HEAD') return options.routes.health();
    const refusal = { message: 'Use GET.', code: 'BAD_USER_INPUT', requestId };
    return Promise.resolve(errorResponse(405, refusal, { Allow: 'GET, HEAD' }));
  }
  const refusal = { message: 'Nothing is here: the API is at /graphql.', code: 'NOT_FOUND', requestId };
  return Promise.resolve(errorResponse(404, refusal));
}

function withHeaders(
  request: Request,
  response: Response,
  requestId: string,
  options: RequestHandlerOptions,
): Response {
  const headers = new Headers(response.headers);
  headers.set('x-request-id', requestId);
  applySecurityHeaders(headers, options);
  // Yoga's streams say `no-cache`, which lets a shared cache keep them.
  if ((headers.get('Cache-Control') ?? 'no-cache') === 'no-cache') {
    headers.set('Cache-Control', 'private, no-store');
  }
  if (request.method !== 'OPTIONS') applyCors(request, headers, options.corsOrigins);
  const body = request.method === 'HEAD' ? null : response.body;
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}
