/**
 * The price API's records after parsing: symbols in upper case, unknown fields dropped, absent fields undefined. They
 * have the form of the price snapshot's records.
 */
import * as z from 'zod';
import {
  count,
  id,
  orNull,
  orUndefined,
  pricedAmount,
  pricedNumber,
  shortText,
  unixSeconds,
} from './fields.ts';

const optionalAmount = orUndefined(pricedAmount);
const optionalChange = orUndefined(pricedNumber);
const numberOrNull = orNull(pricedNumber);
const EXCHANGES_MAX = 100;

const technicalIndicators = z.object({
  rsi: numberOrNull,
  macd: orNull(z.object({ value: pricedNumber, signal: pricedNumber, histogram: pricedNumber })),
  movingAverages: z.object({
    ma7: numberOrNull,
    ma25: numberOrNull,
    ma50: numberOrNull,
    ma200: numberOrNull,
  }),
  support: numberOrNull,
  resistance: numberOrNull,
});

export const priceRecord = z.object({
  symbol: id.transform((symbol) => symbol.toUpperCase()),
  /** In the currency of the request. */
  price: pricedAmount,
  priceUsd: pricedAmount,
  change1h: optionalChange,
  change24h: optionalChange,
  change7d: optionalChange,
  change30d: optionalChange,
  changePercent1h: optionalChange,
  changePercent24h: optionalChange,
  changePercent7d: optionalChange,
  changePercent30d: optionalChange,
  volume24h: optionalAmount,
  marketCap: optionalAmount,
  circulatingSupply: optionalAmount,
  totalSupply: optionalAmount,
  rank: orUndefined(count),
  lastUpdate: unixSeconds,
  exchanges: orUndefined(
    z
      .array(
        z.object({
          exchange: shortText,
          price: pricedAmount,
          volume24h: optionalAmount,
          lastUpdate: unixSeconds,
        }),
      )
      .max(EXCHANGES_MAX),
  ),
  technicalIndicators: orUndefined(technicalIndicators),
});
export type UpstreamPriceRecord = z.output<typeof priceRecord>;

export const candleRecord = z
  .object({
    time: unixSeconds,
    open: pricedAmount,
    high: pricedAmount,
    low: pricedAmount,
    close: pricedAmount,
    volume: orNull(pricedAmount),
  })
  .refine(({ open, high, low, close }) => high >= Math.max(open, close) && low <= Math.min(open, close), {
    error: 'open and close must lie between low and high',
  });
/** Prices in US dollars; `time` is the start of the candle in Unix seconds. */
export type UpstreamCandleRecord = z.output<typeof candleRecord>;
