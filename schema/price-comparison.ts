import { PERIODS, type PeriodName, type PriceModel } from './prices.ts';

export interface ComparisonEntry {
  rank: number;
  price: PriceModel;
  changePercent: number;
  /** Percentage points above or below the average. */
  relativePerformance: number;
}

export interface Comparison {
  period: PeriodName;
  entries: ComparisonEntry[];
  unknownSymbols: string[];
  unrankedSymbols: string[];
  averageChangePercent: number | null;
  totalMarketCap: number | null;
}

/**
 * Ranks distinct symbols by their change over a period, best first; ties go by symbol.
 *
 * @param prices position by position, null where a symbol is unknown.
 */
export function comparePrices(
  symbols: readonly string[],
  prices: readonly (PriceModel | null)[],
  period: PeriodName,
): Comparison {
  const changed: { price: PriceModel; changePercent: number }[] = [];
  const unknownSymbols: string[] = [];
  const unrankedSymbols: string[] = [];
  const marketCaps: number[] = [];
  for (const [position, symbol] of symbols.entries()) {
    const price = prices[position] ?? null;
    if (price === null) {
      unknownSymbols.push(symbol);
      continue;
    }
    if (price.record.marketCap !== undefined) marketCaps.push(price.record.marketCap);
    const changePercent = price.record[PERIODS[period].changePercent];
    if (changePercent === undefined) unrankedSymbols.push(symbol);
    else changed.push({ price, changePercent });
  }
  changed.sort(
    (a, b) => b.changePercent - a.changePercent || (a.price.record.symbol < b.price.record.symbol ? -1 : 1),
  );
  const average =
    changed.length === 0 ? null : sum(changed.map((entry) => entry.changePercent)) / changed.length;
  return {
    period,
    entries: changed.map((entry, position) => ({
      ...entry,
      rank: position + 1,
      relativePerformance: entry.changePercent - (average ?? 0),
    })),
    unknownSymbols,
    unrankedSymbols,
    averageChangePercent: average,
    totalMarketCap: marketCaps.length === 0 ? null : sum(marketCaps),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
