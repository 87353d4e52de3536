/**
 * The generations of the cache tags as one isolate knows them: never older than 15 s while KV answers.
 *
 * What was read is kept as a value: a promise made in one request must not be awaited in another. While KV fails, what
 * was read last goes on, and answers live no longer than their policies say anyway.
 */
import { errorFields, log } from '../observability/log.ts';
import { type CacheGenerations, readCacheGenerations } from '../storage/kv/cache-generations.ts';
import { CACHE_GENERATIONS_MEMORY_SECONDS, CACHE_GENERATIONS_RENEWAL_SECONDS } from '../storage/kv/keys.ts';

const RETRY_SECONDS = 5;

export class GenerationsMemory {
  readonly #kv: KVNamespace;
  #generations: CacheGenerations = {};
  #readAtMs = Number.NEGATIVE_INFINITY;
  #renewalAtMs = Number.NEGATIVE_INFINITY;

  constructor(kv: KVNamespace) {
    this.#kv = kv;
  }

  /** Null where they are too old to go by. */
  recent(nowMs: number): CacheGenerations | null {
    const ageMs = nowMs - this.#readAtMs;
    return ageMs >= 0 && ageMs < CACHE_GENERATIONS_MEMORY_SECONDS * 1000 ? this.#generations : null;
  }

  /** Whether they should be read again beside this request; no other request is told so for a while. */
  claimRenewal(nowMs: number): boolean {
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
      // Soon again, but not for every request of an outage.
      this.#readAtMs = nowMs - (CACHE_GENERATIONS_MEMORY_SECONDS - RETRY_SECONDS) * 1000;
      this.#renewalAtMs = nowMs + RETRY_SECONDS * 1000;
    }
    return this.#generations;
  }
}
