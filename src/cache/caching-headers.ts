/** What HTTP caches in front are told (RFC 9111, RFC 5861, RFC 9211), and what they ask back (RFC 9110, section 13). */
import type { StorablePolicy } from './cache-policy.ts';

export const NOT_STORED = 'private, no-store';

/** How this cache calls itself in `Cache-Status`. */
const CACHE_NAME = 'gateway';

export function publicCacheControl(policy: StorablePolicy, scope: 'public' | 'private'): string {
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = policy;
  return `${scope}, max-age=${maxAgeSeconds}, stale-while-revalidate=${staleWhileRevalidateSeconds}, stale-if-error=${staleIfErrorSeconds}`;
}

/** Answered from the cache. @param ttlSeconds what is left of the lifetime; below 0 since it was over. */
export const hitStatus = (ttlSeconds: number, detail?: 'revalidating' | 'source-failed') =>
  `${CACHE_NAME}; hit; ttl=${ttlSeconds}${detail === undefined ? '' : `; detail=${detail}`}`;

/** Answered by executing. @param reason why: nothing held, what was held too old, or not a matter for the cache. */
export const forwardStatus = (
  reason: 'uri-miss' | 'stale' | 'bypass',
  options: { stored?: boolean; detail?: string } = {},
) =>
  `${CACHE_NAME}; fwd=${reason}${options.stored ? '; stored' : ''}${options.detail === undefined ? '' : `; detail=${options.detail}`}`;

/** Whether the client holds these bytes already. Entity tags are compared weakly, as `If-None-Match` is. */
export function holdsAlready(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  // None of ours has a comma in it, so a tag that has one is not ours, however it is cut.
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
