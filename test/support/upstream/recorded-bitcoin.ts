/** Bitcoin's real days, moved by whole days so that the last of them is the day before the market's start. */
import type { Coin, MarketSource } from './coins.ts';
import { type Anchor, DAY_SECONDS } from './instrument.ts';
import { anchorsOfCoin } from './quotes.ts';
import { type DailyCandle, readSharedBitcoinCandles } from './shared-market-files.ts';

const HOUR_SECONDS = 3_600;

export interface RecordedBitcoin {
  byDay: ReadonlyMap<number, DailyCandle>;
  anchors: (coin: Coin) => Anchor[];
}

export function recordedBitcoin(source: MarketSource, startAt: number): RecordedBitcoin {
  const real = source === 'shared' ? readSharedBitcoinCandles() : [];
  const last = real.at(-1);
  if (last === undefined) return { byDay: new Map(), anchors: (coin) => anchorsOfCoin(coin, startAt) };
  const today = Math.floor(startAt / DAY_SECONDS) * DAY_SECONDS;
  const shift = today - DAY_SECONDS - last.time;
  const days = real.map((candle) => ({ ...candle, time: candle.time + shift }));
  const closes = days.map((day) => ({ time: day.time + DAY_SECONDS, priceUsd: day.close }));
  return {
    byDay: new Map(days.map((day) => [day.time, day])),
    // Early in the day the listed price would be a jump from yesterday's close.
    anchors: (coin) =>
      startAt - today < HOUR_SECONDS ? closes : [...closes, { time: startAt, priceUsd: coin.priceUsd }],
  };
}
