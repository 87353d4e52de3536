/**
 * Answers from the cache, and has them made anew when they are due.
 *
 * What is made records the generations seen before it was executed, so that a change meanwhile makes it stale at once.
 * Stale answers are served while one refresh runs beside a request, and while the sources fail; a conditional request
 * asks whether an answer is still current, which a stale one cannot say, and waits for the new one where nobody is
 * making it yet. A refresh is claimed by a time, not by a promise: one made in one request must not be awaited in another.
 */
import { errorFields, log } from '../observability/log.ts';
import type { CacheGenerations } from '../storage/kv/cache-generations.ts';
import type { GenerationsMemory } from './freshness.ts';
import { type Freshness, freshnessOf, isOutdated } from './freshness.ts';
import { type CacheKey, etagOf, type ResponseCache, type StoredAnswer } from './response-cache.ts';

/** The answer to a query, executed for nobody in particular. */
export interface ExecutedAnswer {
  body: Uint8Array<ArrayBuffer>;
  hasErrors: boolean;
  /** The errors are ours or upstream's, and may be gone the next time. */
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
  /** When the prices that an execution would see were made, in Unix seconds; `known` is the newest heard of. */
  pricesAsOf(nowMs: number, known: number): Promise<number>;
  nowMs(): number;
}

export interface ServeOptions {
  isConditional: boolean;
  waitUntil(promise: Promise<unknown>): void;
  execute(): Promise<ExecutedAnswer>;
}

/** One that is held and no longer fresh. */
interface DueAnswer {
  key: CacheKey;
  held: StoredAnswer;
  freshness: Exclude<Freshness, 'fresh'>;
  current: CacheGenerations;
  options: ServeOptions;
  /** Whether KV may hold a newer one: not where what is held came from there just now. */
  mayAskKv: boolean;
}

/** How long a refresh may take before another request may begin one. */
const REFRESH_CLAIM_MS = 10_000;
/** After a refresh that failed, or that brought nothing newer yet. */
const REFRESH_RETRY_MS = 5_000;

export class CachedAnswers {
  readonly #sources: CachedAnswersSources;

  constructor(sources: CachedAnswersSources) {
    this.#sources = sources;
  }

  /** What can be served without waiting for anything; null where something must be asked first. */
  atOnce(key: CacheKey, nowMs: number): StoredAnswer | null {
    const current = this.#sources.generations.recent(nowMs);
    if (current === null) return null;
    const held = this.#sources.cache.inMemory(key);
    if (held === undefined || freshnessOf(held, key.policy, current, nowMs) !== 'fresh') return null;
    return held;
  }

  /** @throws what `execute` throws, where nothing older may stand in. */
  async serve(key: CacheKey, options: ServeOptions): Promise<ServedAnswer> {
    const { cache, generations } = this.#sources;
    const nowMs = this.#sources.nowMs();
    const current = generations.recent(nowMs) ?? (await generations.renew(nowMs));
    const inMemory = cache.inMemory(key);
    const held = inMemory ?? (await cache.inKv(key));
    if (held === undefined) return this.#make(key, current, options, 'uri-miss');
    const freshness = freshnessOf(held, key.policy, current, nowMs);
    if (freshness === 'fresh') return { outcome: 'HIT', answer: held };
    const mayRefresh = held.nextRefreshAtMs <= nowMs;
    if (mayRefresh) held.nextRefreshAtMs = nowMs + REFRESH_CLAIM_MS;
    const due: DueAnswer = { key, held, freshness, current, options, mayAskKv: inMemory !== undefined };
    // The sources failed a moment ago, or somebody is asking them now.
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

  /** Another isolate may have put a newer one into KV: a read instead of an execution and one more put. */
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
    if (hasErrors) return { outcome: 'BYPASS', body, isFault };
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

  /** Prices come from a value that isolates keep for a while: what counts is which one they keep. */
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
