/** Sums over requests that reached the Worker, as a report has them. */
import { type MetricsSummary, summaryOf } from '../metrics/summary.ts';
import type { MetricsCell } from '../observability/request-metrics.ts';

export interface Traffic extends Omit<MetricsSummary, 'count' | 'durationMs' | 'calls'> {
  requests: number;
  /** Requests without data for which the caller is the reason. */
  refused: number;
}

export function trafficOf(cells: readonly MetricsCell[]): Traffic {
  const { count: requests, durationMs: _, calls: __, ...figures } = summaryOf(cells);
  const refused = cells
    .filter(({ outcome }) => outcome === 'refused')
    .reduce((sum, { count }) => sum + count, 0);
  return { requests, refused, ...figures };
}
