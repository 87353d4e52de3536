import { noCalls } from '../../src/observability/call-counts.ts';
import { LatencyHistogram } from '../../src/observability/latency-histogram.ts';
import type { MetricsCell } from '../../src/observability/request-metrics.ts';

export interface MadeUpRequests extends Partial<MetricsCell> {
  count: number;
  /** The duration of each request. */
  takesMs?: number;
}

/** @param now Unix seconds. */
export function madeUpCell({ takesMs = 0, count, ...rest }: MadeUpRequests, now: number): MetricsCell {
  const histogram = new LatencyHistogram();
  histogram.add(takesMs, count);
  return {
    operationId: 'sha256:market',
    client: 'ios',
    version: '5.2',
    hour: Math.floor(now / 3_600),
    outcome: 'ok',
    cache: 'hit',
    firstSeen: now,
    lastSeen: now,
    count,
    faults: 0,
    errors: 0,
    bytes: 0,
    durationMs: takesMs * count,
    calls: noCalls(),
    histogram: histogram.sparse(),
    ...rest,
  };
}
