/** Finished candles of a quote. A candle opens and closes at the very prices the quote has at those instants. */
import { DAY_SECONDS, toSignificant } from './instrument.ts';
import type { CandleRecord } from './price-records.ts';
import { type Quote, volumeAt } from './quotes.ts';
import type { DailyCandle } from './shared-market-files.ts';

const SAMPLES = 6;
export const PERIOD_SECONDS = {
  '24h': DAY_SECONDS,
  '7d': 7 * DAY_SECONDS,
  '30d': 30 * DAY_SECONDS,
  '365d': 365 * DAY_SECONDS,
};
export const INTERVAL_SECONDS = { '1h': 3_600, '1d': DAY_SECONDS };
export type Period = keyof typeof PERIOD_SECONDS;
export type Interval = keyof typeof INTERVAL_SECONDS;

/** `recorded` holds what really happened, by day; those days are told as they were. */
export function candles(
  quote: Quote,
  period: Period,
  interval: Interval,
  now: number,
  recorded: ReadonlyMap<number, DailyCandle>,
): CandleRecord[] {
  const seconds = INTERVAL_SECONDS[interval];
  const count = Math.floor(PERIOD_SECONDS[period] / seconds);
  const end = Math.floor(now / seconds) * seconds;
  const withVolume = quote.complete || !quote.dice.chance('candles-without-volume', 0.1);
  return Array.from({ length: count }, (_, index) => {
    const time = end - (count - index) * seconds;
    const real = interval === '1d' ? recorded.get(time) : undefined;
    return real ?? candle(quote, time, seconds, withVolume);
  });
}

function candle(quote: Quote, time: number, seconds: number, withVolume: boolean): CandleRecord {
  const open = quote.instrument.priceAt(time);
  const close = quote.instrument.priceAt(time + seconds);
  let high = Math.max(open, close);
  let low = Math.min(open, close);
  for (let sample = 1; sample < SAMPLES; sample++) {
    const price = quote.instrument.priceAt(time + (sample * seconds) / SAMPLES);
    if (price > high) high = price;
    else if (price < low) low = price;
  }
  const volume = volumeAt(quote, time);
  return {
    time,
    open,
    high,
    low,
    close,
    volume:
      withVolume && volume !== null
        ? toSignificant(((volume / quote.basePriceUsd) * seconds) / DAY_SECONDS)
        : null,
  };
}
