import {
  type CandleRange,
  type ClosePoint,
  candlesInRange,
  hourlyCloses,
  indicatorsBySymbols,
} from '../storage/d1/candles.ts';
import type { CandleRow } from '../storage/d1/rows.ts';
import type { IndicatorsRecord } from '../storage/kv/prices.ts';
import { loaderOf } from './batching.ts';

export interface CandleLoader {
  inRange(range: CandleRange): Promise<CandleRow[]>;
  /** The closes of the hours that ended within the last so many seconds, oldest first. */
  closes(symbol: string, periodSeconds: number): Promise<ClosePoint[]>;
  /** What the nightly run computed over daily closes; null where it has not yet. */
  indicators(symbol: string): Promise<IndicatorsRecord | null>;
}

const HOUR_SECONDS = 3_600;

/** One set a request. Closes cost one D1 call a distinct period. */
export function createCandleLoader(db: D1Database, nowSeconds: number): CandleLoader {
  const closesByPeriod = new Map<number, ReturnType<typeof closesOver>>();
  const closesOver = (periodSeconds: number) =>
    loaderOf((symbols: readonly string[]) =>
      hourlyCloses(db, symbols, nowSeconds - periodSeconds - HOUR_SECONDS + 1),
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
