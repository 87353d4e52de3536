import { type CandleRange, type CandleRow, candlesInRange } from '../storage/d1/candles.ts';
import { type ClosePoint, hourlyCloses } from '../storage/d1/hourly-closes.ts';
import { indicatorsBySymbols } from '../storage/d1/indicators.ts';
import type { IndicatorsRecord } from '../storage/kv/prices.ts';
import { loaderOf } from './batching.ts';
import type { ClosesMemory } from './closes-memory.ts';

export interface CandleLoader {
  inRange(range: CandleRange): Promise<CandleRow[]>;
  /** The closes of the hours that ended within the last so many seconds, oldest first. */
  closes(symbol: string, periodSeconds: number): Promise<readonly ClosePoint[]>;
  /** What the nightly run computed over daily closes; null where it has not yet. */
  indicators(symbol: string): Promise<IndicatorsRecord | null>;
}

const HOUR_SECONDS = 3_600;

export interface CandleSources {
  db: D1Database;
  nowMs: number;
  closesMemory: ClosesMemory;
  /** What `candles` stands at as far as the isolate knows; null where it does not, and remembers nothing. */
  candlesGeneration: number | null;
}

/** One set a request. Closes that are not remembered cost one D1 call a distinct period. */
export function createCandleLoader(sources: CandleSources): CandleLoader {
  const { db, nowMs } = sources;
  const nowSeconds = Math.floor(nowMs / 1000);
  const closesByPeriod = new Map<number, ReturnType<typeof closesOver>>();
  const closesOver = (periodSeconds: number) =>
    loaderOf((symbols: readonly string[]) =>
      closesSince(sources, symbols, nowSeconds - periodSeconds - HOUR_SECONDS + 1),
    );
  const indicators = loaderOf((symbols: readonly string[]) => indicatorsBySymbols(db, symbols));
  return {
    inRange: (range) => candlesInRange(db, range),
    closes: async (symbol, periodSeconds) => {
      const loader = closesByPeriod.get(periodSeconds) ?? closesOver(periodSeconds);
      closesByPeriod.set(periodSeconds, loader);
      return (await loader.load(symbol)) ?? [];
    },
    indicators: (symbol) => indicators.load(symbol),
  };
}

async function closesSince(
  { db, nowMs, closesMemory, candlesGeneration }: CandleSources,
  symbols: readonly string[],
  sinceSeconds: number,
): Promise<ReadonlyMap<string, readonly ClosePoint[]>> {
  if (candlesGeneration === null) return hourlyCloses(db, symbols, sinceSeconds);
  const now = { generation: candlesGeneration, nowMs };
  const found = new Map<string, readonly ClosePoint[]>();
  const unknown: string[] = [];
  for (const symbol of symbols) {
    const held = closesMemory.recall(symbol, sinceSeconds, now);
    if (held === null) unknown.push(symbol);
    else found.set(symbol, held);
  }
  if (unknown.length === 0) return found;
  const read = await hourlyCloses(db, unknown, sinceSeconds);
  for (const symbol of unknown) {
    const closes = read.get(symbol) ?? [];
    closesMemory.remember(symbol, sinceSeconds, closes, now);
    found.set(symbol, closes);
  }
  return found;
}
