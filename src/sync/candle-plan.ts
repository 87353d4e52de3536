/** Decides which price history the nightly job asks for: the missing part of each symbol's, and no more. Pure. */
import type { CandleCoverage, CandleIntervalCode } from '../storage/d1/candles.ts';
import type { HistoryPeriod } from '../upstream/price-api.ts';

export const DAY_SECONDS = 86_400;

export interface HistoryRequest {
  symbol: string;
  interval: CandleIntervalCode;
  period: HistoryPeriod;
}

/**
 * Days: a year if none are held, else the shortest period that leaves no gap since the newest one held. Hours: 30 days
 * until they reach back that far, because the minute's samples give a new symbol its first hours before its first
 * night; after that, a week if the last day has gaps.
 */
export function historyRequests(coverage: CandleCoverage, nowSeconds: number): HistoryRequest[] {
  const { symbol, newestDay, oldestHour, recentHours } = coverage;
  const requests: HistoryRequest[] = [{ symbol, interval: '1d', period: dayPeriod(newestDay, nowSeconds) }];
  if (oldestHour === null || oldestHour > nowSeconds - 29 * DAY_SECONDS) {
    requests.push({ symbol, interval: '1h', period: '30d' });
  } else if (recentHours < 24) {
    requests.push({ symbol, interval: '1h', period: '7d' });
  }
  return requests;
}

function dayPeriod(newestDay: number | null, nowSeconds: number): HistoryPeriod {
  if (newestDay === null) return '365d';
  const days = (nowSeconds - newestDay) / DAY_SECONDS;
  return days <= 6 ? '7d' : days <= 29 ? '30d' : '365d';
}
