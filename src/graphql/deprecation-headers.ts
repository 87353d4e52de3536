import type { FoundOperation } from '../operations/registered-operation.ts';

/**
 * Since when an operation is deprecated (RFC 9745, a structured-field date) and when it may stop to run (RFC 8594,
 * an HTTP date).
 */
export function deprecationHeaders(found: FoundOperation | null): Record<string, string> {
  if (found?.liveness.state !== 'deprecated') return {};
  const { deprecatedAt, sunset } = found.liveness;
  return { Deprecation: `@${deprecatedAt}`, Sunset: new Date(sunset * 1000).toUTCString() };
}
