/** The security headers of every answer (OWASP's list for APIs; `securityHeaders` in src/http/answer.ts). */
const EXPECTED = {
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^no-referrer$/,
  'content-security-policy': /frame-ancestors 'none'/,
  'cross-origin-resource-policy': /^(cross|same)-origin$/,
} as const;
const STRICT_TRANSPORT = /^max-age=\d{8,}; includeSubDomains/;

/**
 * The answers that a cache gave without the Worker
 * (developers.cloudflare.com/cache/concepts/cache-responses; Workers Caching uses the same words).
 */
const FROM_CACHE = /^(HIT|STALE|UPDATING|REVALIDATED)$/i;

/** Says what is wrong with the headers of an answer: security headers that are absent, and a cache that answered. */
export function headerProblems({ protocol }: URL, headers: Headers): string[] {
  const expected = Object.entries(EXPECTED);
  const all =
    protocol === 'https:'
      ? [...expected, ['strict-transport-security', STRICT_TRANSPORT] as const]
      : expected;
  const problems = all.flatMap(([name, pattern]) => {
    const value = headers.get(name);
    if (value === null) return [`the header ${name} is absent`];
    return pattern.test(value) ? [] : [`the header ${name} is ${value}`];
  });
  const cacheStatus = headers.get('cf-cache-status') ?? '';
  if (FROM_CACHE.test(cacheStatus)) problems.push(`a cache answered, and not the Worker: ${cacheStatus}`);
  return problems;
}
