/** Figures of requests by the log of the one who sent them, computed one by one. */
import type { LoggedRequest } from './mixed-requests.ts';

export const sumOf = <Item>(items: readonly Item[], value: (item: Item) => number) =>
  items.reduce((sum, item) => sum + value(item), 0);
export const shareOf = <Item>(items: readonly Item[], is: (item: Item) => boolean) =>
  items.filter(is).length / items.length;

/** The least duration that the share of the requests did not exceed. */
export function percentile(requests: readonly LoggedRequest[], share: number): number {
  const sorted = requests.map(({ durationMs }) => durationMs).toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

export type Row = Record<string, string | number>;
const groups = (
  requests: readonly LoggedRequest[],
  namesOf: (request: LoggedRequest) => Row,
  factsOf: (own: LoggedRequest[]) => Row,
) =>
  [...Map.groupBy(requests, (request) => JSON.stringify(namesOf(request)))].map(([names, own]) => ({
    ...(JSON.parse(names) as Row),
    requests: own.length,
    ...factsOf(own),
  }));

const operation = ({ operationId, name }: LoggedRequest) => ({ operation_id: operationId, operation: name });
const isOutcome =
  (wanted: string) =>
  ({ outcome }: LoggedRequest) =>
    outcome === wanted;
export const isHit = ({ cache }: Pick<LoggedRequest, 'cache'>) => cache === 'hit' || cache === 'stale';

/** The rows that each query of docs/analytics.sql must give, by the log of all requests. */
export const expectedRows = (
  log: readonly LoggedRequest[],
  workerVersion: string,
): Readonly<Record<string, () => Row[]>> => ({
  latency: () =>
    groups(log, operation, (own) => ({
      p50_ms: percentile(own, 0.5),
      p95_ms: percentile(own, 0.95),
      p99_ms: percentile(own, 0.99),
    })),
  errors: () =>
    groups(log, operation, (own) => ({
      error_rate: shareOf(own, isOutcome('error')),
      partial_rate: shareOf(own, isOutcome('partial')),
      refused_rate: shareOf(own, isOutcome('refused')),
      errors: sumOf(own, ({ errors }) => errors),
    })),
  hits: () =>
    groups(
      log.filter(({ cache }) => cache !== 'bypass'),
      operation,
      (own) => ({ hit_rate: shareOf(own, isHit) }),
    ),
  releases: () =>
    groups(
      log,
      ({ client, version }) => ({ client, version }),
      (own) => ({
        error_rate: shareOf(own, isOutcome('error')),
        refused_rate: shareOf(own, isOutcome('refused')),
        p95_ms: percentile(own, 0.95),
      }),
    ),
  codes: () =>
    groups(
      log.filter(({ outcome }) => outcome !== 'ok'),
      ({ errorCode, transport, outcome }) => ({ code: errorCode, transport, outcome }),
      () => ({}),
    ),
  versions: () =>
    groups(
      log,
      ({ name }) => ({ operation: name, worker_version: workerVersion }),
      (own) => ({ error_rate: shareOf(own, isOutcome('error')), p95_ms: percentile(own, 0.95) }),
    ),
  calls: () =>
    groups(log, operation, (own) => ({
      bytes: sumOf(own, ({ bytes }) => bytes),
      d1_queries: sumOf(own, ({ d1Queries }) => d1Queries),
    })),
  hours: () =>
    groups(
      log,
      () => ({}),
      (own) => ({ error_rate: shareOf(own, isOutcome('error')), p95_ms: percentile(own, 0.95) }),
    ),
  countries: () =>
    groups(
      log,
      ({ country }) => ({ country }),
      (own) => ({ p95_ms: percentile(own, 0.95) }),
    ),
});
