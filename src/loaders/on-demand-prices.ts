/**
 * Prices of symbols that the snapshot does not hold: what KV keeps of them, then one call of the price API for all
 * the rest.
 *
 * A symbol that is known is kept in KV for every isolate. That one is unknown is remembered by the isolate alone:
 * known symbols are so many, unknown ones as many as somebody cares to make up, and a KV write costs ten reads.
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
  /** What no source knew, for `UNKNOWN_PRICE_MEMORY_SECONDS`. */
  unknownSymbols: RecentlyAbsent;
  /** The price API's batch route: records by upper-case symbol, unknown ones absent, malformed ones listed. */
  fetchPrices(
    symbols: readonly string[],
  ): Promise<{ prices: ReadonlyMap<string, PriceRecord>; skipped: readonly { id?: string }[] }>;
  nowMs: number;
  waitUntil(promise: Promise<unknown>): void;
}

const keptSchema = z.custom<PriceRecord>(
  (value) => typeof value === 'object' && value !== null && 'priceUsd' in value,
);

/** Puts what it learns of the missing symbols into `found`; symbols that no source knows are left out. */
export async function loadOnDemand(
  sources: OnDemandSources,
  missing: readonly string[],
  found: Map<string, PriceRecord | Error>,
): Promise<void> {
  const { kv, unknownSymbols, nowMs } = sources;
  // The price API takes a list separated by commas, so no symbol that it knows can hold one.
  const possible = missing.filter((symbol) => !symbol.includes(',') && !unknownSymbols.has(symbol, nowMs));
  const kept = await readKept(kv, possible);
  for (const symbol of possible) {
    const record = kept.get(onDemandPriceKey(symbol));
    if (record) found.set(symbol, record);
  }
  const unasked = possible.filter((symbol) => !found.has(symbol));
  if (unasked.length === 0) return;
  const unavailable = (cause?: unknown) =>
    upstreamUnavailable('The price API cannot be reached and this symbol is not held.', cause);
  try {
    const { prices, skipped } = await sources.fetchPrices(unasked);
    const malformed = new Set(skipped.map((record) => record.id));
    for (const symbol of unasked) {
      const record = prices.get(symbol);
      if (record) {
        found.set(symbol, record);
        sources.waitUntil(writeJsonValue(kv, onDemandPriceKey(symbol), record, ON_DEMAND_PRICE_TTL_SECONDS));
      } else if (malformed.has(symbol)) found.set(symbol, unavailable());
      else unknownSymbols.note(symbol, nowMs);
    }
  } catch (error) {
    log.warn('prices.on_demand_failed', { symbols: unasked.length, ...errorFields(error) });
    for (const symbol of unasked) found.set(symbol, unavailable(error));
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
