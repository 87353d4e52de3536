/** Reads the gateway's counts of the last half hour, and its open incidents, from the admin endpoint. */

import { usesErrorBudget } from '../../src/observability/request-metrics.ts';
import type { AlertRuleName } from '../../src/settings/alert-thresholds.ts';
import { type Alerts, alertsAnswer } from '../alerts/alert-answers.ts';
import type { AdminClient } from '../operations/admin-client.ts';
import { type MetricsRow, metricsAnswer } from '../operations/metrics-answer.ts';
import { shortMetricsId } from '../operations/printed-values.ts';

/** The window of the alert about the hit rate. */
const COUNTED_SECONDS = 1_800;
const HIT_RATE_RULE: AlertRuleName = 'cache-hit-rate';

export interface Counted {
  /** The time from which on requests are counted, as `16:00 UTC`: hours count whole. */
  since: string;
  /** Without jobs, health checks and admin commands, as in the error budget. */
  total: { count: number; faults: number };
  /** Public queries: those that a cache may answer. */
  publicRequests: number;
  /** Those of them that a cache of the gateway has answered. */
  hits: number;
  /** The most frequent first. */
  operations: readonly CountedOperation[];
  incidents: readonly OpenIncident[];
  /** The threshold of the gateway's alert. Null where the alert is off, as with a cache in front. */
  hitRateThreshold: number | null;
}

export interface OpenIncident {
  rule: string;
  severity: string;
  summary: string;
  /** As `16:41 UTC`. */
  since: string;
  isSilenced: boolean;
}

export interface CountedOperation {
  name: string;
  count: number;
  /** From 0 to 1. Null where no answer of it may be kept. */
  hitRate: number | null;
  p95Ms: number | null;
  faults: number;
}

/** @throws CommandFailure where the gateway does not answer, or does not accept the key */
export async function observeCounted(admin: AdminClient, nowMs: number): Promise<Counted> {
  const to = Math.floor(nowMs / 1000) + 1;
  const path = (by: string) => `/admin/metrics?from=${to - COUNTED_SECONDS}&to=${to}&by=${by}`;
  const [byOperation, byCache, { incidents, rules }] = await Promise.all([
    admin.get(path('operation'), metricsAnswer),
    admin.get(path('cache'), metricsAnswer),
    admin.get('/admin/alerts', alertsAnswer),
  ]);
  const requests = byOperation.rows.filter(({ operationId = '' }) => usesErrorBudget(operationId));
  const withCache = (...results: string[]) =>
    sum(byCache.rows.filter(({ cache = '' }) => results.includes(cache)).map(({ count }) => count));
  return {
    since: timeOf(byOperation.from),
    total: {
      count: sum(requests.map(({ count }) => count)),
      faults: sum(requests.map(({ faults }) => faults)),
    },
    publicRequests: withCache('hit', 'stale', 'miss'),
    hits: withCache('hit', 'stale'),
    operations: requests.map(countedOperation),
    incidents: incidents.filter(({ endedAt }) => endedAt === null).map(openIncident),
    hitRateThreshold: rules.find(({ name }) => name === HIT_RATE_RULE)?.threshold ?? null,
  };
}

const openIncident = ({
  rule,
  severity,
  summary,
  startedAt,
  silencedUntil,
}: Alerts['incidents'][number]): OpenIncident => ({
  since: timeOf(new Date(startedAt * 1000).toISOString()),
  isSilenced: silencedUntil !== null,
  ...{ rule, severity, summary },
});

const timeOf = (instant: string) => `${instant.slice(11, 16)} UTC`;

const countedOperation = ({
  operationId = '',
  operationName,
  count,
  hitRate,
  p95Ms,
  faults,
}: MetricsRow): CountedOperation => ({
  name: operationName ?? shortMetricsId(operationId),
  ...{ count, hitRate, p95Ms, faults },
});

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
