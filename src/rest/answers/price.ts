import * as z from 'zod';
import { descriptionOf, integer, lastUpdate, number, optional, seconds, string } from './fields.ts';

const CURRENCIES = ['usd', 'eur', 'gbp', 'jpy', 'cny', 'krw', 'btc', 'eth'] as const;
const currency = z.enum(CURRENCIES).describe(descriptionOf('Price.currency'));

const milliseconds = (coordinate: string) =>
  z.int().describe(`${descriptionOf(coordinate)} In Unix milliseconds.`);

const over = (period: string, coordinate: string) =>
  z
    .number()
    .nullable()
    .describe(`${descriptionOf(coordinate)} The period is ${period}.`);

const columns = {
  symbol: string('Price.symbol'),
  currency,
  price: number('Price.price'),
  priceUsd: number('Price.priceUsd'),
  change1h: over('one hour', 'Price.change'),
  change24h: over('24 hours', 'Price.change'),
  change7d: over('seven days', 'Price.change'),
  change30d: over('thirty days', 'Price.change'),
  changePercent1h: over('one hour', 'Price.changePercent'),
  changePercent24h: over('24 hours', 'Price.changePercent'),
  changePercent7d: over('seven days', 'Price.changePercent'),
  changePercent30d: over('thirty days', 'Price.changePercent'),
  volume24h: optional.number('Price.volume24h'),
  marketCap: optional.number('Price.marketCap'),
  circulatingSupply: optional.number('Price.circulatingSupply'),
  totalSupply: optional.number('Price.totalSupply'),
  rank: optional.integer('Price.rank'),
  lastUpdate: milliseconds('Price.updatedAt'),
};

export const listedPrice = z.strictObject(columns).meta({ id: 'ListedPrice' });
export type ListedPrice = z.infer<typeof listedPrice>;

const exchange = z.strictObject({
  exchange: string('ExchangePrice.exchange'),
  price: number('ExchangePrice.price'),
  volume24h: optional.number('ExchangePrice.volume24h'),
  lastUpdate: milliseconds('ExchangePrice.updatedAt'),
});

const macd = z.strictObject({
  value: number('Macd.value'),
  signal: number('Macd.signal'),
  histogram: number('Macd.histogram'),
});

const technicalIndicators = z.strictObject({
  rsi: optional.number('TechnicalIndicators.rsi'),
  macd: macd.nullable().describe(descriptionOf('TechnicalIndicators.macd')),
  movingAverages: z
    .strictObject({
      ma7: optional.number('MovingAverages.ma7'),
      ma25: optional.number('MovingAverages.ma25'),
      ma50: optional.number('MovingAverages.ma50'),
      ma200: optional.number('MovingAverages.ma200'),
    })
    .describe(descriptionOf('TechnicalIndicators.movingAverages')),
  support: optional.number('TechnicalIndicators.support'),
  resistance: optional.number('TechnicalIndicators.resistance'),
});

const point = z.strictObject({ time: seconds('PricePoint.time'), price: number('PricePoint.price') });

export const price = z
  .strictObject({
    ...columns,
    exchanges: z.array(exchange).describe(descriptionOf('Price.exchanges')),
    technicalIndicators: technicalIndicators.nullable().describe(descriptionOf('Price.indicators')),
    priceHistory: z
      .array(point)
      .nullable()
      .optional()
      .describe('Hourly closes of the last 24 hours, in US dollars, oldest first; only where asked for.'),
  })
  .meta({ id: 'Price' });
export type Price = z.infer<typeof price>;

export const priceList = z.strictObject({
  currency,
  prices: z
    .record(z.string(), listedPrice)
    .describe(
      'By symbol. Unknown symbols are left out. So are those whose source failed: `warnings` have their places, from 0, ' +
        'among the symbols in the order of the alphabet.',
    ),
  lastUpdate: lastUpdate(),
  totalCount: z.int().min(0).describe('The prices of this answer.'),
});
export type PriceList = z.infer<typeof priceList>;

const performer = z.string().nullable();

export const priceComparison = z.strictObject({
  period: z.enum(['1h', '24h', '7d', '30d']).describe(descriptionOf('PriceComparison.period')),
  symbols: z.array(z.string()).describe('Those asked for, in the order of the alphabet.'),
  comparison: z
    .array(
      z.strictObject({
        symbol: string('Price.symbol'),
        name: z
          .string()
          .nullable()
          .describe('The name of the project that the symbol means; null where there is none.'),
        currentPrice: number('Price.priceUsd'),
        change: z.number().nullable().describe('In US dollars, over the period.'),
        changePercent: number('PriceComparisonEntry.changePercent'),
        marketCap: z.number().nullable().describe('Price times circulating supply, in US dollars.'),
        volume24h: z.number().nullable().describe('Traded in 24 hours, in US dollars.'),
        relativePerformance: number('PriceComparisonEntry.relativePerformance'),
        rank: integer('PriceComparisonEntry.rank'),
      }),
    )
    .describe('Best first. Symbols that are unknown, or have no change over the period, are left out.'),
  summary: z.strictObject({
    bestPerformer: performer.describe('The symbol of the first.'),
    worstPerformer: performer.describe('The symbol of the last.'),
    averageChange: z.number().nullable().describe('In percent, over the comparison; null where it is empty.'),
    totalMarketCap: optional.number('PriceComparison.totalMarketCap'),
  }),
  lastUpdate: lastUpdate(),
});
export type PriceComparison = z.infer<typeof priceComparison>;

export const ANSWERS = {
  RestPrices: { 200: priceList },
  RestComparePrices: { 200: priceComparison },
  RestPrice: { 200: price },
};
