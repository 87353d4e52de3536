import type { Liveness } from '../operations/registered-operation.ts';

/**
 * Since when an operation is deprecated (RFC 9745, a structured-field date) and when it may stop to run (RFC 8594,
 * an HTTP date).
 */
export function deprecationHeaders(liveness: Liveness | null): Record<string, string> {
  if (liveness?.state !== 'deprecated') return {};
  const { deprecatedAt, sunset } = liveness;
  return { Deprecation: `@${deprecatedAt}`, Sunset: new Date(sunset * 1000).toUTCString() };
}
