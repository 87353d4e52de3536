import type {
  CurrencyCode,
  ExchangePriceRecord,
  GatewayContext,
  IndicatorsRecord,
  PriceRecord,
} from '../src/graphql/context.ts';
import { POINTS_AS_ONE } from './arguments.ts';
import { builder } from './builder.ts';
import { Project } from './node.ts';

export const Currency = builder.enumType('Currency', {
  description: 'What a price can be given in.',
  values: {
    USD: { description: 'US dollar.' },
    EUR: { description: 'Euro.' },
    GBP: { description: 'Pound sterling.' },
    JPY: { description: 'Japanese yen.' },
    CNY: { description: 'Chinese yuan.' },
    KRW: { description: 'South Korean won.' },
    BTC: { description: 'Bitcoin.' },
    ETH: { description: 'Ether.' },
  } as const satisfies Record<CurrencyCode, { description: string }>,
});

export const PERIODS = {
  HOUR: { seconds: 3600, change: 'change1h', changePercent: 'changePercent1h' },
  DAY: { seconds: 86_400, change: 'change24h', changePercent: 'changePercent24h' },
  WEEK: { seconds: 604_800, change: 'change7d', changePercent: 'changePercent7d' },
  MONTH: { seconds: 2_592_000, change: 'change30d', changePercent: 'changePercent30d' },
} as const;
export type PeriodName = keyof typeof PERIODS;

export const Period = builder.enumType('Period', {
  description: 'A span of time that ends now.',
  values: {
    HOUR: { description: 'One hour.' },
    DAY: { description: '24 hours.' },
    WEEK: { description: 'Seven days.' },
    MONTH: { description: 'Thirty days.' },
  } as const satisfies Record<PeriodName, { description: string }>,
});

/** A price record, which is in US dollars, and the currency to show it in. */
export interface PriceModel {
  record: PriceRecord;
  currency: CurrencyCode;
  /** Units of the currency for one US dollar. */
  rate: number;
}

/** @param currency USD if null. @returns null if no source knows the symbol. */
export function resolvePrice(
  context: GatewayContext,
  symbol: string,
  currency: CurrencyCode | null | undefined,
): Promise<PriceModel | null> {
  // A list has many prices, and an async function would make two more promises for each.
  return context.prices
    .bySymbol(symbol)
    .then((record) => (record === null ? null : priceIn(context, record, currency)));
}

/** @param currency USD if null; needs no exchange rate, so no promise is made. */
export function priceIn(
  context: GatewayContext,
  record: PriceRecord,
  currency: CurrencyCode | null | undefined,
): PriceModel | Promise<PriceModel> {
  if (currency === null || currency === undefined || currency === 'USD')
    return { record, currency: 'USD', rate: 1 };
  return context.prices.rate(currency).then((rate) => ({ record, currency, rate }));
}

const inCurrency = (amount: number | undefined, rate: number) =>
  amount === undefined ? null : amount * rate;

const ExchangePrice = builder
  .objectRef<{ record: ExchangePriceRecord; rate: number }>('ExchangePrice')
  .implement({
    description: 'The price at one exchange, in the currency of the price it belongs to.',
    fields: (t) => ({
      exchange: t.string({
        description: 'The name of the exchange.',
        resolve: ({ record }) => record.exchange,
      }),
      price: t.float({ description: 'Of one token.', resolve: ({ record, rate }) => record.price * rate }),
      volume24h: t.float({
        nullable: true,
        description: 'What was traded there in 24 hours.',
        resolve: ({ record, rate }) => inCurrency(record.volume24h, rate),
      }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When the exchange last gave it.',
        resolve: ({ record }) => record.lastUpdate,
      }),
    }),
  });

const Macd = builder.objectRef<NonNullable<IndicatorsRecord['macd']>>('Macd').implement({
  description: 'Moving average convergence divergence.',
  fields: (t) => ({
    value: t.exposeFloat('value', { description: 'The 12-day less the 26-day exponential average.' }),
    signal: t.exposeFloat('signal', { description: 'The 9-day exponential average of the value.' }),
    histogram: t.exposeFloat('histogram', { description: 'The value less the signal.' }),
  }),
});

const MovingAverages = builder.objectRef<IndicatorsRecord['movingAverages']>('MovingAverages').implement({
  description: 'Simple averages of daily closes.',
  fields: (t) => ({
    ma7: t.exposeFloat('ma7', { nullable: true, description: 'Over 7 days.' }),
    ma25: t.exposeFloat('ma25', { nullable: true, description: 'Over 25 days.' }),
    ma50: t.exposeFloat('ma50', { nullable: true, description: 'Over 50 days.' }),
    ma200: t.exposeFloat('ma200', { nullable: true, description: 'Over 200 days.' }),
  }),
});

const TechnicalIndicators = builder.objectRef<IndicatorsRecord>('TechnicalIndicators').implement({
  description: 'Computed over daily closes in US dollars; null where there are too few.',
  fields: (t) => ({
    rsi: t.exposeFloat('rsi', {
      nullable: true,
      description: "The relative strength index: Wilder's, 14 periods.",
    }),
    macd: t.expose('macd', { type: Macd, nullable: true, description: 'With 12, 26 and 9 periods.' }),
    movingAverages: t.expose('movingAverages', {
      type: MovingAverages,
      description: 'Over 7, 25, 50 and 200 days.',
    }),
    support: t.exposeFloat('support', {
      nullable: true,
      description: 'A price below which it seldom closed lately.',
    }),
    resistance: t.exposeFloat('resistance', {
      nullable: true,
      description: 'A price above which it seldom closed lately.',
    }),
  }),
});

const PricePoint = builder.objectRef<{ time: number; close: number }>('PricePoint').implement({
  description: 'A price in US dollars at the end of an hour.',
  fields: (t) => ({
    time: t.expose('time', { type: 'DateTime', description: 'When the hour began.' }),
    price: t.exposeFloat('close', { description: 'The last price of the hour.' }),
  }),
});

export const Price = builder.objectRef<PriceModel>('Price').implement({
  description: 'The latest price of a symbol.',
  fields: (t) => ({
    symbol: t.string({ description: 'In upper case.', resolve: ({ record }) => record.symbol }),
    currency: t.expose('currency', { type: Currency, description: 'What amounts are in.' }),
    price: t.float({ description: 'In `currency`.', resolve: ({ record, rate }) => record.priceUsd * rate }),
    priceUsd: t.float({ description: 'In US dollars.', resolve: ({ record }) => record.priceUsd }),
    change: t.float({
      nullable: true,
      description: 'Absolute change over the period, in `currency`; null where the source does not give it.',
      args: { period: t.arg({ type: Period, defaultValue: 'DAY', description: 'Since when.' }) },
      resolve: ({ record, rate }, { period }) => inCurrency(record[PERIODS[period ?? 'DAY'].change], rate),
    }),
    changePercent: t.float({
      nullable: true,
      description: 'Change over the period in percent.',
      args: { period: t.arg({ type: Period, defaultValue: 'DAY', description: 'Since when.' }) },
      resolve: ({ record }, { period }) => record[PERIODS[period ?? 'DAY'].changePercent] ?? null,
    }),
    volume24h: t.float({
      nullable: true,
      description: 'What was traded in 24 hours, in `currency`.',
      resolve: ({ record, rate }) => inCurrency(record.volume24h, rate),
    }),
    marketCap: t.float({
      nullable: true,
      description: 'Price times circulating supply, in `currency`.',
      resolve: ({ record, rate }) => inCurrency(record.marketCap, rate),
    }),
    circulatingSupply: t.float({
      nullable: true,
      description: 'Tokens in the market.',
      resolve: ({ record }) => record.circulatingSupply ?? null,
    }),
    totalSupply: t.float({
      nullable: true,
      description: 'Tokens that exist.',
      resolve: ({ record }) => record.totalSupply ?? null,
    }),
    rank: t.int({
      nullable: true,
      description: 'Its place by market cap, from 1.',
      resolve: ({ record }) => record.rank ?? null,
    }),
    project: t.field({
      type: Project,
      nullable: true,
      description: 'The project that the symbol means; null where the platform lists none.',
      resolve: ({ record }, _args, { projects }) => projects.bySymbol(record.symbol),
    }),
    exchanges: t.field({
      type: [ExchangePrice],
      description: 'What single exchanges ask; empty where the source does not say.',
      resolve: ({ record, rate }) => (record.exchanges ?? []).map((exchange) => ({ record: exchange, rate })),
    }),
    indicators: t.field({
      type: TechnicalIndicators,
      nullable: true,
      description: "The source's own, or else computed each night; null before the first night.",
      resolve: ({ record }, _args, context) =>
        record.technicalIndicators ?? context.candles.indicators(record.symbol),
    }),
    history: t.field({
      type: [PricePoint],
      nullable: true,
      description: 'Hourly closes over the period, in US dollars, oldest first, for a sparkline.',
      complexity: ({ period }) => ({
        field: 1,
        multiplier: Math.max(1, PERIODS[period ?? 'DAY'].seconds / 3600 / POINTS_AS_ONE),
      }),
      args: { period: t.arg({ type: Period, defaultValue: 'DAY', description: 'Since when.' }) },
      resolve: ({ record }, { period }, context) =>
        context.candles.closes(record.symbol, PERIODS[period ?? 'DAY'].seconds),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the source last changed it.',
      resolve: ({ record }) => record.lastUpdate,
    }),
  }),
});
