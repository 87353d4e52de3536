import type { AlertRule } from '../rule.ts';
import { MINUTE_SECONDS } from '../watched-time.ts';
import { namesOf, RECENT_MINUTES, sumOfMinutes } from '../windows.ts';

/**
 * Too few public queries are answered by the gateway's own cache, of those that reach the Worker. A cache in front of it
 * answers most hits itself, so with Workers' cache the rule is off until it has a threshold of its own.
 */
export const cacheHitRate: AlertRule = {
  name: 'cache-hit-rate',
  runbook: 'cache-hit-rate',
  severity: 'ticket',
  windowSeconds: RECENT_MINUTES * MINUTE_SECONDS,
  holdSeconds: 1_800,
  recoverySeconds: 600,
  minimum: 100,
  counted: 'public queries',
  inWords: (value) => `${(value * 100).toFixed(1)} %`,
  isOffWithCacheInFront: true,
  breaches({ requests, recent, watchedSeconds }, { threshold, minimum }) {
    if (requests === null || recent === null) return null;
    const { hits, misses } = sumOfMinutes(requests, watchedSeconds, RECENT_MINUTES);
    const queries = hits + misses;
    if (queries < minimum || hits / queries >= threshold) return [];
    const summary = `${hits} of ${queries} public queries that reached the Worker were answered by its cache in the last ${RECENT_MINUTES} minutes.`;
    const worst = recent.cells.toSorted((left, right) => right.misses - left.misses)[0];
    return [{ subject: '', value: hits / queries, summary, worst: worst && namesOf(worst) }];
  },
};
