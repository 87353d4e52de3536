/**
 * Prices: from the snapshot, then on demand (`on-demand-prices.ts`).
 *
 * An isolate keeps the snapshot for 15 s, as a value: Workers forbid awaiting another request's promise. While KV
 * fails, the last snapshot stays in use.
 */
import { tooComplex, upstreamUnavailable } from '../../schema/errors.ts';
import { ON_DEMAND_CALLS_MAX, ON_DEMAND_PRICES_MAX } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { PRICE_SNAPSHOT_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import {
  type CurrencyCode,
  type PriceRecord,
  type PriceSnapshot,
  readPriceSnapshot,
} from '../storage/kv/prices.ts';
import { canonicalSymbol } from '../upstream/price-symbols.ts';
import { loaderOf } from './batching.ts';
import { type OnDemandPrices, type OnDemandRequest, PRICE_RECORD_BYTES } from './on-demand-prices.ts';

export interface PriceLoader {
  /** Null if no source knows the symbol; rejects with UPSTREAM_UNAVAILABLE if the price API cannot be reached. */
  bySymbol(symbol: string): Promise<PriceRecord | null>;
  /** Units of the currency for one US dollar; rejects if none has been synced yet. */
  rate(currency: Exclude<CurrencyCode, 'USD'>): Promise<number>;
}

/** The pause after KV returned no snapshot or an old one. It outlasts a request, which so reads KV once. */
const RETRY_MS = 1_000;
/** A snapshot that seems the newest is still read again after this time, in case the news of a newer one is lost. */
const CONFIRMED_MAX_MS = 60_000;

/** The snapshot as one isolate remembers it. */
export class PriceSnapshotMemory {
  #snapshot: PriceSnapshot | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #validForMs = 0;

  get size(): number {
    return Object.keys(this.#snapshot?.prices ?? {}).length;
  }

  /** Bytes, by the number of symbols. */
  get weight(): number {
    return this.size * PRICE_RECORD_BYTES;
  }

  /**
   * The time of the snapshot in use, in Unix seconds; 0 if there is none.
   *
   * @param knownAsOf the time of the newest known snapshot; KV is not read while the memory holds that one
   */
  async asOf(kv: KVNamespace, nowMs: number, knownAsOf: number): Promise<number> {
    if (this.#snapshot !== null && knownAsOf > 0) {
      const isNewest = this.#snapshot.asOf >= knownAsOf;
      this.#validForMs = isNewest ? CONFIRMED_MAX_MS : RETRY_MS;
    }
    return (await this.read(kv, nowMs))?.asOf ?? 0;
  }

  async read(kv: KVNamespace, nowMs: number): Promise<PriceSnapshot | null> {
    const ageMs = nowMs - this.#readAtMs;
    if (ageMs >= 0 && ageMs < this.#validForMs) return this.#snapshot;
    let validForMs = RETRY_MS;
    try {
      this.#snapshot = await readPriceSnapshot(kv);
      if (this.#snapshot !== null) validForMs = PRICE_SNAPSHOT_MEMORY_SECONDS * 1000;
    } catch (error) {
      log.error('prices.snapshot_unreadable', errorFields(error));
    }
    this.#readAtMs = nowMs;
    this.#validForMs = validForMs;
    return this.#snapshot;
  }
}

export interface PriceSources extends Omit<OnDemandRequest, 'claimCall'> {
  kv: KVNamespace;
  memory: PriceSnapshotMemory;
  onDemand: OnDemandPrices;
}

/** Made for each request. */
export function createPriceLoader(sources: PriceSources): PriceLoader {
  let snapshot: Promise<PriceSnapshot | null> | undefined;
  const readSnapshot = () => {
    snapshot ??= sources.memory.read(sources.kv, sources.nowMs);
    return snapshot;
  };
  let onDemandLeft = ON_DEMAND_PRICES_MAX;
  let calls = 0;
  const claimCall = () => {
    calls += 1;
    return calls <= ON_DEMAND_CALLS_MAX;
  };
  const bySymbol = loaderOf(async (symbols: readonly string[]) => {
    const held = (await readSnapshot())?.prices ?? {};
    const found = new Map<string, PriceRecord | Error>();
    for (const symbol of symbols)
      if (Object.hasOwn(held, symbol)) found.set(symbol, held[symbol] as PriceRecord);
    const missing = symbols.filter((symbol) => !found.has(symbol));
    const admitted = missing.slice(0, onDemandLeft);
    onDemandLeft -= admitted.length;
    for (const symbol of missing.slice(admitted.length)) found.set(symbol, TOO_MANY);
    if (admitted.length > 0) await sources.onDemand.load(admitted, found, { ...sources, claimCall });
    return found;
  });
  return {
    bySymbol: (symbol) => bySymbol.load(canonicalSymbol(symbol)),
    rate: async (currency) => {
      const rate = (await readSnapshot())?.rates[currency];
      if (rate === undefined) throw upstreamUnavailable(`No rate for ${currency} has been synced yet.`);
      return rate;
    },
  };
}

const TOO_MANY = tooComplex(
  `One request may ask for at most ${ON_DEMAND_PRICES_MAX} symbols that are not synced.`,
);
