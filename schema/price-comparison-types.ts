import { builder } from './builder.ts';
import type { Comparison, ComparisonEntry } from './price-comparison.ts';
import { Period, Price } from './prices.ts';

const PriceComparisonEntry = builder.objectRef<ComparisonEntry>('PriceComparisonEntry').implement({
  description: 'A symbol in its place among those compared.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: 'From 1, the best.' }),
    price: t.field({ type: Price, description: 'In US dollars.', resolve: (entry) => entry.price }),
    changePercent: t.exposeFloat('changePercent', { description: 'Over the period.' }),
    relativePerformance: t.exposeFloat('relativePerformance', {
      description: 'Percentage points above or below the average.',
    }),
  }),
});

export const PriceComparison = builder.objectRef<Comparison>('PriceComparison').implement({
  description: 'Symbols ranked against one another.',
  fields: (t) => ({
    period: t.field({
      type: Period,
      description: 'Over which they were compared.',
      resolve: ({ period }) => period,
    }),
    entries: t.field({
      type: [PriceComparisonEntry],
      description: 'Best first.',
      resolve: ({ entries }) => entries,
    }),
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
