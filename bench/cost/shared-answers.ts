/** A tier of answers that isolates share, beside the gateway's own response cache; for variants of the simulation. */
import { freshnessOf } from '../../src/cache/freshness.ts';
import { type CacheKey, ResponseCache, type StoredAnswer } from '../../src/cache/response-cache.ts';
import { readAnswer, writeAnswer } from '../../src/storage/kv/answers.ts';
import type { CacheGenerations } from '../../src/storage/kv/cache-generations.ts';
import { sha256Hex } from '../../src/storage/sha256-hex.ts';

export type AnswerTier = 'memory' | 'location' | 'upper' | 'kv';

/** What the isolates of one location share, and with all others. */
export interface SharedAnswers {
  location: Map<string, StoredAnswer> | null;
  upper: Map<string, StoredAnswer> | null;
  kvMinMaxAgeSeconds: number | null;
}

interface Sources {
  kv: KVNamespace;
  schemaHash: string;
  shared: SharedAnswers;
  generations(): CacheGenerations | null;
  nowMs(): number;
}

export class SharedResponseCache extends ResponseCache {
  /** Where the last answer that was found came from. */
  foundIn: AnswerTier = 'memory';
  readonly #sources: Sources;

  constructor(sources: Sources) {
    super(sources);
    this.#sources = sources;
  }

  get #hasTiers(): boolean {
    const { location, upper, kvMinMaxAgeSeconds } = this.#sources.shared;
    return location !== null || upper !== null || kvMinMaxAgeSeconds !== null;
  }

  override inMemory(key: CacheKey): StoredAnswer | undefined {
    const held = super.inMemory(key);
    this.foundIn = 'memory';
    if (held === undefined || !this.#hasTiers) return held;
    // Another isolate may have made a newer one.
    return this.#isFresh(held, key) ? held : undefined;
  }

  override async inKv(key: CacheKey): Promise<StoredAnswer | undefined> {
    const own = super.inMemory(key);
    let best = own;
    for (const tier of ['location', 'upper', 'kv'] as const) {
      const found = await this.#find(tier, key);
      if (found === undefined || found.executedAtMs <= (best?.executedAtMs ?? 0)) continue;
      best = found;
      this.foundIn = tier;
      if (this.#isFresh(found, key)) break;
    }
    if (best === undefined) {
      this.foundIn = 'kv';
      return super.inKv(key);
    }
    if (best === own) return own;
    // Who refreshes it is for each isolate to claim: caches tell nobody.
    const copy = { ...best, nextRefreshAtMs: 0 };
    await super.store({ ...key, mayUseKv: false }, copy);
    this.#sources.shared.location?.set(key.text, copy);
    return copy;
  }

  override async store(key: CacheKey, answer: StoredAnswer): Promise<void> {
    await super.store(key, answer);
    const { location, upper, kvMinMaxAgeSeconds } = this.#sources.shared;
    location?.set(key.text, answer);
    upper?.set(key.text, answer);
    if (kvMinMaxAgeSeconds === null || key.policy.maxAgeSeconds < kvMinMaxAgeSeconds) return;
    const seconds = key.policy.maxAgeSeconds + key.policy.staleWhileRevalidateSeconds;
    const { nextRefreshAtMs: _, ...kept } = answer;
    await writeAnswer(this.#sources.kv, await sha256Hex(key.text), kept, Math.max(60, seconds));
  }

  async #find(tier: 'location' | 'upper' | 'kv', key: CacheKey): Promise<StoredAnswer | undefined> {
    const { shared, kv } = this.#sources;
    if (tier !== 'kv') return shared[tier]?.get(key.text);
    if (shared.kvMinMaxAgeSeconds === null || key.policy.maxAgeSeconds < shared.kvMinMaxAgeSeconds)
      return undefined;
    const found = await readAnswer(kv, await sha256Hex(key.text));
    return found === null ? undefined : { ...found, nextRefreshAtMs: 0 };
  }

  #isFresh(held: StoredAnswer, key: CacheKey): boolean {
    const current = this.#sources.generations();
    return current !== null && freshnessOf(held, key.policy, current, this.#sources.nowMs()) === 'fresh';
  }
}
