/**
 * Technical indicators over daily closes, by `trading-signals`.
 *
 * RSI is Wilder's over 14 days: his smoothing begins with the mean of the first 14 changes. MACD is 12, 26, 9
 * over exponential averages that begin with the first value. Moving averages are simple. Support and
 * resistance are the lowest and the highest of the last 30 closes. Each is null if there are too few closes.
 */
import { EMA, MACD, RSI, SMA } from 'trading-signals';
import type { IndicatorsRecord } from '../storage/kv/prices.ts';

/** Older daily closes would not change a digit of a double. */
export const INDICATOR_DAYS = 400;
export const SUPPORT_AND_RESISTANCE_DAYS = 30;

/** @param closes oldest first, of finished days */
export function computeIndicators(closes: readonly number[]): IndicatorsRecord {
  const rsi = new RSI(14);
  const macdSignal = new EMA(9);
  const macd = new MACD(new EMA(12), new EMA(26), macdSignal);
  const averages = { ma7: new SMA(7), ma25: new SMA(25), ma50: new SMA(50), ma200: new SMA(200) };
  for (const close of closes) {
    for (const indicator of [rsi, macd, averages.ma7, averages.ma25, averages.ma50, averages.ma200]) {
      indicator.update(close, false);
    }
  }

  // The library shows a signal from the 26th close on; it averages 9 values only from the 34th.
  const macdNow = macdSignal.isStable ? macd.getResult() : null;
  const recent = closes.slice(-SUPPORT_AND_RESISTANCE_DAYS);
  const enough = recent.length === SUPPORT_AND_RESISTANCE_DAYS;
  return {
    rsi: rsi.getResult(),
    macd: macdNow && { value: macdNow.macd, signal: macdNow.signal, histogram: macdNow.histogram },
    movingAverages: {
      ma7: averages.ma7.getResult(),
      ma25: averages.ma25.getResult(),
      ma50: averages.ma50.getResult(),
      ma200: averages.ma200.getResult(),
    },
    support: enough ? Math.min(...recent) : null,
    resistance: enough ? Math.max(...recent) : null,
  };
}
