/** An answer of the cache as HTTP: which headers it has by how it was asked for, and when `304` says it all. */

import { type ServedAnswer, ttlSeconds } from '../cache/cached-answers.ts';
import {
  type CacheOutcome,
  forwardStatus,
  hitStatus,
  holdsAlready,
  NOT_STORED,
  publicCacheControl,
} from '../cache/caching-headers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { CacheKey, StoredAnswer } from '../cache/response-cache.ts';
import { isPublic } from './cors.ts';

export interface CachedResponseOptions {
  request: Request;
  key: CacheKey;
  served: ServedAnswer;
  mediaType: string;
  nowMs: number;
}

export function cachedResponse(options: CachedResponseOptions): Response {
  const { request, served, key, mediaType, nowMs } = options;
  const contentType = `${mediaType}; charset=utf-8`;
  if (served.outcome === 'BYPASS') {
    return new Response(served.body, {
      headers: {
        'Content-Type': contentType,
        'Cache-Control': NOT_STORED,
        'X-Cache': 'BYPASS',
        'Cache-Status': forwardStatus('bypass', { detail: 'errors' }),
      },
    });
  }
  const { answer } = served;
  const headers: Record<string, string> = {
    'Content-Type': contentType,
    'X-Cache': served.outcome,
    'Cache-Status': statusOf(served, ttlSeconds(answer, key, nowMs)),
  };
  if (served.outcome !== 'MISS') headers.Age = String(ageSeconds(answer, nowMs));
  if (request.method !== 'GET') {
    headers['Cache-Control'] = 'no-store';
    return new Response(answer.body, { headers });
  }
  headers['Cache-Control'] = publicCacheControl(key.policy, isPublic(request) ? 'public' : 'private');
  headers.ETag = answer.etag;
  headers.Vary = 'Accept';
  if (key.policy.tags.length > 0) headers['Cache-Tag'] = key.policy.tags.join(',');
  return mayBeHeld(request, served.outcome, answer)
    ? new Response(null, { status: 304, headers: withoutContentType(headers) })
    : new Response(answer.body, { headers });
}

/** A stale answer cannot say that it is still current. */
const mayBeHeld = (request: Request, outcome: CacheOutcome, { etag }: StoredAnswer) => {
  const ifNoneMatch = request.headers.get('if-none-match');
  return ifNoneMatch !== null && outcome !== 'STALE' && holdsAlready(ifNoneMatch, etag);
};

function withoutContentType({ 'Content-Type': _, ...headers }: Record<string, string>) {
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
