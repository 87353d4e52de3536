/** The forecast of a month from what D1 has counted, for alerts and reports. */
import { addCalls } from '../observability/call-counts.ts';
import { JOB_PREFIX, type MetricsCell } from '../observability/request-metrics.ts';
import { readMetrics } from '../storage/d1/request-metrics.ts';
import { forecastMonth, forecastReadsFrom, type MonthForecast, type PricedHourCell } from './cost.ts';

const DAY_SECONDS = 86_400;
/**
 * A month of cells takes tens of megabytes, so it is read in parts, of which the priced sums are kept. Parts begin with a day:
 * a day whose hours have expired would count in two of them.
 */
const PART_SECONDS = 7 * DAY_SECONDS;

/** Of the month (UTC) that the time is in, from what was counted before it. */
export async function readForecast(db: D1Database, nowSeconds: number): Promise<MonthForecast> {
  const sums = new Map<string, PricedHourCell>();
  const reads = forecastReadsFrom(nowSeconds);
  for (let from = reads - (reads % DAY_SECONDS); from < nowSeconds; from += PART_SECONDS) {
    const cells = await readMetrics(db, { from, to: Math.min(from + PART_SECONDS, nowSeconds) });
    for (const cell of cells) addPriced(sums, cell);
  }
  return forecastMonth([...sums.values()], nowSeconds);
}

/** The price of requests is the same for all operations: it depends on their outcome and on the cache. */
function addPriced(sums: Map<string, PricedHourCell>, cell: MetricsCell): void {
  const { operationId, hour, outcome, cache, count, bytes, calls } = cell;
  const isJob = operationId.startsWith(JOB_PREFIX);
  const key = [isJob, hour, outcome, cache].join(' ');
  const sum = sums.get(key);
  if (sum === undefined) {
    const priced = { operationId: isJob ? JOB_PREFIX : '', hour, outcome, cache, count, bytes };
    sums.set(key, { ...priced, calls: { ...calls } });
    return;
  }
  sum.count += count;
  sum.bytes += bytes;
  addCalls(sum.calls, calls);
}
