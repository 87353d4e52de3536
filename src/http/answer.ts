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
/** A file runs nothing, also if a browser opens it as a page. */
export const FILE_CONTENT_SECURITY_POLICY = "sandbox; default-src 'none'";

/**
 * Headers by name, each in the gateway's one spelling. A `Headers` costs more: each call of it leaves JavaScript, and a
 * response takes a copy.
 */
export type AnswerHeaders = Record<string, string>;

/** Without the headers that every answer carries. */
export class Answer {
  readonly body: Uint8Array<ArrayBuffer> | string | null;
  readonly headers: AnswerHeaders;
  readonly status: number;

  constructor(body: Answer['body'], headers: AnswerHeaders, status = 200) {
    this.body = body;
    this.headers = headers;
    this.status = status;
  }

  response(requestId: string): Response {
    this.headers['x-request-id'] = requestId;
    return new Response(this.body, { status: this.status, headers: this.headers });
  }
}

/** An answer whose headers lie in memory. They lack the request's id alone, and serve many requests. */
export class KeptAnswer {
  /** Null if the client holds it already: then the answer is a 304, which has no type either. */
  readonly body: Answer['body'];
  readonly headers: Headers;

  constructor(body: KeptAnswer['body'], headers: Headers) {
    this.body = body;
    this.headers = headers;
  }

  get status(): number {
    return this.body === null ? 304 : 200;
  }

  /** A response takes a copy of the headers, which costs less than to write into its own. */
  response(requestId: string): Response {
    this.headers.set('x-request-id', requestId);
    const response = new Response(this.body, { status: this.status, headers: this.headers });
    if (this.body === null) response.headers.delete('Content-Type');
    return response;
  }
}

export function setHeaders(headers: Headers | AnswerHeaders, added: AnswerHeaders): void {
  if (!(headers instanceof Headers)) Object.assign(headers, added);
  else for (const [name, value] of Object.entries(added)) headers.set(name, value);
}

export interface HeaderOptions {
  corsOrigins: readonly string[];
  /** Tells browsers to stay with HTTPS: not where a developer serves plain HTTP. */
  strictTransport: boolean;
}

/** Those of an answer's own headers that the common ones depend on. */
export type OwnHeaders = Readonly<
  Partial<
    Record<'Content-Type' | 'Cache-Control' | 'Vary' | 'Content-Security-Policy', string | null | undefined>
  >
>;

/** The headers that every answer carries, to be set beside its own. */
export const commonHeaders = (request: Request, own: OwnHeaders, options: HeaderOptions): AnswerHeaders =>
  commonHeadersFor(audienceOf(request, own, options.corsOrigins), own, options);

/** The same for the same audience and the same headers of its own. */
export function commonHeadersFor(audience: Audience, own: OwnHeaders, options: HeaderOptions): AnswerHeaders {
  const headers = securityHeaders(own, options);
  // Yoga's streams say `no-cache`, which lets a shared cache keep them.
  if ((own['Cache-Control'] ?? 'no-cache') === 'no-cache') headers['Cache-Control'] = NOT_STORED;
  return audience === PREFLIGHT ? headers : Object.assign(headers, corsHeaders(audience, own));
}

const EXPOSED_HEADERS =
  'ETag, Age, Retry-After, Deprecation, Sunset, X-Cache, x-request-id, x-trace-id, Accept-Ranges, Content-Range';
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, OPTIONS';
const ALLOWED_HEADERS = [
  'Content-Type',
  'Authorization',
  'If-None-Match',
  'If-Match',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'If-Range',
  'Range',
  'Last-Event-ID',
  'Idempotency-Key',
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

/** The pages whose scripts may read an answer: an origin of the allowlist, or one of these words, which are no origins. */
export type Audience = string;
const PREFLIGHT = 'preflight';
/** Every origin, because a shared cache may keep the answer. */
const EVERYBODY = 'everybody';
/** Every origin, because the request has no credentials. */
const ANYBODY = 'anybody';
const NOBODY = 'nobody';

export function audienceOf(request: Request, own: OwnHeaders, allowedOrigins: readonly string[]): Audience {
  if (request.method === 'OPTIONS') return PREFLIGHT;
  if (own['Cache-Control']?.startsWith('public')) return EVERYBODY;
  const { headers } = request;
  return listedOrigin(headers, allowedOrigins) ?? (hasNoCredentials(headers) ? ANYBODY : NOBODY);
}

function corsHeaders(audience: Audience, own: OwnHeaders): AnswerHeaders {
  const vary = audience === EVERYBODY ? {} : { Vary: own.Vary ? `${own.Vary}, Origin` : 'Origin' };
  if (audience === NOBODY) return vary;
  const allowed: AnswerHeaders =
    audience === EVERYBODY || audience === ANYBODY
      ? { 'Access-Control-Allow-Origin': '*' }
      : { 'Access-Control-Allow-Origin': audience, 'Access-Control-Allow-Credentials': 'true' };
  return { ...vary, ...allowed, 'Access-Control-Expose-Headers': EXPOSED_HEADERS };
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

/** @param own of the answer: a policy of its own replaces the common one */
export function securityHeaders(
  own: OwnHeaders,
  { strictTransport }: Pick<HeaderOptions, 'strictTransport'>,
): AnswerHeaders {
  const isPage = own['Content-Type']?.startsWith('text/html') === true;
  const headers: AnswerHeaders = {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': own['Content-Security-Policy'] ?? (isPage ? PAGE_POLICY : API_POLICY),
    // Answers are for other origins; CORS decides which may read them.
    'Cross-Origin-Resource-Policy': isPage ? 'same-origin' : 'cross-origin',
  };
  if (strictTransport) {
    headers['Strict-Transport-Security'] = `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains`;
  }
  return headers;
}
