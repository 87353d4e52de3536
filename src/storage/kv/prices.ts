/**
 * The price snapshot: one KV value with every synced symbol and one rate per currency.
 *
 * One key a symbol would be 21.6 million writes a month for 500 symbols; this is 43,200.
 */
import * as z from 'zod';
import { PRICE_SNAPSHOT_KEY } from './keys.ts';

export const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'CNY', 'KRW', 'BTC', 'ETH'] as const;
export type CurrencyCode = (typeof CURRENCIES)[number];

/** Units of a currency for one US dollar, without currencies that no source has given yet. */
export type CurrencyRates = Partial<Record<CurrencyCode, number>>;

/** A symbol's price in US dollars, as the price API gives it. Absent fields are unknown. Times in Unix seconds. */
export interface PriceRecord {
  symbol: string;
  priceUsd: number;
  change1h?: number | undefined;
  change24h?: number | undefined;
  change7d?: number | undefined;
  change30d?: number | undefined;
  changePercent1h?: number | undefined;
  changePercent24h?: number | undefined;
  changePercent7d?: number | undefined;
  changePercent30d?: number | undefined;
  volume24h?: number | undefined;
  marketCap?: number | undefined;
  circulatingSupply?: number | undefined;
  totalSupply?: number | undefined;
  rank?: number | undefined;
  lastUpdate: number;
  exchanges?: ExchangePriceRecord[] | undefined;
  technicalIndicators?: IndicatorsRecord | undefined;
}

export interface ExchangePriceRecord {
  exchange: string;
  price: number;
  volume24h?: number | undefined;
  lastUpdate: number;
}

export const indicatorsRecord = z.object({
  rsi: z.number().nullable(),
  macd: z.object({ value: z.number(), signal: z.number(), histogram: z.number() }).nullable(),
  movingAverages: z.object({
    ma7: z.number().nullable(),
    ma25: z.number().nullable(),
    ma50: z.number().nullable(),
    ma200: z.number().nullable(),
  }),
  support: z.number().nullable(),
  resistance: z.number().nullable(),
});
/** An indicator is null if there are too few daily closes for it. */
export type IndicatorsRecord = z.output<typeof indicatorsRecord>;

export interface PriceSnapshot {
  /** The start of the sync that wrote it, in Unix seconds. */
  asOf: number;
  rates: CurrencyRates;
  /** By upper-case symbol. */
  prices: Record<string, PriceRecord>;
  /**
   * By symbol, the Unix seconds since which the price API does not know it. Its last price is still in `prices`.
   */
  absentSince?: Record<string, number> | undefined;
}

/** Records are not parsed again: the sync parsed them, and there are hundreds. */
const outline = z.object({
  asOf: z.number(),
  rates: z.record(z.string(), z.number()),
  prices: z.record(
    z.string(),
    z.custom<PriceRecord>((value) => typeof value === 'object' && value !== null),
  ),
  absentSince: z.record(z.string(), z.number()).optional(),
});

/** Null if nothing was synced yet. Throws if KV fails or the value is malformed. */
export async function readPriceSnapshot(kv: KVNamespace): Promise<PriceSnapshot | null> {
  const text = await kv.get(PRICE_SNAPSHOT_KEY, 'text');
  return text === null ? null : outline.parse(JSON.parse(text));
}

/** Only the minute's sync may call it: two writers would overwrite each other's prices. */
export async function writePriceSnapshot(kv: KVNamespace, snapshot: PriceSnapshot): Promise<void> {
  await kv.put(PRICE_SNAPSHOT_KEY, JSON.stringify(snapshot));
}
