/** A recorder whose points the test reads. */
import { RequestPoints } from '../../src/metrics/request-points.ts';
import { RequestRecorder } from '../../src/metrics/request-recorder.ts';
import { IsolateCalls } from '../../src/observability/isolate-calls.ts';
import type { UsageSources } from '../../src/operations/usage.ts';

export interface WrittenPoint {
  index: string;
  operationId: string;
  name: string;
  kind: string;
  client: string;
  version: string;
  outcome: string;
  errorCode: string;
  cache: string;
  transport: string;
  workerVersion: string;
  country: string;
  durationMs: number;
  status: number;
  bytes: number;
  errors: number;
  d1Queries: number;
  d1RowsRead: number;
  kvReads: number;
  upstreamCalls: number;
}

const BLOBS = [
  'operationId',
  'name',
  'kind',
  'client',
  'version',
  'outcome',
  'errorCode',
  'cache',
  'transport',
  'workerVersion',
  'country',
] as const;
const DOUBLES = [
  'durationMs',
  'status',
  'bytes',
  'errors',
  'd1Queries',
  'd1RowsRead',
  'kvReads',
  'upstreamCalls',
] as const;

/** A data set of Analytics Engine, with the limits of the platform, whose points the test reads by their names. */
export function recordedPoints() {
  const points: WrittenPoint[] = [];
  let failure: Error | null = null;
  const dataset = {
    writeDataPoint({ indexes = [], blobs = [], doubles = [] }: AnalyticsEngineDataPoint = {}) {
      if (failure !== null) throw failure;
      const [index] = indexes;
      if (typeof index !== 'string' || new TextEncoder().encode(index).byteLength > 96 || indexes.length > 1)
        throw new TypeError('an index has at most 96 bytes, and a point has one');
      if (blobs.length !== BLOBS.length || doubles.length !== DOUBLES.length)
        throw new TypeError('the point has other places than the contract');
      if (!doubles.every((double) => Number.isFinite(double))) throw new TypeError('a double is no number');
      const texts = BLOBS.map((name, at) => [name, blobs[at]]);
      const numbers = DOUBLES.map((name, at) => [name, doubles[at]]);
      points.push({ index, ...Object.fromEntries([...texts, ...numbers]) });
    },
  } satisfies AnalyticsEngineDataset;
  return {
    dataset,
    points,
    take: () => points.splice(0),
    fail: (error: Error | null) => {
      failure = error;
    },
  };
}

/** What counts need beside their database. */
export function countsSources(
  isReleased: (client: string, version?: string) => boolean = () => true,
  dataset: AnalyticsEngineDataset = recordedPoints().dataset,
): Pick<UsageSources, 'requests' | 'workerVersion' | 'memoryUse'> {
  return {
    requests: new RequestRecorder({
      points: new RequestPoints(dataset, 'test-version'),
      isReleased,
      calls: new IsolateCalls(Date.now),
    }),
    workerVersion: 'test-version',
    memoryUse: () => ({ bytes: 0, maxBytes: 1 }),
  };
}
