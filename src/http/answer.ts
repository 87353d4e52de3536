/**
 * An answer on its way out, and the headers that every answer carries: CORS (the Fetch standard's CORS protocol) and
 * security (OWASP's list for APIs).
 *
 * An answer that shared caches keep is the same for every origin, and so open to all. Every other answer allows
 * credentials to the origins of the allowlist, and `Vary: Origin` says so; without credentials it is open to the others
 * too.
 */
import { CLIENT_VERSION_HEADERS } from '../operations/client-identity.ts';
import { hasNoCredentials, PREFLIGHT_HEADERS } from './cross-site.ts';

export const NOT_STORED = 'private, no-store';

export interface AnswerOptions {
  status?: number;
  /** True if the headers lack the request's id alone: the answer may serve many requests. */
  isComplete?: boolean;
}

/** A body and headers that may outlive a request, unlike a Response. */
export class Answer {
  readonly body: Uint8Array<ArrayBuffer> | string | null;
  readonly headers: Headers;
  readonly isComplete: boolean;
  readonly status: number;

  constructor(body: Answer['body'], headers: Headers, options: AnswerOptions = {}) {
    this.body = body;
    this.headers = headers;
    this.isComplete = options.isComplete ?? false;
    this.status = options.status ?? 200;
  }

  /** A response takes a copy of the headers, which costs less than to write into its own. */
  response(requestId: string): Response {
    this.headers.set('x-request-id', requestId);
    return new Response(this.body, { status: this.status, headers: this.headers });
  }
}

export interface HeaderOptions {
  corsOrigins: readonly string[];
  /** Tells browsers to stay with HTTPS: not where a developer serves plain HTTP. */
  strictTransport: boolean;
}

/** Adds the headers that every answer carries. */
export function completeHeaders(request: Request, headers: Headers, options: HeaderOptions): void {
  applySecurityHeaders(headers, options);
  // Yoga's streams say `no-cache`, which lets a shared cache keep them.
  if ((headers.get('Cache-Control') ?? 'no-cache') === 'no-cache') headers.set('Cache-Control', NOT_STORED);
  if (request.method !== 'OPTIONS') applyCors(request, headers, options.corsOrigins);
}

const EXPOSED_HEADERS = 'ETag, Age, Retry-After, Deprecation, Sunset, X-Cache, x-request-id';
const ALLOWED_METHODS = 'GET, HEAD, POST, OPTIONS';
const ALLOWED_HEADERS = [
  'Content-Type',
  'Authorization',
  'If-None-Match',
  'Last-Event-ID',
  ...PREFLIGHT_HEADERS,
  ...CLIENT_VERSION_HEADERS,
  'x-apollo-operation-id',
  // Tracing libraries add them to every request.
  'traceparent',
  'tracestate',
  'baggage',
  'sentry-trace',
].join(', ');
const PREFLIGHT_MAX_AGE_SECONDS = 86_400;

function applyCors(request: Request, headers: Headers, allowedOrigins: readonly string[]): void {
  const isShared = headers.get('Cache-Control')?.startsWith('public') === true;
  if (!isShared) headers.append('Vary', 'Origin');
  const origin = isShared ? null : listedOrigin(request.headers, allowedOrigins);
  if (origin !== null) {
    headers.set('Access-Control-Allow-Origin', origin);
    headers.set('Access-Control-Allow-Credentials', 'true');
  } else if (hasNoCredentials(request.headers)) {
    headers.set('Access-Control-Allow-Origin', '*');
  } else {
    return;
  }
  headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
}

/** The origin of the request if its pages may send credentials, else null. */
export function listedOrigin(sent: Headers, allowedOrigins: readonly string[]): string | null {
  const origin = sent.get('origin');
  return origin !== null && allowedOrigins.includes(origin) ? origin : null;
}

/** A preflight never carries credentials, but may announce them. */
export function preflightResponse(request: Request, allowedOrigins: readonly string[]): Response {
  const headers = new Headers({ Vary: 'Origin, Access-Control-Request-Headers' });
  const origin = request.headers.get('origin') ?? '';
  const announced = request.headers.get('access-control-request-headers')?.toLowerCase() ?? '';
  if (allowedOrigins.includes(origin)) {
    headers.set('Access-Control-Allow-Origin', origin);
    headers.set('Access-Control-Allow-Credentials', 'true');
  } else if (!/\bauthorization\b/.test(announced)) {
    headers.set('Access-Control-Allow-Origin', '*');
  }
  if (headers.has('Access-Control-Allow-Origin')) {
    headers.set('Access-Control-Allow-Methods', ALLOWED_METHODS);
    headers.set('Access-Control-Allow-Headers', ALLOWED_HEADERS);
    headers.set('Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS));
  }
  return new Response(null, { status: 204, headers });
}

const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** GraphiQL is one page with its script, styles, fonts and editor workers in it, and talks to this origin alone. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' 'self'",
  "style-src 'unsafe-inline' 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HSTS_MAX_AGE_SECONDS = 63_072_000;

export function applySecurityHeaders(
  headers: Headers,
  { strictTransport }: Pick<HeaderOptions, 'strictTransport'>,
): void {
  const isPage = headers.get('Content-Type')?.startsWith('text/html') === true;
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('X-Frame-Options', 'DENY');
  headers.set('Referrer-Policy', 'no-referrer');
  headers.set('Content-Security-Policy', isPage ? PAGE_POLICY : API_POLICY);
  // Answers are for other origins; CORS decides which may read them.
  headers.set('Cross-Origin-Resource-Policy', isPage ? 'same-origin' : 'cross-origin');
  if (strictTransport) {
    headers.set('Strict-Transport-Security', `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains`);
  }
}
