import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsedFlush } from '../../../src/storage/d1/flushes.ts';
import { encodedCell } from '../../../src/storage/d1/metrics-cells.ts';
import { drawnCell } from '../../support/drawn-metrics.ts';

const row = (counts: string) => ({ flushId: 7, writtenAt: 1_708_300_800, workerVersion: 'v1', counts });
const empty = { requests: [], refusals: [], others: [], isolate: null, live: null };
const { counts: _, ...head } = row('');

describe('a flush', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(drawnCell(), { maxLength: 5 }), (requests) => {
        const counts = JSON.stringify({
          uses: [['a', 'ios', '1', 19_772, 1, 50, 60]],
          refusals: [['UNKNOWN', 'x', 'ios', '1', 19_772, 2, 60]],
          requests: requests.map(encodedCell),
          others: [['<!channel>', '1', 3]],
          isolate: { d1: [3, 5], memoryBytes: 10, memoryMaxBytes: 100 },
          live: {
            hubs: [['00ff', 2, 3]],
            opened: 4,
            events: 5,
            resumes: 6,
            gaps: 7,
            closes: { 1000: 8, 4400: 9 },
          },
        });
        expect(parsedFlush(row(counts))).toEqual({
          ...head,
          requests,
          refusals: [
            {
              reason: 'UNKNOWN',
              documentId: 'x',
              client: 'ios',
              version: '1',
              day: 19_772,
              count: 2,
              lastSeen: 60,
            },
          ],
          others: [{ client: '<!channel>', version: '1', count: 3 }],
          isolate: { d1: [3, 5], memoryBytes: 10, memoryMaxBytes: 100 },
          live: {
            hubs: [{ hubId: '00ff', sockets: 2, operations: 3 }],
            opened: 4,
            events: 5,
            resumes: 6,
            gaps: 7,
            closes: { 1000: 8, 4400: 9 },
          },
          malformed: 0,
        });
      }),
    );
  });

  test('of an older build has no requests, and nothing is wrong with it', () => {
    const counts = JSON.stringify({ uses: [], refusals: [] });
    expect(parsedFlush(row(counts))).toEqual({ ...head, ...empty, malformed: 0 });
  });

  test('of a newer build is read without the values that this one does not know', () => {
    fc.assert(
      fc.property(drawnCell(), (cell) => {
        const encoded = encodedCell(cell).with(13, [...Object.values(cell.calls), 8]);
        const flush = parsedFlush(row(JSON.stringify({ requests: [[...encoded, 'new']], new: {} })));
        expect(flush).toMatchObject({ requests: [cell], malformed: 0 });
      }),
    );
  });

  test('of a build that counted fewer kinds of calls has none of the others', () => {
    const [cell] = fc.sample(drawnCell(), { numRuns: 1, seed: 1 });
    if (cell === undefined) throw new Error('no cell was drawn');
    const requests = [encodedCell(cell).with(13, [4])];
    const [read] = parsedFlush(row(JSON.stringify({ requests }))).requests;
    expect(read?.calls).toMatchObject({ d1Queries: 4, d1RowsRead: 0, upstreamCalls: 0 });
  });
});

/** Entries of lists, and other parts. A text that is no JSON object counts as one, which cannot be kept. */
function partsIn(counts: string): number {
  let parts: unknown;
  try {
    parts = JSON.parse(counts);
  } catch {
    return 1;
  }
  if (typeof parts !== 'object' || parts === null || Array.isArray(parts)) return 1;
  const isList = (name: string) => ['requests', 'refusals', 'others'].includes(name);
  return Object.entries(parts)
    .filter(([name]) => isList(name) || name === 'isolate' || name === 'live')
    .reduce((sum, [name, part]) => sum + (isList(name) && Array.isArray(part) ? part.length : 1), 0);
}

test('any text is read, and its parts without the form are left out and counted', () => {
  const parts = fc.record(
    {
      requests: fc.jsonValue(),
      refusals: fc.jsonValue(),
      others: fc.jsonValue(),
      isolate: fc.jsonValue(),
      live: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        parts.map((value) => JSON.stringify(value)),
      ),
      (counts) => {
        const { requests, refusals, others, isolate, live, malformed } = parsedFlush(row(counts));
        const kept = [...requests, ...refusals, ...others, isolate, live].filter((part) => part !== null);
        expect(kept.length + malformed).toBe(partsIn(counts));
      },
    ),
  );
  const broken = ['', '{"requests": [', 'null', '5', '[]', '"text"'];
  for (const counts of broken) expect(parsedFlush(row(counts))).toEqual({ ...head, ...empty, malformed: 1 });
});

test('one broken entry leaves the others', () => {
  fc.assert(
    fc.property(drawnCell(), fc.nat(14), fc.constantFrom(null, {}, -1, true, [-1]), (cell, at, value) => {
      const requests = [encodedCell(cell).with(at, value), 'text', [], encodedCell(cell)];
      const flush = parsedFlush(row(JSON.stringify({ requests, others: 5, live: { hubs: [] } })));
      // A time may be negative, and so may a sum of durations: clocks are set back.
      const isAllowed = value === -1 && [3, 6, 7, 12].includes(at);
      expect(flush.requests).toHaveLength(isAllowed ? 2 : 1);
      expect(flush.requests.at(-1)).toEqual(cell);
      expect(flush).toMatchObject({ others: [], live: null, malformed: (isAllowed ? 2 : 3) + 2 });
    }),
  );
});
