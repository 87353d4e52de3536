/** What a dollar is in other money. Fiat drifts by a few tenths of a percent; coins follow their own price. */
import { hashText, smoothNoise } from './random.ts';

const FIAT_PER_DOLLAR = { usd: 1, eur: 0.9278, gbp: 0.7936, jpy: 150.19, cny: 7.1936, krw: 1335.4 };
const COINS = { btc: 'BTC', eth: 'ETH' };
const DRIFT = 0.003;
const DRIFT_PERIOD_SECONDS = 4 * 3_600;

export const CURRENCIES = [...Object.keys(FIAT_PER_DOLLAR), ...Object.keys(COINS)];

/** Null where the currency is not supported, or is a coin whose price nobody knows. */
export function unitsPerDollar(
  currency: string,
  seed: number,
  now: number,
  priceUsd: (symbol: string) => number | null,
): number | null {
  if (currency === 'usd') return 1;
  const fiat = Object.entries(FIAT_PER_DOLLAR).find(([code]) => code === currency)?.[1];
  if (fiat !== undefined) {
    return fiat * (1 + DRIFT * smoothNoise(hashText(currency, seed), DRIFT_PERIOD_SECONDS, now));
  }
  const coin = Object.entries(COINS).find(([code]) => code === currency)?.[1];
  const price = coin === undefined ? null : priceUsd(coin);
  return price === null ? null : 1 / price;
}
