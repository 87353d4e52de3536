/** Prices by `/api`. */
import * as z from 'zod';
import type {
  Currency,
  Period,
  RestComparePricesQuery,
  RestComparePricesQueryVariables,
  RestPriceQuery,
  RestPriceQueryVariables,
  RestPricesQuery,
  RestPricesQueryVariables,
} from '../../operations/generated/graphql.ts';
import { COMPARE_MAX_SYMBOLS, COMPARE_MIN_SYMBOLS, LIST_MAX_ITEMS } from '../config.ts';
import type { Price, PriceComparison, PriceList } from './answers/price.ts';
import { endpoint } from './endpoint.ts';
import { enumerated, flag, symbol, symbols } from './parameters.ts';
import { comparedPrice, listedPrice, wholePrice } from './price-answer.ts';
import { newestMs } from './time.ts';

const CURRENCIES = {
  usd: 'USD',
  eur: 'EUR',
  gbp: 'GBP',
  jpy: 'JPY',
  cny: 'CNY',
  krw: 'KRW',
  btc: 'BTC',
  eth: 'ETH',
} as const satisfies Record<string, Currency>;

const PERIODS = {
  '1h': 'HOUR',
  '24h': 'DAY',
  '7d': 'WEEK',
  '30d': 'MONTH',
} as const satisfies Record<string, Period>;

const currency = () => enumerated(CURRENCIES).default('usd').describe('The currency of amounts.');

const ANY_CASE = 'In any case.';
const ANY_ORDER = 'In any case and order.';

export const prices = endpoint<RestPricesQuery, RestPricesQueryVariables, PriceList>()({
  method: 'GET',
  path: '/api/prices',
  operation: 'RestPrices',
  summary: 'The latest prices of some symbols. Unknown ones are left out.',
  parameters: () => ({
    query: z.strictObject({
      symbols: symbols({ min: 1, max: LIST_MAX_ITEMS }).describe(ANY_ORDER),
      currency: currency(),
    }),
  }),
  variables: ({ query }) => ({ symbols: query.symbols, currency: CURRENCIES[query.currency] }),
  answer: (data, { parameters: { query }, isPartial }) => {
    const known = data.prices?.filter((price) => price !== null) ?? [];
    if (data.prices === null || (isPartial && known.length === 0)) return null;
    return {
      currency: query.currency,
      prices: Object.fromEntries(known.map((price) => [price.symbol, listedPrice(price)])),
      lastUpdate: newestMs(known.map(({ updatedAt }) => updatedAt)),
      totalCount: known.length,
    };
  },
});

export const priceComparison = endpoint<
  RestComparePricesQuery,
  RestComparePricesQueryVariables,
  PriceComparison
>()({
  method: 'GET',
  path: '/api/prices/compare',
  operation: 'RestComparePrices',
  summary: 'Symbols ranked against one another by their change over a period.',
  parameters: () => ({
    query: z.strictObject({
      symbols: symbols({ min: COMPARE_MIN_SYMBOLS, max: COMPARE_MAX_SYMBOLS }).describe(ANY_ORDER),
      period: enumerated(PERIODS)
        .default('24h')
        .describe('The span of time over which symbols are compared.'),
    }),
  }),
  variables: ({ query }) => ({ symbols: query.symbols, period: PERIODS[query.period] }),
  answer: ({ comparePrices: compared }, { parameters: { query } }) =>
    compared && {
      period: query.period,
      symbols: query.symbols,
      comparison: compared.entries.map(comparedPrice),
      summary: {
        bestPerformer: compared.best?.price.symbol ?? null,
        worstPerformer: compared.worst?.price.symbol ?? null,
        averageChange: compared.averageChangePercent,
        totalMarketCap: compared.totalMarketCap,
      },
      lastUpdate: newestMs(compared.entries.map(({ price: { updatedAt } }) => updatedAt)),
    },
});

export const price = endpoint<RestPriceQuery, RestPriceQueryVariables, Price>()({
  method: 'GET',
  path: '/api/prices/:symbol',
  operation: 'RestPrice',
  summary: 'The latest price of one symbol, with what single exchanges ask and with technical indicators.',
  parameters: () => ({
    path: z.strictObject({ symbol: symbol().describe(ANY_CASE) }),
    query: z.strictObject({
      currency: currency(),
      include_history: flag().describe('`true` adds the hourly closes of 24 hours.'),
    }),
  }),
  variables: ({ path, query }) => ({
    symbol: path.symbol,
    currency: CURRENCIES[query.currency],
    includeHistory: query.include_history,
  }),
  answer: (data) => data.price && wholePrice(data.price),
});

export const PRICE_ENDPOINTS = [prices, priceComparison, price];
