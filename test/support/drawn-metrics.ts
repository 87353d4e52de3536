/** Drawn cells of requests, for properties. */
import fc from 'fast-check';
import { CALL_NAMES, noCalls } from '../../src/observability/call-counts.ts';
import { LatencyHistogram, latencyBucket } from '../../src/observability/latency-histogram.ts';
import {
  CACHE_RESULTS,
  type MetricsCell,
  OTHER_CLIENT,
  REQUEST_OUTCOMES,
  UNREGISTERED,
} from '../../src/observability/request-metrics.ts';
import type { Flush } from '../../src/storage/d1/flushes.ts';

const HOUR_SECONDS = 3_600;
const some = fc.nat(1_000);

/** Three requests of the first minute of day 19,772. */
export const CELL: MetricsCell = {
  operationId: 'a',
  client: 'ios',
  version: '1',
  hour: 474_528,
  outcome: 'partial',
  cache: 'miss',
  firstSeen: 1_708_300_805,
  lastSeen: 1_708_300_850,
  count: 3,
  faults: 1,
  errors: 4,
  bytes: 5_000,
  durationMs: 152,
  calls: { ...noCalls(), d1Queries: 2, d1RowsRead: 40, upstreamCalls: 1 },
  histogram: LatencyHistogram.of([1, 2, latencyBucket(150), 1]).sparse(),
};

export interface DrawnFrom {
  operationIds?: readonly string[];
  clients?: readonly string[];
  versions?: readonly string[];
  hours?: readonly number[];
}

/** Few names and hours, so that several cells are of the same requests. */
export function drawnCell({
  operationIds = ['a', 'b', UNREGISTERED, 'route:/health', 'job:prices'],
  clients = ['', 'ios', 'web', OTHER_CLIENT],
  versions = ['', '1', '2'],
  hours = [474_528, 474_529, 474_552],
}: DrawnFrom = {}): fc.Arbitrary<MetricsCell> {
  return fc
    .record({
      operationId: fc.constantFrom(...operationIds),
      client: fc.constantFrom(...clients),
      version: fc.constantFrom(...versions),
      hour: fc.constantFrom(...hours),
      outcome: fc.constantFrom(...REQUEST_OUTCOMES),
      cache: fc.constantFrom(...CACHE_RESULTS),
      seen: fc.tuple(fc.nat(HOUR_SECONDS - 1), fc.nat(HOUR_SECONDS - 1)),
      durations: fc.array(fc.nat(100_000), { minLength: 1, maxLength: 8 }),
      faults: some,
      errors: some,
      bytes: some,
      calls: fc.record(
        Object.fromEntries(CALL_NAMES.map((name) => [name, some])) as Record<
          (typeof CALL_NAMES)[number],
          typeof some
        >,
      ),
    })
    .map(({ seen, durations, ...cell }) => {
      const histogram = new LatencyHistogram();
      for (const durationMs of durations) histogram.add(durationMs);
      return {
        ...cell,
        firstSeen: cell.hour * HOUR_SECONDS + Math.min(...seen),
        lastSeen: cell.hour * HOUR_SECONDS + Math.max(...seen),
        count: durations.length,
        durationMs: durations.reduce((sum, durationMs) => sum + durationMs, 0),
        histogram: histogram.sparse(),
      };
    });
}

const keyOf = ({ operationId, client, version, hour, outcome, cache }: MetricsCell) =>
  JSON.stringify([operationId, client, version, hour, outcome, cache]);

export const sortedCells = (cells: readonly MetricsCell[]) =>
  cells.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));

/** What must not be lost, whatever the cells are called. */
export function factsOf(cells: readonly MetricsCell[]) {
  const sumOf = (value: (cell: MetricsCell) => number) => cells.reduce((sum, cell) => sum + value(cell), 0);
  return {
    count: sumOf(({ count }) => count),
    faults: sumOf(({ faults }) => faults),
    errors: sumOf(({ errors }) => errors),
    bytes: sumOf(({ bytes }) => bytes),
    durationMs: sumOf(({ durationMs }) => durationMs),
    calls: CALL_NAMES.map((name) => sumOf(({ calls }) => calls[name])),
    histogram: LatencyHistogram.of(...cells.map(({ histogram }) => histogram)).sparse(),
    firstSeen: Math.min(...cells.map(({ firstSeen }) => firstSeen)),
    lastSeen: Math.max(...cells.map(({ lastSeen }) => lastSeen)),
  };
}

/** What a flush has beside requests. */
export function drawnFacts(): fc.Arbitrary<Pick<Flush, 'writtenAt' | 'others' | 'live'>> {
  const other = fc.record({
    client: fc.constantFrom('<!channel>', 'curl', 'x\ny'),
    version: fc.constantFrom('', '1'),
    count: fc.integer({ min: 1, max: 50 }),
  });
  const hub = fc.record({ hubId: fc.constantFrom('00ff', '11ee'), sockets: some, operations: some });
  const live = fc.record({
    hubs: fc.uniqueArray(hub, { selector: ({ hubId }) => hubId }),
    opened: some,
    events: some,
    resumes: some,
    gaps: some,
    closes: fc.dictionary(fc.constantFrom('1000', '4400', 'other'), some),
  });
  const day = fc.constantFrom(19_772, 19_773);
  return fc.record({
    writtenAt: fc.tuple(day, fc.nat(80_000)).map(([at, seconds]) => at * 86_400 + seconds),
    others: fc.uniqueArray(other, {
      selector: ({ client, version }) => JSON.stringify([client, version]),
      maxLength: 4,
    }),
    live: fc.option(live),
  });
}
