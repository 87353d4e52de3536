/** Sums, rates and percentiles of cells, whole or by groups. Rates are of the requests that reached the Worker. */
import { addCalls, type CallCounts, noCalls } from '../observability/call-counts.ts';
import { LatencyHistogram } from '../observability/latency-histogram.ts';
import type { MetricsCell } from '../observability/request-metrics.ts';

/** Stands in each answer and page that shows rates. */
export const COUNTED_REQUESTS =
  'Requests, rates and times are those of requests that reached the Worker: caches in front answer others without it. ' +
  'A time is how long a request waited for others; the clock stands still while the Worker computes.';

export interface MetricsSummary {
  count: number;
  /** Requests that use up the error budget. */
  faults: number;
  /** GraphQL errors in answers. */
  errors: number;
  /** Hits, stale ones too, among the requests whose answer may be kept. Null where there is no such request. */
  hitRate: number | null;
  /** At most `LATENCY_ERROR` above the true ones. Null where nothing was counted. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  /** The sum of the durations. */
  durationMs: number;
  /** The length of answers' bodies. */
  bytes: number;
  calls: CallCounts;
}

export function summaryOf(cells: readonly MetricsCell[]): MetricsSummary {
  const sumOf = (value: (cell: MetricsCell) => number) => cells.reduce((sum, cell) => sum + value(cell), 0);
  const countOf = (...results: MetricsCell['cache'][]) =>
    sumOf(({ cache, count }) => (results.includes(cache) ? count : 0));
  const histogram = LatencyHistogram.of(...cells.map((cell) => cell.histogram));
  const calls = noCalls();
  for (const cell of cells) addCalls(calls, cell.calls);
  const cacheable = countOf('hit', 'stale', 'miss');
  return {
    count: sumOf(({ count }) => count),
    faults: sumOf(({ faults }) => faults),
    errors: sumOf(({ errors }) => errors),
    hitRate: cacheable === 0 ? null : countOf('hit', 'stale') / cacheable,
    p50Ms: histogram.percentileMs(0.5),
    p95Ms: histogram.percentileMs(0.95),
    p99Ms: histogram.percentileMs(0.99),
    durationMs: sumOf(({ durationMs }) => durationMs),
    bytes: sumOf(({ bytes }) => bytes),
    calls,
  };
}

const isoHour = (hour: number) => new Date(hour * 3_600_000).toISOString();

/** The facts that name a group. */
const GROUP_NAMES = {
  operation: ({ operationId }: MetricsCell) => ({ operationId }),
  client: ({ client, version }: MetricsCell) => ({ client, version }),
  outcome: ({ outcome }: MetricsCell) => ({ outcome }),
  cache: ({ cache }: MetricsCell) => ({ cache }),
  hour: ({ hour }: MetricsCell) => ({ hour: isoHour(hour) }),
  day: ({ hour }: MetricsCell) => ({ day: isoHour(hour).slice(0, 10) }),
};

export type Group = keyof typeof GROUP_NAMES;
export const GROUPS = Object.keys(GROUP_NAMES) as Group[];

export type GroupNames = Partial<
  Pick<MetricsCell, 'operationId' | 'client' | 'version' | 'outcome' | 'cache'> & {
    hour: string;
    day: string;
  }
>;

/** Without the names that are not grouped by. Groups of such cells have the same sums, rates and percentiles. */
export function withoutOtherNames(cell: MetricsCell, by: readonly Group[]): MetricsCell {
  const { operationId, client, version, outcome, hour } = cell;
  const has = (...groups: Group[]) => groups.some((group) => by.includes(group));
  return {
    ...cell,
    operationId: has('operation') ? operationId : '',
    ...(has('client') ? { client, version } : { client: '', version: '' }),
    outcome: has('outcome') ? outcome : 'ok',
    hour: has('hour', 'day') ? hour : 0,
  };
}

/** The group with the most requests first. Without groupings, all cells are one group. */
export function summariesBy(
  cells: readonly MetricsCell[],
  by: readonly Group[],
): (GroupNames & MetricsSummary)[] {
  const namesOf = (cell: MetricsCell): GroupNames =>
    Object.assign({}, ...by.map((group) => GROUP_NAMES[group](cell)));
  return [...Map.groupBy(cells, (cell) => JSON.stringify(namesOf(cell)))]
    .map(([names, ofGroup]) => ({ ...(JSON.parse(names) as GroupNames), ...summaryOf(ofGroup) }))
    .sort((one, other) => other.count - one.count);
}
