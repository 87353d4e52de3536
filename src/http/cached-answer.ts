/** An answer of the cache as HTTP: which headers it has by how it was asked for, and when `304` says it all. */
import type { ServedAnswer } from '../cache/cached-answers.ts';
import {
  forwardStatus,
  hitStatus,
  holdsAlready,
  NOT_STORED,
  publicCacheControl,
} from '../cache/caching-headers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { CacheKey } from '../cache/response-cache.ts';
import { Answer } from './answer.ts';
import { isPublic } from './cors.ts';

export interface CachedAnswerOptions {
  request: Request;
  key: CacheKey;
  served: ServedAnswer;
  mediaType: string;
  nowMs: number;
}

export function cachedAnswer(options: CachedAnswerOptions): Answer {
  const { request, served } = options;
  const headers = cachedHeaders(options);
  if (served.outcome === 'BYPASS') return new Answer(served.body, headers);
  const ifNoneMatch = request.method === 'GET' ? request.headers.get('if-none-match') : null;
  // A stale answer cannot say that it is still current.
  if (ifNoneMatch === null || served.outcome === 'STALE' || !holdsAlready(ifNoneMatch, served.answer.etag)) {
    return new Answer(served.answer.body, headers);
  }
  headers.delete('Content-Type');
  return new Answer(null, headers, { status: 304 });
}

export function cachedHeaders({ request, served, key, mediaType, nowMs }: CachedAnswerOptions): Headers {
  const headers = new Headers({ 'Content-Type': `${mediaType}; charset=utf-8`, 'X-Cache': served.outcome });
  if (served.outcome === 'BYPASS') {
    headers.set('Cache-Status', forwardStatus('bypass', { detail: 'errors' }));
    headers.set('Cache-Control', NOT_STORED);
    return headers;
  }
  const age = ageSeconds(served.answer, nowMs);
  const lifetime = key.policy.maxAgeSeconds;
  // What is outdated before its time may bridge a refresh in the caches in front as well, and no more.
  const maxAgeSeconds = served.outcome === 'STALE' ? Math.min(lifetime, age) : lifetime;
  const policy = { ...key.policy, maxAgeSeconds };
  headers.set('Cache-Status', statusOf(served, maxAgeSeconds - age));
  if (served.outcome !== 'MISS') headers.set('Age', String(age));
  if (request.method !== 'GET') {
    headers.set('Cache-Control', 'no-store');
    return headers;
  }
  headers.set('Cache-Control', publicCacheControl(policy, isPublic(request.headers) ? 'public' : 'private'));
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
