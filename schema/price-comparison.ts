import { builder } from './builder.ts';
import { PERIODS, Period, type PeriodName, Price, type PriceModel } from './prices.ts';

interface ComparisonEntry {
  rank: number;
  price: PriceModel;
  changePercent: number;
  /** Percentage points above or below the average. */
  relativePerformance: number;
}

interface Comparison {
  period: PeriodName;
  entries: ComparisonEntry[];
  unknownSymbols: string[];
  unrankedSymbols: string[];
  averageChangePercent: number | null;
  totalMarketCap: number | null;
}

/**
 * Ranks symbols by their change over a period, best first; equal changes are ordered by symbol.
 *
 * @param symbols without duplicates
 * @param prices one per symbol, in the same order; null if the symbol is unknown
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

const PriceComparisonEntry = builder.objectRef<ComparisonEntry>('PriceComparisonEntry').implement({
  description: 'A symbol in its place among those compared.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: 'From 1, the best.' }),
    price: t.expose('price', { type: Price, description: 'In US dollars.' }),
    changePercent: t.exposeFloat('changePercent', { description: 'Over the period.' }),
    relativePerformance: t.exposeFloat('relativePerformance', {
      description: 'Percentage points above or below the average.',
    }),
  }),
});

export const PriceComparison = builder.objectRef<Comparison>('PriceComparison').implement({
  description: 'Symbols ranked against one another.',
  fields: (t) => ({
    period: t.expose('period', { type: Period, description: 'Over which they were compared.' }),
    entries: t.expose('entries', { type: [PriceComparisonEntry], description: 'Best first.' }),
    unknownSymbols: t.exposeStringList('unknownSymbols', { description: 'Those that no source knows.' }),
    unrankedSymbols: t.exposeStringList('unrankedSymbols', {
      description: 'Known, but without a change over this period.',
    }),
    averageChangePercent: t.exposeFloat('averageChangePercent', {
      nullable: true,
      description: 'Over the entries; null where there are none.',
    }),
    totalMarketCap: t.exposeFloat('totalMarketCap', {
      nullable: true,
      description: 'In US dollars, of all known symbols that have one.',
    }),
    best: t.field({
      type: PriceComparisonEntry,
      nullable: true,
      description: 'The first entry.',
      resolve: ({ entries }) => entries[0] ?? null,
    }),
    worst: t.field({
      type: PriceComparisonEntry,
      nullable: true,
      description: 'The last entry.',
      resolve: ({ entries }) => entries.at(-1) ?? null,
    }),
  }),
});
