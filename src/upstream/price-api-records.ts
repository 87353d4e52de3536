/**
 * The price API's records as the gateway takes them: symbols in upper case, unknown fields dropped, absent
 * fields undefined. Their shape is that of the price snapshot's records.
 */
import * as z from 'zod';
import { amount, count, id, orUndefined, shortText, unixSeconds } from './fields.ts';

const optionalAmount = orUndefined(amount);
const optionalChange = orUndefined(z.number());
const numberOrNull = z
  .number()
  .nullish()
  .transform((value) => value ?? null);

const technicalIndicators = z.object({
  rsi: numberOrNull,
  macd: z
    .object({ value: z.number(), signal: z.number(), histogram: z.number() })
    .nullish()
    .transform((value) => value ?? null),
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
  /** In the currency that was asked for. */
  price: amount,
  priceUsd: amount,
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
    z.array(
      z.object({ exchange: shortText, price: amount, volume24h: optionalAmount, lastUpdate: unixSeconds }),
    ),
  ),
  technicalIndicators: orUndefined(technicalIndicators),
});
export type UpstreamPriceRecord = z.output<typeof priceRecord>;

export const candleRecord = z
  .object({
    time: unixSeconds,
    open: amount,
    high: amount,
    low: amount,
    close: amount,
    volume: orUndefined(amount).transform((volume) => volume ?? null),
  })
  .refine(({ open, high, low, close }) => high >= Math.max(open, close) && low <= Math.min(open, close), {
    error: 'open and close must lie between low and high',
  });
/** Prices in US dollars; `time` is where the candle begins, in Unix seconds. */
export type UpstreamCandleRecord = z.output<typeof candleRecord>;
