/**
 * Serves answers from the cache, and refreshes them.
 *
 * An answer records the generations of its tags before its execution, so that a change meanwhile makes it stale at once.
 * A stale answer is served while one refresh runs beside a request, and while the sources fail. A conditional request
 * waits for the refresh instead, unless another request runs it: a stale answer cannot confirm that it is current. A
 * request claims a refresh by a time, not by a promise: a promise of one request must not be awaited in another.
 *
 * An answer with errors is never kept. It ends the answer that was kept, unless the sources failed.
 */
import { errorFields, log } from '../observability/log.ts';
import type { CacheGenerations } from '../storage/kv/cache-generations.ts';
import type { GenerationsMemory } from './freshness.ts';
import { type Freshness, freshnessOf, isOutdated } from './freshness.ts';
import { type CacheKey, etagOf, type ResponseCache, type StoredAnswer } from './response-cache.ts';

/** The answer to a query that was executed without a viewer. */
export interface ExecutedAnswer {
  body: Uint8Array<ArrayBuffer>;
  hasErrors: boolean;
  /** True if the errors are the gateway's or upstream's, and may be gone at the next execution. */
  isFault: boolean;
}

export type ServedAnswer =
  | { outcome: 'HIT'; answer: StoredAnswer }
  | { outcome: 'STALE'; answer: StoredAnswer; reason: 'revalidating' | 'source-failed' }
  | { outcome: 'MISS'; answer: StoredAnswer; reason: 'uri-miss' | 'stale' }
  | { outcome: 'BYPASS'; body: Uint8Array<ArrayBuffer>; isFault: boolean };

export interface CachedAnswersSources {
  cache: ResponseCache;
  generations: GenerationsMemory;
  /** The time of the prices that an execution would see, in Unix seconds; `known` is the newest known time. */
  pricesAsOf(nowMs: number, known: number): Promise<number>;
  nowMs(): number;
}

export interface ServeOptions {
  isConditional: boolean;
  waitUntil(promise: Promise<unknown>): void;
  execute(): Promise<ExecutedAnswer>;
}

/** A held answer that is no longer fresh. */
interface DueAnswer {
  key: CacheKey;
  held: StoredAnswer;
  freshness: Exclude<Freshness, 'fresh'>;
  current: CacheGenerations;
  options: ServeOptions;
  /** True if KV may hold a newer answer: false if the held one came from KV just now. */
  mayAskKv: boolean;
}

/** A refresh that takes longer may be started again by another request. */
const REFRESH_CLAIM_MS = 10_000;
/** The pause after a refresh that failed or brought nothing newer. */
const REFRESH_RETRY_MS = 5_000;

export class CachedAnswers {
  readonly #sources: CachedAnswersSources;

  constructor(sources: CachedAnswersSources) {
    this.#sources = sources;
  }

  /** The answer, if it can be served without waiting for anything; null otherwise. */
  atOnce(key: CacheKey, nowMs: number): StoredAnswer | null {
    const current = this.#sources.generations.recent(nowMs);
    if (current === null) return null;
    const held = this.#sources.cache.inMemory(key);
    if (held === undefined || freshnessOf(held, key.policy, current, nowMs) !== 'fresh') return null;
    return held;
  }

  /** @throws the error of `execute`, if no older answer may stand in. */
  async serve(key: CacheKey, options: ServeOptions): Promise<ServedAnswer> {
    const { cache, generations } = this.#sources;
    const nowMs = this.#sources.nowMs();
    const current = generations.recent(nowMs) ?? (await generations.renew(nowMs));
    const inMemory = cache.inMemory(key);
    const held = inMemory ?? (await cache.inKv(key));
    if (held === undefined) return this.#make(key, current, options, 'uri-miss');
    const freshness = freshnessOf(held, key.policy, current, nowMs);
    if (freshness === 'fresh') return { outcome: 'HIT', answer: held };
    const waitMs = held.nextRefreshAtMs - nowMs;
    // A claim that lasts longer was made before the clock was set back.
    const mayRefresh = waitMs <= 0 || waitMs > REFRESH_CLAIM_MS;
    if (mayRefresh) held.nextRefreshAtMs = nowMs + REFRESH_CLAIM_MS;
    const due: DueAnswer = { key, held, freshness, current, options, mayAskKv: inMemory !== undefined };
    // The sources failed a moment ago, or another request is asking them now.
    if (freshness !== 'expired' && !mayRefresh) return staleAnswer(held, freshness);
    if (freshness === 'stale' && !options.isConditional) {
      options.waitUntil(this.#refresh(due));
      return staleAnswer(held, freshness);
    }
    return this.#renewOrFallBack(due);
  }

  async #renewOrFallBack(due: DueAnswer): Promise<ServedAnswer> {
    const { held, freshness } = due;
    const fallback: ServedAnswer | null =
      freshness === 'expired' ? null : { outcome: 'STALE', answer: held, reason: 'source-failed' };
    try {
      const made = await this.#renew(due);
      if (made.outcome !== 'BYPASS' || !made.isFault || fallback === null) return made;
    } catch (error) {
      if (fallback === null) throw error;
      log.error('cache.refresh_failed', errorFields(error));
    }
    held.nextRefreshAtMs = this.#sources.nowMs() + REFRESH_RETRY_MS;
    return fallback;
  }

  async #refresh(due: DueAnswer): Promise<void> {
    try {
      const made = await this.#renew(due);
      if (made.outcome !== 'BYPASS') return;
    } catch (error) {
      log.error('cache.refresh_failed', errorFields(error));
    }
    due.held.nextRefreshAtMs = this.#sources.nowMs() + REFRESH_RETRY_MS;
  }

  /** Another isolate may have put a newer answer into KV: reading it saves an execution and a put. */
  async #renew({ key, current, options, mayAskKv }: DueAnswer): Promise<ServedAnswer> {
    const inKv = mayAskKv ? await this.#sources.cache.inKv(key) : undefined;
    if (inKv !== undefined && freshnessOf(inKv, key.policy, current, this.#sources.nowMs()) === 'fresh') {
      return { outcome: 'HIT', answer: inKv };
    }
    return this.#make(key, current, options, 'stale');
  }

  async #make(
    key: CacheKey,
    current: CacheGenerations,
    { execute, waitUntil }: ServeOptions,
    reason: 'uri-miss' | 'stale',
  ): Promise<ServedAnswer> {
    const executedAtMs = this.#sources.nowMs();
    const generations = await this.#generationsSeen(key, current, executedAtMs);
    const { body, hasErrors, isFault } = await execute();
    if (hasErrors) {
      // The sources answered: an answer that was held no longer holds.
      const forgotten =
        isFault || reason === 'uri-miss' ? null : this.#sources.cache.forget(key, executedAtMs);
      if (forgotten !== null) waitUntil(forgotten);
      return { outcome: 'BYPASS', body, isFault };
    }
    const answer: StoredAnswer = {
      body,
      etag: await etagOf(body),
      executedAtMs,
      generations,
      nextRefreshAtMs: 0,
    };
    if (isOutdated(answer, key.policy, current)) answer.nextRefreshAtMs = executedAtMs + REFRESH_RETRY_MS;
    const put = this.#sources.cache.store(key, answer);
    if (put !== null) waitUntil(put);
    return { outcome: 'MISS', answer, reason };
  }

  /** Prices come from a snapshot that isolates keep for a while: the time of that snapshot counts. */
  async #generationsSeen(key: CacheKey, current: CacheGenerations, nowMs: number): Promise<number[]> {
    const seen: number[] = [];
    for (const tag of key.policy.tags) {
      const known = current[tag] ?? 0;
      seen.push(tag === 'prices' ? await this.#sources.pricesAsOf(nowMs, known) : known);
    }
    return seen;
  }
}

const staleAnswer = (answer: StoredAnswer, freshness: DueAnswer['freshness']): ServedAnswer => ({
  outcome: 'STALE',
  answer,
  reason: freshness === 'stale' ? 'revalidating' : 'source-failed',
});
