import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MetricsCell, OTHER_CLIENT } from '../../../src/observability/request-metrics.ts';
import { OTHER_OPERATION, rolledUpCells } from '../../../src/storage/d1/rolled-up-cells.ts';
import { drawnCell, factsOf, sortedCells } from '../../support/drawn-metrics.ts';
import { mergedCells } from '../../support/merged-cells.ts';

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const cell = drawnCell({
  operationIds: names('o', 20),
  clients: names('c', 20),
  versions: names('v', 5),
  hours: [474_528],
});
const limits = { cells: 20, cellsWithOthers: 30, cellsOfOperation: 5 };
const roomForAll = { cells: 1_000, cellsWithOthers: 1_000, cellsOfOperation: 1_000 };

test('a period with room for all has the sum of all', () => {
  fc.assert(
    fc.property(fc.array(cell), fc.array(cell), (held, given) => {
      expect(sortedCells(rolledUpCells(mergedCells(held), given, roomForAll))).toEqual(
        sortedCells(mergedCells([...held, ...given])),
      );
    }),
  );
});

test('a period is bounded, keeps the cells that it has, and loses no request', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { maxLength: 80 }), { maxLength: 4 }), (parts) => {
      let held: MetricsCell[] = [];
      for (const given of parts) {
        const after = rolledUpCells(held, given, limits);
        const before = new Set(mergedCells(held).map(nameOf));
        expect(before.difference(new Set(after.map(nameOf)))).toEqual(new Set());
        held = after;
      }
      // The others of all operations have one cell for each outcome and result of the cache.
      expect(held.length).toBeLessThanOrEqual(limits.cellsWithOthers + 16);
      const named = held.filter(({ client }) => client !== OTHER_CLIENT);
      expect(named.length).toBeLessThanOrEqual(limits.cells);
      const mostNamed = Math.max(0, ...countsBy(named.map(({ operationId }) => operationId)));
      expect(mostNamed).toBeLessThanOrEqual(limits.cellsOfOperation);
      expect(factsOf(held)).toEqual(factsOf(parts.flat()));
    }),
  );
});

test('a full period takes the most frequent of the new cells', () => {
  const [drawn] = fc.sample(cell, { numRuns: 1, seed: 1 });
  if (drawn === undefined) throw new Error('no cell was drawn');
  const given = names('c', 6).map((client, at) => ({ ...drawn, client, count: at + 1 }));
  const full = rolledUpCells([], given, { cells: 4, cellsWithOthers: 5, cellsOfOperation: 4 });
  expect(full.map(({ client, count }) => [client, count])).toEqual([
    ['c5', 6],
    ['c4', 5],
    ['c3', 4],
    ['c2', 3],
    [OTHER_CLIENT, 3],
  ]);
  const more = rolledUpCells(full, [{ ...drawn, operationId: 'new', client: 'c9', count: 7 }], {
    cells: 4,
    cellsWithOthers: 5,
    cellsOfOperation: 4,
  });
  expect(more.at(-1)).toMatchObject({ operationId: OTHER_OPERATION, client: OTHER_CLIENT, count: 7 });
});

const nameOf = ({ operationId, client, version, outcome, cache }: MetricsCell) =>
  JSON.stringify([operationId, client, version, outcome, cache]);

const countsBy = (values: readonly string[]) =>
  Map.groupBy(values, (value) => value)
    .values()
    .map((same) => same.length);
