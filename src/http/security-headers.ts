/**
 * What keeps a browser from making more of an answer than it is (OWASP's list for APIs): no guessing of types, no
 * frames, no scripts, no way back to plain HTTP.
 */
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

export interface SecurityOptions {
  /** Tells browsers to stay with HTTPS: not where a developer serves plain HTTP. */
  strictTransport: boolean;
}

export function applySecurityHeaders(headers: Headers, { strictTransport }: SecurityOptions): void {
  const isPage = headers.get('Content-Type')?.startsWith('text/html') === true;
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('X-Frame-Options', 'DENY');
  headers.set('Referrer-Policy', 'no-referrer');
  headers.set('Content-Security-Policy', isPage ? PAGE_POLICY : API_POLICY);
  // Answers are for other origins: who may read them is CORS's to say.
  headers.set('Cross-Origin-Resource-Policy', isPage ? 'same-origin' : 'cross-origin');
  if (strictTransport) {
    headers.set('Strict-Transport-Security', `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains`);
  }
}
