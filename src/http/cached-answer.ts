/** Answers of `serving/` as HTTP: the headers of a cached answer and when it is a 304, and refusals. */
import { GraphQLError } from 'graphql';
import type { StorablePolicy } from '../cache/cache-policy.ts';
import type { ServedAnswer } from '../cache/cached-answers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { CacheKey } from '../cache/response-cache.ts';
import { hasOwnStatus } from '../graphql/error-policy.ts';
import { operationTag } from '../operations/operation-tag.ts';
import type { Liveness } from '../operations/registered-operation.ts';
import { Answer, type AnswerHeaders, NOT_STORED, setHeaders } from './answer.ts';
import { hasNoCredentials } from './cross-site.ts';
import { clientHolds } from './holds-already.ts';

export interface CachedAnswerOptions {
  request: Request;
  key: CacheKey;
  served: ServedAnswer;
  mediaType: string;
  /** True if the client's `Accept` chose the media type. */
  isNegotiated: boolean;
  nowMs: number;
}

export function cachedAnswer(options: CachedAnswerOptions): Answer {
  const { request, served } = options;
  const headers = cachedHeaders(options);
  if (served.outcome === 'BYPASS') return new Answer(served.body, headers);
  // A stale answer cannot say that it is still current.
  if (served.outcome === 'STALE' || !clientHolds(request, served.answer.etag)) {
    return new Answer(served.answer.body, headers);
  }
  const { 'Content-Type': _, ...ofNoBody } = headers;
  return new Answer(null, ofNoBody, 304);
}

export function cachedHeaders({
  request,
  served,
  key,
  mediaType,
  isNegotiated,
  nowMs,
}: CachedAnswerOptions): AnswerHeaders {
  const contentType = `${mediaType}; charset=utf-8`;
  if (served.outcome === 'BYPASS') {
    return {
      'Content-Type': contentType,
      'X-Cache': 'BYPASS',
      'Cache-Status': forwardStatus('bypass', { detail: 'errors' }),
      'Cache-Control': NOT_STORED,
    };
  }
  const age = ageSeconds(served.answer, nowMs);
  const lifetime = key.policy.maxAgeSeconds;
  // An answer that is outdated before its time may bridge one refresh in the caches in front too, and no more.
  const maxAgeSeconds = served.outcome === 'STALE' ? Math.min(lifetime, age) : lifetime;
  const policy = { ...key.policy, maxAgeSeconds };
  const headers: AnswerHeaders = {
    'Content-Type': contentType,
    'X-Cache': served.outcome,
    'Cache-Status': statusOf(served, maxAgeSeconds - age),
  };
  if (served.outcome !== 'MISS') headers.Age = String(age);
  if (request.method !== 'GET') {
    headers['Cache-Control'] = 'no-store';
    return headers;
  }
  // The answer to a request with credentials is for its origin, and some shared caches leave `Vary` out of their keys.
  const scope = hasNoCredentials(request.headers) ? 'public' : 'private';
  headers['Cache-Control'] = publicCacheControl(policy, scope);
  headers.ETag = served.answer.etag;
  if (isNegotiated) headers.Vary = 'Accept';
  const tags = key.operationId === null ? policy.tags : [...policy.tags, operationTag(key.operationId)];
  if (tags.length > 0) headers['Cache-Tag'] = tags.join(',');
  return headers;
}

function statusOf(served: Exclude<ServedAnswer, { outcome: 'BYPASS' }>, ttl: number): string {
  switch (served.outcome) {
    case 'HIT':
      return hitStatus(ttl);
    case 'STALE':
      return hitStatus(ttl, served.reason);
    case 'MISS':
      return forwardStatus(served.reason, { stored: true });
    default:
      throw new Error(`unknown outcome ${served satisfies never}`);
  }
}

/**
 * The answer to a request that was refused before its document was looked at: its status stands whatever the client
 * accepts. Null for every other error: Yoga chooses its status.
 */
export function refusalAnswer(error: unknown, mediaType: string): Answer | null {
  if (!(error instanceof GraphQLError) || error.nodes !== undefined || !hasOwnStatus(error)) return null;
  const { http, rule: _, ...extensions } = error.extensions;
  const headers = { 'Content-Type': `${mediaType}; charset=utf-8`, ...http.headers };
  const body = JSON.stringify({ errors: [{ message: error.message, extensions }] });
  return new Answer(body, headers, http.status);
}

/** `Deprecation` (RFC 9745, a structured-field date) and `Sunset` (RFC 8594, an HTTP date) of a deprecated operation. */
export function deprecationHeaders(liveness: Liveness | null): AnswerHeaders {
  if (liveness?.state !== 'deprecated') return {};
  const { deprecatedAt, sunset } = liveness;
  return { Deprecation: `@${deprecatedAt}`, Sunset: new Date(sunset * 1000).toUTCString() };
}

/** The name of this cache in `Cache-Status` (RFC 9211). */
const CACHE_NAME = 'gateway';

/** RFC 9111, RFC 5861. */
function publicCacheControl(policy: StorablePolicy, scope: 'public' | 'private'): string {
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = policy;
  return `${scope}, max-age=${maxAgeSeconds}, stale-while-revalidate=${staleWhileRevalidateSeconds}, stale-if-error=${staleIfErrorSeconds}`;
}

/** @param ttlSeconds the rest of the lifetime; below 0 after its end. */
const hitStatus = (ttlSeconds: number, detail?: 'revalidating' | 'source-failed') =>
  `${CACHE_NAME}; hit; ttl=${ttlSeconds}${detail === undefined ? '' : `; detail=${detail}`}`;

/** An executed answer. @param reason nothing was held, the held answer was too old, or the cache takes no part. */
export const forwardStatus = (
  reason: 'uri-miss' | 'stale' | 'bypass',
  options: { stored?: boolean; detail?: string } = {},
) =>
  `${CACHE_NAME}; fwd=${reason}${options.stored ? '; stored' : ''}${options.detail === undefined ? '' : `; detail=${options.detail}`}`;

/** The headers of an answer that the cache takes no part in. */
export const BYPASSED: AnswerHeaders = {
  'X-Cache': 'BYPASS',
  'Cache-Status': forwardStatus('bypass'),
  'Cache-Control': NOT_STORED,
};

/** Marks an answer that the cache takes no part in. */
export function bypassing<Sent extends Response | Answer>(answer: Sent): Sent {
  setHeaders(answer.headers, BYPASSED);
  return answer;
}

/** Tells clients of the end of its operation. */
export function deprecated<Sent extends Response | Answer>(answer: Sent, liveness: Liveness | null): Sent {
  setHeaders(answer.headers, deprecationHeaders(liveness));
  return answer;
}
