import { LatencyHistogram } from '../../observability/latency-histogram.ts';
import { UNREGISTERED } from '../../observability/request-metrics.ts';
import { percentileMs } from '../facts.ts';
import type { AlertRule, Breach } from '../rule.ts';
import { MINUTE_SECONDS } from '../watched-time.ts';
import { RECENT_MINUTES, type RecentCell } from '../windows.ts';

/** The threshold of the 99th percentile is so many times that of the 95th. */
const P99_FACTOR = 2;

/** An operation is slow. Each operation has an alert of its own, which names the client release that waits the longest. */
export const slowOperation: AlertRule = {
  name: 'slow-operation',
  runbook: 'slow-operation',
  severity: 'ticket',
  windowSeconds: RECENT_MINUTES * MINUTE_SECONDS,
  holdSeconds: 600,
  recoverySeconds: 600,
  minimum: 30,
  counted: 'requests of the operation',
  inWords: (value) => `${Math.round(value)} ms at the 95th percentile`,
  breaches({ recent }, { threshold, minimum }) {
    if (recent === null) return null;
    const breaches: Breach[] = [];
    const operations = Map.groupBy(recent.cells, ({ operationId }) => operationId);
    for (const [operationId, cells] of operations) {
      if (operationId === UNREGISTERED) continue;
      const histogram = LatencyHistogram.of(...cells.map((cell) => cell.histogram));
      if (histogram.count < minimum) continue;
      const [p95 = 0, p99 = 0] = [histogram.percentileMs(0.95) ?? 0, histogram.percentileMs(0.99) ?? 0];
      if (p95 <= threshold && p99 <= threshold * P99_FACTOR) continue;
      const { client, version } = slowestOf(cells);
      breaches.push({
        subject: operationId,
        value: p95,
        summary: `The operation took ${p95} ms at the 95th percentile and ${p99} ms at the 99th, of the requests that reached the Worker in the last ${RECENT_MINUTES} minutes.`,
        worst: { operationId, client, version },
      });
    }
    return breaches.sort((left, right) => right.value - left.value);
  },
};

const slowestOf = (cells: readonly RecentCell[]): { client: string; version: string } =>
  cells.reduce((slowest, cell) =>
    percentileMs(cell.histogram, 0.95) > percentileMs(slowest.histogram, 0.95) ? cell : slowest,
  );
