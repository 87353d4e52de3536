/**
 * Units of each currency for one US dollar, told by the price of bitcoin: its price in the currency over its
 * price in dollars, both of the same answer. A rate that cannot be told now keeps its last value.
 */
import { CURRENCIES, type CurrencyCode, type CurrencyRates } from '../storage/kv/prices.ts';
import type { PriceApi } from '../upstream/price-api.ts';

/** The symbols whose dollar prices the rates need, beside one call for each other currency. */
export const RATE_SYMBOLS = ['BTC', 'ETH'] as const;

export interface ReadRates {
  rates: CurrencyRates;
  /** Why a rate is not of now; null where all are. */
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
        firstError ??= `rate of ${currency}: ${error instanceof Error ? error.message : String(error)}`;
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
  switch (currency) {
    case 'USD':
      return 1;
    case 'BTC':
    case 'ETH':
      return positive(1 / (priceUsdOf(currency) ?? Number.NaN));
    case 'EUR':
    case 'GBP':
    case 'JPY':
    case 'CNY':
    case 'KRW': {
      const { prices } = await priceApi.inCurrency(['BTC'], currency);
      const bitcoin = prices.get('BTC');
      return positive((bitcoin?.price ?? Number.NaN) / (bitcoin?.priceUsd ?? Number.NaN));
    }
    default:
      return currency satisfies never;
  }
}

function positive(rate: number): number {
  if (!Number.isFinite(rate) || rate <= 0) throw new RangeError('its price is missing or zero');
  return rate;
}
