/** An answer of the cache as HTTP: which headers it has by how it was asked for, and when `304` says it all. */
import { type ServedAnswer, ttlSeconds } from '../cache/cached-answers.ts';
import {
  forwardStatus,
  hitStatus,
  holdsAlready,
  NOT_STORED,
  publicCacheControl,
} from '../cache/caching-headers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { CacheKey } from '../cache/response-cache.ts';
import { isPublic } from './cors.ts';

export interface CachedResponseOptions {
  request: Request;
  key: CacheKey;
  served: ServedAnswer;
  mediaType: string;
  nowMs: number;
}

export function cachedResponse(options: CachedResponseOptions): Response {
  const { request, served } = options;
  const headers = cachedHeaders(options);
  if (served.outcome === 'BYPASS') return new Response(served.body, { headers });
  const ifNoneMatch = request.method === 'GET' ? request.headers.get('if-none-match') : null;
  // A stale answer cannot say that it is still current.
  if (ifNoneMatch === null || served.outcome === 'STALE' || !holdsAlready(ifNoneMatch, served.answer.etag)) {
    return new Response(served.answer.body, { headers });
  }
  headers.delete('Content-Type');
  return new Response(null, { status: 304, headers });
}

export function cachedHeaders({ request, served, key, mediaType, nowMs }: CachedResponseOptions): Headers {
  const headers = new Headers({ 'Content-Type': `${mediaType}; charset=utf-8`, 'X-Cache': served.outcome });
  if (served.outcome === 'BYPASS') {
    headers.set('Cache-Status', forwardStatus('bypass', { detail: 'errors' }));
    headers.set('Cache-Control', NOT_STORED);
    return headers;
  }
  const { policy } = key;
  headers.set('Cache-Status', statusOf(served, ttlSeconds(served.answer, key, nowMs)));
  if (served.outcome !== 'MISS') headers.set('Age', String(ageSeconds(served.answer, nowMs)));
  if (request.method !== 'GET') {
    headers.set('Cache-Control', 'no-store');
    return headers;
  }
  headers.set('Cache-Control', publicCacheControl(policy, isPublic(request) ? 'public' : 'private'));
  headers.set('ETag', served.answer.etag);
  headers.set('Vary', 'Accept');
  if (policy.tags.length > 0) headers.set('Cache-Tag', policy.tags.join(','));
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
