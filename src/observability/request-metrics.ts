/** Names of the measured facts of a request, shared by the points of Analytics Engine and the rows of D1. */
import type { CallCounts } from './call-counts.ts';
import type { SparseHistogram } from './latency-histogram.ts';

/**
 * `ok`: data without errors. `partial`: data with errors. `refused`: no data, and the caller is the reason. `error`: no
 * data, and the caller is not.
 */
export const REQUEST_OUTCOMES = ['ok', 'partial', 'error', 'refused'] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

export const CACHE_RESULTS = ['hit', 'stale', 'miss', 'bypass'] as const;
export type CacheResult = (typeof CACHE_RESULTS)[number];

export const TRANSPORTS = ['get', 'post', 'ws', 'sse', 'rest'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The id of everything that is no registered operation. */
export const UNREGISTERED = 'unregistered';
/** The client whose name no release bears. */
export const OTHER_CLIENT = 'other';
/** In rows of D1, the id of a job is this and its name. */
export const JOB_PREFIX = 'job:';
/** In rows of D1, the id of a route that runs no operation is this and its path. */
export const ROUTE_PREFIX = 'route:';

/**
 * Jobs, probes, and people who operate the gateway use up no error budget.
 *
 * @param operationId that of a row of D1
 */
export const usesErrorBudget = (operationId: string): boolean =>
  !operationId.startsWith(JOB_PREFIX) &&
  operationId !== `${ROUTE_PREFIX}/health` &&
  !operationId.startsWith(`${ROUTE_PREFIX}/admin`);

/** Requests that have everything up to `cache` in common. Hour and times are Unix hours and seconds. */
export interface MetricsCell {
  /** `UNREGISTERED`, or begins with `JOB_PREFIX` or `ROUTE_PREFIX`, where it is no operation. */
  operationId: string;
  /** Empty where the client gives no name; `OTHER_CLIENT` where no release bears it. */
  client: string;
  version: string;
  hour: number;
  outcome: RequestOutcome;
  cache: CacheResult;
  firstSeen: number;
  lastSeen: number;
  count: number;
  /** Requests with an error that is the gateway's or upstream's. They use up the error budget. */
  faults: number;
  /** GraphQL errors in answers. */
  errors: number;
  /** The length of answers' bodies. */
  bytes: number;
  /** The sum of the durations. */
  durationMs: number;
  calls: CallCounts;
  histogram: SparseHistogram;
}
