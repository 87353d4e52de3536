/**
 * Prices of symbols outside the snapshot: first KV, then one call of the price API for all the rest.
 *
 * KV keeps known symbols for every isolate. Only the isolate remembers unknown ones: a client can invent any number of
 * them, and a KV write costs as much as ten reads.
 */
import * as z from 'zod';
import { upstreamUnavailable } from '../../schema/errors.ts';
import { errorFields, log } from '../observability/log.ts';
import { readJsonValues, writeJsonValue } from '../storage/kv/json-values.ts';
import { ON_DEMAND_PRICE_TTL_SECONDS, onDemandPriceKey } from '../storage/kv/keys.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import type { RecentlyAbsent } from '../storage/recently-absent.ts';

export interface OnDemandSources {
  kv: KVNamespace;
  /** Symbols that no source knew, for `UNKNOWN_PRICE_MEMORY_SECONDS`. */
  unknownSymbols: RecentlyAbsent;
  /** Records by upper-case symbol. Unknown symbols are absent; malformed records are in `skipped`. */
  fetchPrices(
    symbols: readonly string[],
  ): Promise<{ prices: ReadonlyMap<string, PriceRecord>; skipped: readonly { id?: string }[] }>;
  nowMs: number;
  waitUntil(promise: Promise<unknown>): void;
}

const keptSchema = z.custom<PriceRecord>(
  (value) => typeof value === 'object' && value !== null && 'priceUsd' in value,
);

/** Adds prices or errors to `found`, and nothing for symbols that no source knows. */
export async function loadOnDemand(
  sources: OnDemandSources,
  missing: readonly string[],
  found: Map<string, PriceRecord | Error>,
): Promise<void> {
  const { kv, unknownSymbols, nowMs } = sources;
  // The price API takes a list separated by commas, so no known symbol contains one.
  const possible = missing.filter((symbol) => !symbol.includes(',') && !unknownSymbols.has(symbol, nowMs));
  const kept = await readKept(kv, possible);
  for (const symbol of possible) {
    const record = kept.get(onDemandPriceKey(symbol));
    if (record) found.set(symbol, record);
  }
  const unknownToKv = possible.filter((symbol) => !found.has(symbol));
  if (unknownToKv.length === 0) return;
  const unavailable = (cause?: unknown) =>
    upstreamUnavailable('The price API cannot be reached, and no price of it is stored.', cause);
  try {
    const { prices, skipped } = await sources.fetchPrices(unknownToKv);
    const malformed = new Set(skipped.map((record) => record.id));
    for (const symbol of unknownToKv) {
      const record = prices.get(symbol);
      if (record) {
        found.set(symbol, record);
        sources.waitUntil(writeJsonValue(kv, onDemandPriceKey(symbol), record, ON_DEMAND_PRICE_TTL_SECONDS));
      } else if (malformed.has(symbol)) found.set(symbol, unavailable());
      else unknownSymbols.note(symbol, nowMs);
    }
  } catch (error) {
    log.warn('prices.on_demand_failed', { symbols: unknownToKv.length, ...errorFields(error) });
    for (const symbol of unknownToKv) found.set(symbol, unavailable(error));
  }
}

async function readKept(kv: KVNamespace, symbols: readonly string[]): Promise<Map<string, PriceRecord>> {
  try {
    return await readJsonValues(kv, symbols.map(onDemandPriceKey), keptSchema);
  } catch (error) {
    log.error('prices.on_demand_unreadable', errorFields(error));
    return new Map();
  }
}
