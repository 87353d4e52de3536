/** The forecast of a month from what D1 has counted, for alerts and reports. */
import { JOB_PREFIX, type MetricsCell } from '../observability/request-metrics.ts';
import { readMetrics } from '../storage/d1/request-metrics.ts';
import { forecastMonth, forecastReadsFrom, type MonthForecast } from './cost.ts';

const DAY_SECONDS = 86_400;

/** Forecasts the month (UTC) that the time is in, from the counts before it. */
export async function readForecast(db: D1Database, nowSeconds: number): Promise<MonthForecast> {
  const reads = forecastReadsFrom(nowSeconds);
  // Whole days: a day whose hours have expired counts whole.
  const from = reads - (reads % DAY_SECONDS);
  const cells = await readMetrics(db, { from, to: nowSeconds, simplified: withoutNames });
  return forecastMonth(cells, nowSeconds);
}

/**
 * Without the names of operations, clients and jobs; a job stays one. The price of requests is the same for all operations:
 * it depends on their outcome and on the cache.
 */
export const withoutNames = (cell: MetricsCell): MetricsCell => ({
  ...cell,
  operationId: cell.operationId.startsWith(JOB_PREFIX) ? JOB_PREFIX : '',
  client: '',
  version: '',
});
