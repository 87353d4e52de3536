/**
 * Writes a point of Analytics Engine for each request. A position means the same on every point (`docs/operating.md`): queries
 * read by position, so new values are only appended.
 */
import { POINT_FAILURE_LOG_PAUSE_MS, POINT_INDEX_MAX_BYTES } from '../config.ts';
import type { CallCounts } from '../observability/call-counts.ts';
import { errorFields, log } from '../observability/log.ts';
import type { CacheResult, RequestOutcome, Transport } from '../observability/request-metrics.ts';

export type RequestPoint = Required<Pick<AnalyticsEngineDataPoint, 'indexes'>> & {
  blobs: string[];
  doubles: number[];
};

export interface PointFacts {
  operationId: string;
  /** The name of the operation; the path of a route that runs none. */
  name: string;
  /** Empty if the request names no operation that is known. */
  kind: string;
  client: string;
  version: string;
  outcome: RequestOutcome;
  errorCode: string;
  cache: CacheResult;
  transport: Transport;
  country: string;
  durationMs: number;
  /** 0 over a WebSocket, which has none. */
  status: number;
  bytes: number;
  errors: number;
  calls: Readonly<Pick<CallCounts, 'd1Queries' | 'd1RowsRead' | 'kvReads' | 'upstreamCalls'>>;
}

/** Places of what differs between hits of the same answer. */
export const COUNTRY_BLOB = 10;
export const STATUS_DOUBLE = 1;
export const BYTES_DOUBLE = 2;

const utf8 = new TextEncoder();

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** At most the platform's limit; hashes are shorter. */
function indexOf(id: string): string {
  if (id.length <= POINT_INDEX_MAX_BYTES && PRINTABLE_ASCII.test(id)) return id;
  const { read } = utf8.encodeInto(id, new Uint8Array(POINT_INDEX_MAX_BYTES));
  return id.slice(0, read);
}

export class RequestPoints {
  readonly #dataset: Pick<AnalyticsEngineDataset, 'writeDataPoint'>;
  readonly #workerVersion: string;
  #failureLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(dataset: Pick<AnalyticsEngineDataset, 'writeDataPoint'>, workerVersion: string) {
    this.#dataset = dataset;
    this.#workerVersion = workerVersion;
  }

  pointOf(facts: PointFacts): RequestPoint {
    const { d1Queries, d1RowsRead, kvReads, upstreamCalls } = facts.calls;
    const index = indexOf(facts.operationId);
    return {
      indexes: [index],
      blobs: [
        index,
        facts.name,
        facts.kind,
        facts.client,
        facts.version,
        facts.outcome,
        facts.errorCode,
        facts.cache,
        facts.transport,
        this.#workerVersion,
        facts.country,
      ],
      doubles: [
        facts.durationMs,
        facts.status,
        facts.bytes,
        facts.errors,
        d1Queries,
        d1RowsRead,
        kvReads,
        upstreamCalls,
      ],
    };
  }

  /** Never throws: an answer does not depend on its point. The platform takes a copy of it at once. */
  write(point: RequestPoint, nowMs: number): void {
    try {
      this.#dataset.writeDataPoint(point);
    } catch (error) {
      // A clock may be set back.
      if (Math.abs(nowMs - this.#failureLoggedAtMs) < POINT_FAILURE_LOG_PAUSE_MS) return;
      this.#failureLoggedAtMs = nowMs;
      log.error('metrics.point_not_written', errorFields(error));
    }
  }
}
