import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MEMORY_SHARES_BYTES, OTHER_CLIENTS_MAX, REQUEST_CELLS_MAX } from '../../../src/config.ts';
import { MeasuredRequest } from '../../../src/metrics/measured-request.ts';
import { hourOf, settledCell } from '../../../src/metrics/request-cells.ts';
import type { RecordedCounts, RequestRecorder } from '../../../src/metrics/request-recorder.ts';
import { noCalls } from '../../../src/observability/call-counts.ts';
import { LatencyHistogram } from '../../../src/observability/latency-histogram.ts';
import { CACHE_RESULTS, type MetricsCell, OTHER_CLIENT } from '../../../src/observability/request-metrics.ts';
import { countsSources, recordedPoints } from '../../support/recorded-requests.ts';

const START_MS = 1_708_300_800_000;
const RELEASES: Readonly<Record<string, readonly string[]>> = { ios: ['1', '2'], web: ['7'] };
const isReleased = (client: string, version?: string) =>
  Object.hasOwn(RELEASES, client) && (version === undefined || RELEASES[client]?.includes(version) === true);

interface Sent {
  operationId: string | null;
  client: string | null;
  version: string | null;
  cache: MetricsCell['cache'];
  atMs: number;
  durationMs: number;
  bytes: number;
  isHit: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  operationId: fc.constantFrom('a', 'b', null),
  client: fc.constantFrom('ios', 'web', 'forged', null),
  version: fc.constantFrom('1', '7', null),
  cache: fc.constantFrom(...CACHE_RESULTS),
  atMs: fc.integer({ min: START_MS, max: START_MS + 2 * 3_600_000 }),
  durationMs: fc.nat(70_000),
  bytes: fc.nat(10_000),
  isHit: fc.boolean(),
});

function record(recorder: RequestRecorder, request: Sent): void {
  const { operationId, client: name, version, atMs, bytes, cache, durationMs } = request;
  if (request.isHit) {
    const hit = {
      operationId: operationId ?? 'a',
      operationName: 'A',
      kind: 'query',
      transport: 'get',
    } as const;
    const counted = recorder.hitsOf(hit, { name, version }, Math.floor(atMs / 1000));
    recorder.hit(counted, { status: 200, bytes }, 'DE', atMs);
    return;
  }
  const measured = new MeasuredRequest(atMs - durationMs, 'post');
  measured.client = { name, version };
  measured.operation = { id: operationId, name: 'A', kind: 'query' };
  recorder.record(measured, {
    status: 200,
    bytes,
    cache,
    endedAtMs: atMs,
    calls: { ...noCalls(), kvReads: 2 },
  });
}

/** As the contract has it. */
function countedAs({ operationId, client, version, isHit, ...request }: Sent) {
  const isKnown = client !== null && isReleased(client);
  const known = version === null || (isKnown && isReleased(client, version)) ? (version ?? '') : OTHER_CLIENT;
  return {
    ...request,
    operationId: operationId ?? (isHit ? 'a' : 'unregistered'),
    client: client === null ? '' : isKnown ? client : OTHER_CLIENT,
    version: isKnown ? known : '',
    cache: isHit ? ('hit' as const) : request.cache,
    durationMs: isHit ? 0 : request.durationMs,
    kvReads: isHit ? 0 : 2,
  };
}

const keyOf = (cell: Pick<MetricsCell, 'operationId' | 'client' | 'version' | 'hour' | 'cache'>) =>
  [cell.operationId, cell.client, cell.version, cell.hour, cell.cache].join(' ');

/** The same sums, made of the list. */
function summed(requests: readonly Sent[]) {
  const groups = Map.groupBy(requests.map(countedAs), (counted) =>
    keyOf({ ...counted, hour: hourOf(counted.atMs / 1000) }),
  );
  return new Map(
    [...groups].map(([key, group]) => {
      const histogram = new LatencyHistogram();
      for (const { durationMs } of group) histogram.add(durationMs);
      const seconds = group.map(({ atMs }) => Math.floor(atMs / 1000));
      const sum = (of: (counted: (typeof group)[number]) => number) =>
        group.reduce((total, counted) => total + of(counted), 0);
      const facts = {
        count: group.length,
        bytes: sum(({ bytes }) => bytes),
        durationMs: sum(({ durationMs }) => durationMs),
        kvReads: sum(({ kvReads }) => kvReads),
        firstSeen: Math.min(...seconds),
        lastSeen: Math.max(...seconds),
        histogram: histogram.sparse(),
      };
      return [key, facts];
    }),
  );
}

const requestCells = ({ cells }: RecordedCounts) =>
  cells.map(settledCell).filter(({ operationId }) => !operationId.startsWith('job:'));

function factsOf(taken: RecordedCounts) {
  return new Map(
    requestCells(taken).map((cell) => {
      const { count, bytes, durationMs, calls, firstSeen, lastSeen, histogram } = cell;
      return [
        keyOf(cell),
        { count, bytes, durationMs, kvReads: calls.kvReads, firstSeen, lastSeen, histogram },
      ];
    }),
  );
}

describe('the counts of a row', () => {
  test('are the sums of its requests, whatever could not be written in between', () => {
    const steps = fc.array(fc.oneof({ weight: 10, arbitrary: sent }, fc.constant('not written' as const)));
    fc.assert(
      fc.property(steps, (drawn) => {
        const analytics = recordedPoints();
        const { requests: recorder } = countsSources(isReleased, analytics.dataset);
        const listed: Sent[] = [];
        for (const step of drawn) {
          if (step === 'not written') recorder.giveBack(recorder.take(START_MS));
          else {
            listed.push(step);
            record(recorder, step);
          }
        }
        expect(analytics.points).toHaveLength(listed.length);
        expect(factsOf(recorder.take(START_MS))).toEqual(summed(listed));
        expect(requestCells(recorder.take(START_MS))).toEqual([]);
      }),
    );
  });

  test('are bounded in cells, names and memory for 100,000 forged names in a minute, and no request is lost', () => {
    const { requests: recorder } = countsSources(isReleased);
    const operations = 1_000;
    for (let number = 0; number < 100_000; number += 1) {
      const client = number % 20 === 0 ? 'often' : `forged ${number}`;
      const operationId = `operation ${number % operations}`;
      const request = {
        operationId,
        client,
        version: `${number}`.repeat(50),
        cache: 'miss',
        isHit: number % 2 === 0,
      };
      record(recorder, {
        ...request,
        ...(client === 'often' ? { version: null } : {}),
        cache: 'miss',
        atMs: START_MS,
        durationMs: number % 70_000,
        bytes: 1,
      });
      if (number % 1_000 === 0)
        expect(recorder.weight).toBeLessThanOrEqual(MEMORY_SHARES_BYTES.requestMetrics);
    }
    const taken = recorder.take(START_MS);
    expect(taken.cells.length).toBeLessThanOrEqual(REQUEST_CELLS_MAX);
    expect(taken.cells.map(({ client }) => client)).not.toContain('forged 1');
    expect(requestCells(taken).reduce((sum, { count }) => sum + count, 0)).toBe(100_000);
    expect(taken.others).toHaveLength(OTHER_CLIENTS_MAX);
    expect(taken.others[0]).toMatchObject({ client: 'often', version: '' });
    // Of 5,000 requests, less than the 200th part of all.
    expect(taken.others[0]?.count).toBeGreaterThanOrEqual(4_500);
    expect(Math.max(...taken.others.map(({ version }) => version.length))).toBe(64);
    expect(JSON.stringify(taken.others).length).toBeLessThan(20_000);
  });

  test('stay bounded while D1 takes no row for days, with every request in them', () => {
    const { requests: recorder } = countsSources(() => true);
    const minutes = 1_000;
    for (let minute = 0; minute < minutes; minute += 1) {
      const atMs = START_MS + minute * 60_000;
      for (const operationId of ['a', `b${minute}`])
        record(recorder, {
          operationId,
          client: `c${minute}`,
          version: null,
          cache: 'miss',
          atMs,
          durationMs: 0,
          bytes: 1,
          isHit: false,
        });
      recorder.giveBack(recorder.take(atMs));
    }
    const taken = recorder.take(START_MS);
    expect(taken.cells.length).toBeLessThanOrEqual(REQUEST_CELLS_MAX);
    expect(requestCells(taken).reduce((sum, { count }) => sum + count, 0)).toBe(2 * minutes);
  });
});

test('an id that is longer than the platform takes is cut to whole characters', () => {
  const analytics = recordedPoints();
  const { requests: recorder } = countsSources(isReleased, analytics.dataset);
  const ids = ['ä'.repeat(100), '€'.repeat(33), '😀'.repeat(40), `sha256:${'0'.repeat(64)}`];
  for (const operationId of ids)
    record(recorder, {
      operationId,
      client: null,
      version: null,
      cache: 'miss',
      atMs: START_MS,
      durationMs: 0,
      bytes: 0,
      isHit: false,
    });
  const written = analytics.points.map(({ index }) => index);
  expect(written).toEqual(['ä'.repeat(48), '€'.repeat(32), '😀'.repeat(24), ids[3]]);
});
