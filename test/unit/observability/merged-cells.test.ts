import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawnCell, factsOf, sortedCells } from '../../support/drawn-metrics.ts';
import { mergedCells } from '../../support/merged-cells.ts';

test('cells add up to the same, whatever their order and however they are put together', () => {
  fc.assert(
    fc.property(fc.array(drawnCell(), { maxLength: 30 }), fc.nat(30), (cells, at) => {
      const once = sortedCells(mergedCells(cells));
      const inParts = [...mergedCells(cells.slice(at)), ...mergedCells(cells.slice(0, at))];
      expect(sortedCells(mergedCells(inParts))).toEqual(once);
      expect(factsOf(once)).toEqual(factsOf(cells));
    }),
  );
});

test('cells of the same requests become one, and others stay apart', () => {
  fc.assert(
    fc.property(fc.array(drawnCell(), { maxLength: 30 }), (cells) => {
      const keyOf = (cell: (typeof cells)[number]) =>
        JSON.stringify([cell.operationId, cell.client, cell.version, cell.hour, cell.outcome, cell.cache]);
      expect(new Set(mergedCells(cells).map(keyOf))).toEqual(new Set(cells.map(keyOf)));
      expect(mergedCells(cells)).toHaveLength(new Set(cells.map(keyOf)).size);
    }),
  );
});

test('the cells that are added up stay as they are', () => {
  fc.assert(
    fc.property(fc.array(drawnCell(), { maxLength: 10 }), (cells) => {
      const before = structuredClone(cells);
      const merged = mergedCells([...cells, ...cells]);
      expect(cells).toEqual(before);
      expect(mergedCells(merged)).toEqual(merged);
    }),
  );
});
