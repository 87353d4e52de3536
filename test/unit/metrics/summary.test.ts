import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  GROUPS,
  type Group,
  summariesBy,
  summaryOf,
  withoutOtherNames,
} from '../../../src/metrics/summary.ts';
import { CALL_NAMES } from '../../../src/observability/call-counts.ts';
import {
  LATENCY_ERROR,
  LATENCY_MAX_MS,
  latencyBucket,
} from '../../../src/observability/latency-histogram.ts';
import { drawnCell, factsOf } from '../../support/drawn-metrics.ts';
import { mergedCells } from '../../support/merged-cells.ts';

const cells = fc.array(drawnCell(), { maxLength: 30 });

test('groups add up to the whole, whatever they are by', () => {
  fc.assert(
    fc.property(cells, fc.subarray<Group>(GROUPS), (drawn, by) => {
      const groups = summariesBy(drawn, by);
      const total = summaryOf(drawn);
      for (const fact of ['count', 'faults', 'errors', 'bytes', 'durationMs'] as const)
        expect(groups.reduce((sum, group) => sum + group[fact], 0)).toBe(total[fact]);
      for (const name of CALL_NAMES)
        expect(groups.reduce((sum, { calls }) => sum + calls[name], 0)).toBe(total.calls[name]);
      expect(total).toMatchObject({ count: factsOf(drawn).count, bytes: factsOf(drawn).bytes });
    }),
  );
});

test('cells without the other names make the same groups', () => {
  fc.assert(
    fc.property(cells, fc.subarray<Group>(GROUPS), (drawn, by) => {
      const simplified = mergedCells(drawn.map((cell) => withoutOtherNames(cell, by)));
      const inOrder = (groups: object[]) => groups.map((group) => JSON.stringify(group)).sort();
      expect(inOrder(summariesBy(simplified, by))).toEqual(inOrder(summariesBy(drawn, by)));
    }),
  );
});

test('a group has the cells that have its names, and no two groups have the same', () => {
  fc.assert(
    fc.property(cells, (drawn) => {
      const groups = summariesBy(drawn, ['operation', 'client', 'cache']);
      for (const { operationId, client, version, cache, ...summary } of groups) {
        const own = drawn.filter(
          (cell) =>
            cell.operationId === operationId &&
            cell.client === client &&
            cell.version === version &&
            cell.cache === cache,
        );
        expect(summary).toEqual(summaryOf(own));
      }
      const counts = groups.map(({ count }) => count);
      expect(counts).toEqual(counts.toSorted((one, other) => other - one));
    }),
  );
});

test('a percentile is at most the stated error above that of the durations', () => {
  const durations = fc.array(fc.nat(LATENCY_MAX_MS - 1), { minLength: 1, maxLength: 100 });
  const share = fc.constantFrom(['p50Ms', 0.5] as const, ['p95Ms', 0.95] as const, ['p99Ms', 0.99] as const);
  fc.assert(
    fc.property(drawnCell(), durations, share, (cell, drawn, [name, of]) => {
      const each = drawn.map((durationMs) => ({ ...cell, histogram: [latencyBucket(durationMs), 1] }));
      const sorted = drawn.toSorted((one, other) => one - other);
      const exact = sorted[Math.ceil(of * sorted.length) - 1] ?? Number.NaN;
      const percentile = summaryOf(each)[name] ?? Number.NaN;
      expect(percentile).toBeGreaterThanOrEqual(exact);
      expect(percentile).toBeLessThanOrEqual(exact * (1 + LATENCY_ERROR));
    }),
  );
});

test('the hit rate is of what may be kept, and stale answers are hits', () => {
  const [cell] = fc.sample(drawnCell(), { numRuns: 1, seed: 1 });
  if (cell === undefined) throw new Error('no cell was drawn');
  const of = (cache: typeof cell.cache, count: number) => ({ ...cell, cache, count });
  expect(summaryOf([of('hit', 5), of('stale', 1), of('miss', 2), of('bypass', 100)]).hitRate).toBe(0.75);
  expect(summaryOf([of('bypass', 1)]).hitRate).toBeNull();
  expect(summaryOf([])).toMatchObject({ count: 0, hitRate: null, p50Ms: null });
});
