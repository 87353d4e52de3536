/**
 * Units of each currency for one US dollar, computed from the price of bitcoin: its price in the currency divided by
 * its price in dollars, both from the same answer. A rate that cannot be computed now keeps its last value.
 */
import { CURRENCIES, type CurrencyCode, type CurrencyRates } from '../storage/kv/prices.ts';
import { RATE_MAX } from '../upstream/fields.ts';
import type { PriceApi } from '../upstream/price-api.ts';
import { errorText } from './job.ts';

/** The rates need the dollar prices of these symbols, and one call for each other currency. */
export const RATE_SYMBOLS = ['BTC', 'ETH'] as const;

export interface ReadRates {
  rates: CurrencyRates;
  /** The reason why a rate is an old one; null if all are new. */
  firstError: string | null;
}

export async function readRates(
  priceApi: PriceApi,
  priceUsdOf: (symbol: string) => number | undefined,
  previous: CurrencyRates,
): Promise<ReadRates> {
  const rates: CurrencyRates = { ...previous };
  let firstError: string | null = null;
  await Promise.all(
    CURRENCIES.map(async (currency) => {
      try {
        rates[currency] = await readRate(priceApi, priceUsdOf, currency);
      } catch (error) {
        firstError ??= `rate of ${currency}: ${errorText(error)}`;
      }
    }),
  );
  return { rates, firstError };
}

async function readRate(
  priceApi: PriceApi,
  priceUsdOf: (symbol: string) => number | undefined,
  currency: CurrencyCode,
): Promise<number> {
  if (currency === 'USD') return 1;
  if (currency === 'BTC' || currency === 'ETH') return positive(1 / (priceUsdOf(currency) ?? Number.NaN));
  const { prices } = await priceApi.inCurrency(['BTC'], currency);
  const bitcoin = prices.get('BTC');
  return positive((bitcoin?.price ?? Number.NaN) / (bitcoin?.priceUsd ?? Number.NaN));
}

function positive(rate: number): number {
  if (!Number.isFinite(rate) || rate <= 0) throw new RangeError('its price is missing or zero');
  if (rate > RATE_MAX) throw new RangeError(`it is greater than ${RATE_MAX}`);
  return rate;
}
