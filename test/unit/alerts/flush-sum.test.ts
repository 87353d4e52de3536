import fc from 'fast-check';
import { expect, test } from 'vitest';
import { absorbFlushes } from '../../../src/alerts/absorb-flushes.ts';
import { FlushSum, REFUSALS_HELD } from '../../../src/alerts/flush-sum.ts';
import { noWindows, type Windows } from '../../../src/alerts/windows.ts';
import type { Flush } from '../../../src/storage/d1/flushes.ts';
import type { RefusalCount } from '../../../src/storage/d1/operation-usage.ts';
import { CELL, drawnCell } from '../../support/drawn-metrics.ts';

const NOW = (CELL.hour + 1) * 3_600;
const flushOf = (part: Partial<Flush>): Flush => ({
  ...{ flushId: 1, writtenAt: NOW, workerVersion: 'v1', requests: [], refusals: [], others: [] },
  ...{ isolate: null, live: null, malformed: 0 },
  ...part,
});
const REFUSAL: RefusalCount = {
  ...{ reason: 'PERSISTED_QUERY_NOT_FOUND', documentId: 'x', client: 'ios', version: '1' },
  ...{ day: 19_772, count: 1, lastSeen: NOW },
};

const HEALTH = { ...CELL, operationId: 'route:/health', client: 'ios', version: '1' };

const drawnFlush = fc
  .record({
    requests: fc.array(drawnCell(), { maxLength: 8 }),
    refusals: fc.array(
      fc
        .record({
          reason: fc.constantFrom('PERSISTED_QUERY_NOT_FOUND', 'OTHER'),
          documentId: fc.constantFrom('x', 'y'),
          client: fc.constantFrom('', 'ios'),
          count: fc.integer({ min: 1, max: 9 }),
        })
        .map((drawn) => ({ ...REFUSAL, ...drawn })),
      { maxLength: 4 },
    ),
    isolate: fc.option(
      fc.record({
        d1: fc.constantFrom<number[]>([], [3, 2], [1, 1, 40, 7]),
        memoryBytes: fc.nat(100),
        memoryMaxBytes: fc.constantFrom(0, 100),
      }),
    ),
  })
  .map(flushOf);

/** In an order that does not depend on that of the flushes. */
const sorted = (windows: Windows) => {
  const inOrder = <Item>(items: Item[]) =>
    items.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const slots = (of: Windows['minutes']) => of.map((slot) => ({ ...slot, culprits: inOrder(slot.culprits) }));
  return {
    minutes: slots(windows.minutes),
    hours: slots(windows.hours),
    recent: windows.recent.map((slot) => ({
      ...slot,
      cells: inOrder(slot.cells),
      refusedDocuments: inOrder(slot.refusedDocuments),
    })),
  };
};

test('flushes that were added up page by page are judged as if each were judged for itself', () => {
  fc.assert(
    fc.property(fc.array(drawnFlush, { minLength: 1, maxLength: 8 }), fc.nat(8), (flushes, at) => {
      const absorbed = (rows: readonly Flush[]) => {
        const windows = noWindows();
        absorbFlushes(windows, rows, { watchedSeconds: 90_000, nowSeconds: NOW });
        return sorted(windows);
      };
      const before = structuredClone(flushes);
      const sum = new FlushSum(NOW);
      for (const page of [flushes.slice(0, at), flushes.slice(at)]) sum.add(page);
      expect(sum.flushes).toBe(flushes.length);
      expect(absorbed([sum.flush()])).toEqual(absorbed(flushes));
      expect(flushes).toEqual(before);
    }),
    // A client that asks for /health alone, and is refused elsewhere.
    { examples: [[[flushOf({ requests: [HEALTH] }), flushOf({ refusals: [REFUSAL] })], 0]] },
  );
});

test('the sum of a flood of names is bounded, and has every request and refusal in it', () => {
  const sum = new FlushSum(NOW);
  const pages = 60;
  for (let page = 0; page < pages; page += 1) {
    const names = Array.from({ length: 200 }, (_, at) => `${page}.${at}`);
    sum.add([
      flushOf({
        requests: names.map((name) => ({ ...CELL, operationId: `op${name}`, version: name })),
        refusals: names.map((name) => ({ ...REFUSAL, documentId: name, version: name })),
      }),
    ]);
  }
  const { requests, refusals } = sum.flush();
  const countOf = (items: readonly { count: number }[]) => items.reduce((all, { count }) => all + count, 0);
  expect(requests.length).toBeLessThanOrEqual(6_100);
  expect(countOf(requests)).toBe(pages * 200 * CELL.count);
  expect(refusals.length).toBeLessThanOrEqual(2 * REFUSALS_HELD + 1);
  expect(countOf(refusals)).toBe(pages * 200);
});
