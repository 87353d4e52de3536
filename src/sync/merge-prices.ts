/**
 * Makes the next price snapshot from the last one and the prices received now. Pure.
 *
 * A price never goes back in time, unless the one held is from the future. A symbol whose record is refused keeps its
 * last good price for as long as that lasts; one that the price API no longer knows keeps it for a day.
 */
import type { CurrencyRates, PriceRecord, PriceSnapshot } from '../storage/kv/prices.ts';
import type { UpstreamPriceRecord } from '../upstream/price-api-records.ts';

export const ABSENT_KEPT_SECONDS = 86_400;

/** As the price API sends it, or the price feed, which omits `price`. */
export type ReceivedPrice = PriceRecord & Partial<Pick<UpstreamPriceRecord, 'price'>>;

export interface MergeInput {
  previous: PriceSnapshot | null;
  /** Upper case. The snapshot holds only these. */
  symbols: readonly string[];
  received: ReadonlyMap<string, ReceivedPrice>;
  /** Symbols whose record was refused. */
  refused: ReadonlySet<string>;
  rates: CurrencyRates;
  /** Unix seconds. */
  asOf: number;
}

export interface Merged {
  snapshot: PriceSnapshot;
  /** The prices of the new snapshot that were received now. */
  current: { symbol: string; priceUsd: number }[];
  /** The number of records that differ from the last snapshot's. */
  changed: number;
}

export function mergePrices({ previous, symbols, received, refused, rates, asOf }: MergeInput): Merged {
  const prices: Record<string, PriceRecord> = {};
  const absentSince: Record<string, number> = {};
  const current: Merged['current'] = [];
  let changed = 0;

  for (const symbol of symbols) {
    const held = heldRecord(previous, symbol);
    const arrived = received.get(symbol);
    if (
      arrived !== undefined &&
      (held === undefined || arrived.lastUpdate >= Math.min(held.lastUpdate, asOf))
    ) {
      const { price: _, ...record } = arrived;
      prices[symbol] = record;
      current.push({ symbol, priceUsd: record.priceUsd });
      if (held?.priceUsd !== record.priceUsd || held.lastUpdate !== record.lastUpdate) changed += 1;
    } else if (held !== undefined) {
      const absent = arrived === undefined && !refused.has(symbol);
      const since = absent ? (previous?.absentSince?.[symbol] ?? asOf) : null;
      if (since !== null && asOf - since > ABSENT_KEPT_SECONDS) continue;
      if (since !== null) absentSince[symbol] = since;
      prices[symbol] = held;
    }
  }
  // Its time is also its generation, which grows although the clock may be set back.
  const generation = Math.max(asOf, (previous?.asOf ?? 0) + 1);
  return { snapshot: { asOf: generation, rates, prices, absentSince }, current, changed };
}

function heldRecord(previous: PriceSnapshot | null, symbol: string): PriceRecord | undefined {
  return previous !== null && Object.hasOwn(previous.prices, symbol) ? previous.prices[symbol] : undefined;
}
