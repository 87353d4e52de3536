/**
 * The freshness of an answer: by its age, and by the generations of the cache tags that it depends on.
 *
 * The generations are kept as a value: a promise made in one request must not be awaited in another.
 */
import { errorFields, log } from '../observability/log.ts';
import { CLOCK_SKEW_MAX_SECONDS } from '../storage/clock-skew.ts';
import { type CacheGenerations, readCacheGenerations } from '../storage/kv/cache-generations.ts';
import { CACHE_GENERATIONS_MEMORY_SECONDS, CACHE_GENERATIONS_RENEWAL_SECONDS } from '../storage/kv/keys.ts';
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
  /** The generations of the policy's tags before the execution, in the order of the tags. */
  generations: readonly number[];
}

/**
 * Both stale periods of RFC 5861 count from the end of `max-age`, side by side. An answer from the future is stale: it is
 * served once more, while one is made that has an age.
 */
export function freshnessOf(
  answer: Dated,
  policy: StorablePolicy,
  current: CacheGenerations,
  nowMs: number,
): Freshness {
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = policy;
  const staleSeconds = ageSeconds(answer, nowMs) - maxAgeSeconds;
  if (isFromFuture(answer, nowMs)) return 'stale';
  if (staleSeconds < 0 && !isOutdated(answer, policy, current)) return 'fresh';
  if (staleSeconds < staleWhileRevalidateSeconds) return 'stale';
  return staleSeconds < staleIfErrorSeconds ? 'last-resort' : 'expired';
}

/** True if the clock was set back since. The answer's age is not known, and nothing may wait until then. */
export const isFromFuture = ({ executedAtMs }: Pick<Dated, 'executedAtMs'>, nowMs: number) =>
  executedAtMs > nowMs + CLOCK_SKEW_MAX_SECONDS * 1000;

/** True if a tag of the answer has changed since it was executed. */
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

const RETRY_SECONDS = 5;

/** The generations as one isolate knows them: never older than 15 s while KV answers; while KV fails, the last ones. */
export class GenerationsMemory {
  readonly #kv: KVNamespace;
  #generations: CacheGenerations = {};
  #readAtMs = Number.NEGATIVE_INFINITY;
  #renewalAtMs = Number.NEGATIVE_INFINITY;

  constructor(kv: KVNamespace) {
    this.#kv = kv;
  }

  /** Null where they are too old. */
  recent(nowMs: number): CacheGenerations | null {
    const ageMs = nowMs - this.#readAtMs;
    return ageMs >= 0 && ageMs < CACHE_GENERATIONS_MEMORY_SECONDS * 1000 ? this.#generations : null;
  }

  /**
   * True if the caller shall read them again beside its request, so that no request waits for them while requests keep
   * coming. No other caller gets true for a while.
   */
  claimRenewal(nowMs: number): boolean {
    // No request has needed them yet.
    if (this.#readAtMs === Number.NEGATIVE_INFINITY) return false;
    if (nowMs < this.#renewalAtMs && nowMs >= this.#readAtMs) return false;
    this.#renewalAtMs = nowMs + RETRY_SECONDS * 1000;
    return true;
  }

  /** Never rejects. */
  async renew(nowMs: number): Promise<CacheGenerations> {
    try {
      this.#generations = await readCacheGenerations(this.#kv);
      this.#renewalAtMs = nowMs + CACHE_GENERATIONS_RENEWAL_SECONDS * 1000;
      this.#readAtMs = nowMs;
    } catch (error) {
      log.error('cache.generations_unreadable', errorFields(error));
      // They are read again soon, but not for every request of an outage.
      this.#readAtMs = nowMs - (CACHE_GENERATIONS_MEMORY_SECONDS - RETRY_SECONDS) * 1000;
      this.#renewalAtMs = nowMs + RETRY_SECONDS * 1000;
    }
    return this.#generations;
  }
}
