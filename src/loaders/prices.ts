/**
 * Prices: the snapshot first, then what was fetched on demand, then the price API, once for all that is missing.
 *
 * An isolate keeps the snapshot 15 s as a value, never as a promise: a promise made in one request must not be
 * awaited in another. While KV fails, the snapshot it had goes on serving.
 */
import * as z from 'zod';
import { upstreamUnavailable } from '../../schema/errors.ts';
import { errorFields, log } from '../observability/log.ts';
import { readJsonValues, writeJsonValue } from '../storage/kv/json-values.ts';
import {
  ON_DEMAND_PRICE_TTL_SECONDS,
  onDemandPriceKey,
  PRICE_SNAPSHOT_MEMORY_SECONDS,
  UNKNOWN_PRICE_TTL_SECONDS,
} from '../storage/kv/keys.ts';
import {
  type CurrencyCode,
  type PriceRecord,
  type PriceSnapshot,
  readPriceSnapshot,
} from '../storage/kv/prices.ts';
import { loaderOf } from './batching.ts';

export interface PriceLoader {
  /** Null where no source knows the symbol; rejects with UPSTREAM_UNAVAILABLE where none could be asked. */
  bySymbol(symbol: string): Promise<PriceRecord | null>;
  /** Units of the currency for one US dollar; rejects where no source has given it yet. */
  rate(currency: CurrencyCode): Promise<number>;
}

/** The snapshot as one isolate remembers it. */
export class PriceSnapshotMemory {
  #kept: { snapshot: PriceSnapshot | null; readAtMs: number } | null = null;

  async read(kv: KVNamespace, nowMs: number): Promise<PriceSnapshot | null> {
    const kept = this.#kept;
    const ageMs = kept === null ? Number.POSITIVE_INFINITY : nowMs - kept.readAtMs;
    if (kept?.snapshot && ageMs >= 0 && ageMs < PRICE_SNAPSHOT_MEMORY_SECONDS * 1000) return kept.snapshot;
    try {
      const snapshot = await readPriceSnapshot(kv);
      this.#kept = { snapshot, readAtMs: nowMs };
      return snapshot;
    } catch (error) {
      log.error('prices.snapshot_unreadable', errorFields(error));
      return kept?.snapshot ?? null;
    }
  }
}

export interface PriceSources {
  kv: KVNamespace;
  memory: PriceSnapshotMemory;
  /** The price API's batch route: records by upper-case symbol, unknown ones absent, malformed ones listed. */
  fetchPrices(
    symbols: readonly string[],
  ): Promise<{ prices: ReadonlyMap<string, PriceRecord>; skipped: readonly { id?: string }[] }>;
  nowMs: number;
  waitUntil(promise: Promise<unknown>): void;
}

/** `null` notes that no source knows the symbol. */
const onDemandSchema = z.object({
  record: z.custom<PriceRecord>((value) => typeof value === 'object' && value !== null).nullable(),
});

/** One set a request. */
export function createPriceLoader(sources: PriceSources): PriceLoader {
  let snapshot: Promise<PriceSnapshot | null> | undefined;
  const readSnapshot = () => {
    snapshot ??= sources.memory.read(sources.kv, sources.nowMs);
    return snapshot;
  };
  const bySymbol = loaderOf(async (symbols: readonly string[]) => {
    const held = (await readSnapshot())?.prices ?? {};
    const found = new Map<string, PriceRecord | Error>();
    for (const symbol of symbols)
      if (Object.hasOwn(held, symbol)) found.set(symbol, held[symbol] as PriceRecord);
    const missing = symbols.filter((symbol) => !found.has(symbol));
    if (missing.length > 0) await loadOnDemand(sources, missing, found);
    return found;
  });
  return {
    bySymbol: (symbol) => bySymbol.load(symbol.toUpperCase()),
    rate: async (currency) => {
      if (currency === 'USD') return 1;
      const rate = (await readSnapshot())?.rates[currency];
      if (rate === undefined) throw upstreamUnavailable(`No rate for ${currency} has been synced yet.`);
      return rate;
    },
  };
}

async function loadOnDemand(
  sources: PriceSources,
  missing: readonly string[],
  found: Map<string, PriceRecord | Error>,
): Promise<void> {
  const noted = await readNoted(sources.kv, missing);
  // The price API takes a list separated by commas, so no symbol that it knows can hold one.
  const unasked = missing.filter((symbol) => !noted.has(onDemandPriceKey(symbol)) && !symbol.includes(','));
  for (const symbol of missing) {
    const record = noted.get(onDemandPriceKey(symbol))?.record;
    if (record) found.set(symbol, record);
  }
  if (unasked.length === 0) return;
  const unavailable = (cause?: unknown) =>
    upstreamUnavailable('The price API cannot be reached and this symbol is not held.', cause);
  try {
    const { prices, skipped } = await sources.fetchPrices(unasked);
    const malformed = new Set(skipped.map((record) => record.id));
    for (const symbol of unasked) {
      const record = prices.get(symbol) ?? null;
      if (record) found.set(symbol, record);
      else if (malformed.has(symbol)) {
        found.set(symbol, unavailable());
        continue;
      }
      const ttl = record ? ON_DEMAND_PRICE_TTL_SECONDS : UNKNOWN_PRICE_TTL_SECONDS;
      sources.waitUntil(writeJsonValue(sources.kv, onDemandPriceKey(symbol), { record }, ttl));
    }
  } catch (error) {
    log.warn('prices.on_demand_failed', { symbols: unasked.length, ...errorFields(error) });
    for (const symbol of unasked) found.set(symbol, unavailable(error));
  }
}

async function readNoted(kv: KVNamespace, symbols: readonly string[]) {
  // KV keys are at most 512 bytes; a symbol is at most 64 characters.
  try {
    return await readJsonValues(kv, symbols.map(onDemandPriceKey), onDemandSchema);
  } catch (error) {
    log.error('prices.on_demand_unreadable', errorFields(error));
    return new Map<string, z.output<typeof onDemandSchema>>();
  }
}
