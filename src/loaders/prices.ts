/**
 * Prices: the snapshot first, then what was fetched on demand, then the price API, once for all that is missing.
 *
 * An isolate keeps the snapshot 15 s as a value, never as a promise: a promise made in one request must not be
 * awaited in another. While KV fails, the snapshot it had goes on serving.
 */
import { tooComplex, upstreamUnavailable } from '../../schema/errors.ts';
import { ON_DEMAND_PRICES_MAX } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { PRICE_SNAPSHOT_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import {
  type CurrencyCode,
  type PriceRecord,
  type PriceSnapshot,
  readPriceSnapshot,
} from '../storage/kv/prices.ts';
import { loaderOf } from './batching.ts';
import { loadOnDemand, type OnDemandSources } from './on-demand-prices.ts';

export interface PriceLoader {
  /** Null where no source knows the symbol; rejects with UPSTREAM_UNAVAILABLE where none could be asked. */
  bySymbol(symbol: string): Promise<PriceRecord | null>;
  /** Units of the currency for one US dollar; rejects where no source has given it yet. */
  rate(currency: Exclude<CurrencyCode, 'USD'>): Promise<number>;
}

/**
 * How soon KV is asked again after it gave nothing, or while it gives an older snapshot than is known of: longer than
 * one request takes, so that it asks once.
 */
const RETRY_MS = 1_000;
/** A snapshot that nothing newer is known of is read again all the same, should the word of a newer one be lost. */
const CONFIRMED_MAX_MS = 60_000;

/** A record with its exchanges and indicators, as V8 holds it. */
const PRICE_RECORD_BYTES = 1_500;

/** The snapshot as one isolate remembers it. */
export class PriceSnapshotMemory {
  #snapshot: PriceSnapshot | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #goodForMs = 0;

  get size(): number {
    return Object.keys(this.#snapshot?.prices ?? {}).length;
  }

  /** Bytes, by the number of symbols. */
  get weight(): number {
    return this.size * PRICE_RECORD_BYTES;
  }

  /**
   * When the snapshot that requests are answered from was made, in Unix seconds; 0 where there is none.
   *
   * @param knownAsOf the newest that is heard of; while the one in memory is that one, KV need not be asked for it.
   */
  async asOf(kv: KVNamespace, nowMs: number, knownAsOf: number): Promise<number> {
    if (this.#snapshot !== null && knownAsOf > 0) {
      const isNewest = this.#snapshot.asOf >= knownAsOf;
      this.#goodForMs = isNewest ? CONFIRMED_MAX_MS : RETRY_MS;
    }
    return (await this.read(kv, nowMs))?.asOf ?? 0;
  }

  async read(kv: KVNamespace, nowMs: number): Promise<PriceSnapshot | null> {
    const ageMs = nowMs - this.#readAtMs;
    if (ageMs >= 0 && ageMs < this.#goodForMs) return this.#snapshot;
    let goodForMs = RETRY_MS;
    try {
      this.#snapshot = await readPriceSnapshot(kv);
      if (this.#snapshot !== null) goodForMs = PRICE_SNAPSHOT_MEMORY_SECONDS * 1000;
    } catch (error) {
      log.error('prices.snapshot_unreadable', errorFields(error));
    }
    this.#readAtMs = nowMs;
    this.#goodForMs = goodForMs;
    return this.#snapshot;
  }
}

export interface PriceSources extends OnDemandSources {
  memory: PriceSnapshotMemory;
}

/** One set a request. */
export function createPriceLoader(sources: PriceSources): PriceLoader {
  let snapshot: Promise<PriceSnapshot | null> | undefined;
  const readSnapshot = () => {
    snapshot ??= sources.memory.read(sources.kv, sources.nowMs);
    return snapshot;
  };
  let onDemandLeft = ON_DEMAND_PRICES_MAX;
  const bySymbol = loaderOf(async (symbols: readonly string[]) => {
    const held = (await readSnapshot())?.prices ?? {};
    const found = new Map<string, PriceRecord | Error>();
    for (const symbol of symbols)
      if (Object.hasOwn(held, symbol)) found.set(symbol, held[symbol] as PriceRecord);
    const missing = symbols.filter((symbol) => !found.has(symbol));
    const admitted = missing.slice(0, onDemandLeft);
    onDemandLeft -= admitted.length;
    for (const symbol of missing.slice(admitted.length)) found.set(symbol, TOO_MANY);
    if (admitted.length > 0) await loadOnDemand(sources, admitted, found);
    return found;
  });
  return {
    // KV and URLs take no lone surrogates.
    bySymbol: (symbol) => bySymbol.load(symbol.toWellFormed().toUpperCase()),
    rate: async (currency) => {
      const rate = (await readSnapshot())?.rates[currency];
      if (rate === undefined) throw upstreamUnavailable(`No rate for ${currency} has been synced yet.`);
      return rate;
    },
  };
}

const TOO_MANY = tooComplex(
  `One request may ask for ${ON_DEMAND_PRICES_MAX} symbols beyond the synced ones, and no more.`,
);
