import type { CacheGenerations } from '../storage/kv/cache-generations.ts';
import type { StorablePolicy } from './cache-policy.ts';

/**
 * - `fresh`: is served.
 * - `stale`: is served while one newer answer is being made.
 * - `last-resort`: is served where no newer answer can be made.
 * - `expired`: is not served.
 */
export type Freshness = 'fresh' | 'stale' | 'last-resort' | 'expired';

export interface Dated {
  /** When it was executed, in Unix milliseconds. */
  executedAtMs: number;
  /** What the policy's tags stood at before, in their order. */
  generations: readonly number[];
}

/** The stretches of RFC 5861 count from the end of `max-age`, and run side by side. */
export function freshnessOf(
  answer: Dated,
  policy: StorablePolicy,
  current: CacheGenerations,
  nowMs: number,
): Freshness {
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = policy;
  const staleSeconds = ageSeconds(answer, nowMs) - maxAgeSeconds;
  if (staleSeconds < 0 && !isOutdated(answer, policy, current)) return 'fresh';
  if (staleSeconds < staleWhileRevalidateSeconds) return 'stale';
  return staleSeconds < staleIfErrorSeconds ? 'last-resort' : 'expired';
}

/** Whether something that the answer depends on has changed since. */
export function isOutdated(answer: Dated, policy: StorablePolicy, current: CacheGenerations): boolean {
  const { tags } = policy;
  for (let index = 0; index < tags.length; index += 1) {
    if ((current[tags[index] ?? ''] ?? 0) > (answer.generations[index] ?? 0)) return true;
  }
  return false;
}

/** Whole seconds, rounded down as `Age` counts them (RFC 9111, section 5.1); a clock that was set back gives 0. */
export const ageSeconds = ({ executedAtMs }: Pick<Dated, 'executedAtMs'>, nowMs: number) =>
  Math.max(0, Math.floor((nowMs - executedAtMs) / 1000));
