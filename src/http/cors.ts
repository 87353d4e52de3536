/**
 * Who may read an answer from another origin (the Fetch standard's CORS protocol).
 *
 * What carries no credentials is public and open to all; everything else follows the allowlist. `Vary: Origin`
 * stands where the answer depends on the origin.
 */

const EXPOSED_HEADERS = 'ETag, Age, Retry-After, Deprecation, Sunset, X-Cache, x-request-id';
const ALLOWED_METHODS = 'GET, POST, OPTIONS';
const ALLOWED_HEADERS =
  'Content-Type, Authorization, graphql-client-name, graphql-client-version, apollographql-client-name, ' +
  'apollographql-client-version, x-graphql-csrf, Last-Event-ID';
const PREFLIGHT_MAX_AGE_SECONDS = 86_400;

/** Adds the CORS headers of an actual request's answer. */
export function applyCors(request: Request, headers: Headers, allowedOrigins: readonly string[]): void {
  if (isPublic(request.headers)) {
    headers.set('Access-Control-Allow-Origin', '*');
  } else {
    headers.append('Vary', 'Origin');
    const origin = request.headers.get('origin');
    if (origin === null || !allowedOrigins.includes(origin)) return;
    headers.set('Access-Control-Allow-Origin', origin);
    headers.set('Access-Control-Allow-Credentials', 'true');
  }
  headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
}

/** The answer to a preflight, which never carries the credentials themselves but may announce them. */
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

/**
 * Whether it carries no credentials. One that does is answered for its origin, and no shared cache may hand that answer
 * to another: some of them leave `Vary` out of their keys.
 */
export const isPublic = (sent: Headers) => !sent.has('authorization') && !sent.has('cookie');
