import { LatencyHistogram } from '../../observability/latency-histogram.ts';
import type { AlertRule } from '../rule.ts';
import { MINUTE_SECONDS } from '../watched-time.ts';
import { RECENT_MINUTES } from '../windows.ts';

/** D1 answers slowly, of all queries together. */
export const d1Slow: AlertRule = {
  name: 'd1-slow',
  runbook: 'd1-slow',
  severity: 'ticket',
  windowSeconds: RECENT_MINUTES * MINUTE_SECONDS,
  holdSeconds: 600,
  recoverySeconds: 600,
  minimum: 50,
  counted: 'queries of D1',
  inWords: (value) => `${Math.round(value)} ms at the 95th percentile`,
  breaches({ recent }, { threshold, minimum }) {
    if (recent === null) return null;
    const histogram = LatencyHistogram.of(recent.d1);
    const value = histogram.percentileMs(0.95) ?? 0;
    if (histogram.count < minimum || value <= threshold) return [];
    const summary = `Queries of D1 took ${value} ms at the 95th percentile, of the last ${RECENT_MINUTES} minutes.`;
    return [{ subject: '', value, summary }];
  },
};
