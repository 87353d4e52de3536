/** Properties of judgements, whatever was counted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../../scripts/deploy/judge/judge.ts';
import { VersionSample } from '../../../scripts/deploy/judge/version-sample.ts';
import { CANARY_THRESHOLDS } from '../../../scripts/deploy/rollout.ts';
import {
  CACHE_RESULTS,
  type MetricsCell,
  REQUEST_OUTCOMES,
} from '../../../src/observability/request-metrics.ts';
import { failed, inShort } from '../../support/judged-requests.ts';
import { madeUpCell } from '../../support/made-up-cells.ts';

const THRESHOLDS = CANARY_THRESHOLDS.production;
const WRITTEN_AT = 1_764_000_000;
/** Percent of the requests that the new version gets. */
const TENTH = 10;

/** Cells of a few operations. */
const drawnCell: fc.Arbitrary<MetricsCell> = fc
  .record({
    operationId: fc.constantFrom('a', 'b', 'route:/files', 'job:prices', 'unregistered', 'route:/health'),
    cache: fc.constantFrom(...CACHE_RESULTS),
    outcome: fc.constantFrom(...REQUEST_OUTCOMES),
    client: fc.constantFrom('ios', 'web'),
    count: fc.nat(400),
    faultShare: fc.constantFrom(0, 0, 0, 0.1, 0.5, 1),
    takesMs: fc.constantFrom(0, 20, 90, 500),
  })
  .map(({ faultShare, ...requests }) =>
    madeUpCell(
      {
        ...requests,
        faults:
          requests.outcome === 'error' || requests.outcome === 'partial'
            ? Math.floor(requests.count * faultShare)
            : 0,
      },
      WRITTEN_AT,
    ),
  );
const drawnCells = fc.array(drawnCell, { maxLength: 25 });

const sampleOfRows = (rows: readonly (readonly MetricsCell[])[]): VersionSample => {
  const sample = new VersionSample();
  for (const row of rows) sample.add(row);
  return sample;
};

describe('a judgement of any counts', () => {
  test('the order of rows and their split into isolates do not matter', () => {
    fc.assert(
      fc.property(drawnCells, drawnCells, fc.infiniteStream(fc.nat(3)), (oldCells, newCells, draws) => {
        const judgement = judge(sampleOfRows([oldCells]), sampleOfRows([newCells]), THRESHOLDS, TENTH);
        const shuffled = (cells: readonly MetricsCell[]) => {
          const rows: MetricsCell[][] = [[], [], [], []];
          for (const cell of cells) rows[draws.next().value ?? 0]?.unshift(cell);
          return sampleOfRows(rows);
        };
        const other = judge(shuffled(oldCells), shuffled(newCells), THRESHOLDS, TENTH);
        expect(inShort(other).toSorted()).toEqual(inShort(judgement).toSorted());
      }),
    );
  });

  test('more requests of the same kinds never make a promotion of a regression', () => {
    fc.assert(
      fc.property(drawnCells, drawnCells, fc.integer({ min: 2, max: 9 }), (oldCells, newCells, times) => {
        const judgement = judge(sampleOfRows([oldCells]), sampleOfRows([newCells]), THRESHOLDS, TENTH);
        const repeated = (cells: MetricsCell[]) => sampleOfRows(Array(times).fill(cells));
        const later = judge(repeated(oldCells), repeated(newCells), THRESHOLDS, TENTH);
        if (judgement.kind === 'regress') expect(later.kind).toBe('regress');
      }),
      { numRuns: 300 },
    );
  });

  test('further faults of the new version, and answers of the old one without, never make a regression less', () => {
    fc.assert(
      fc.property(drawnCells, drawnCells, fc.integer({ min: 1, max: 500 }), (oldCells, newCells, count) => {
        const judgement = judge(sampleOfRows([oldCells]), sampleOfRows([newCells]), THRESHOLDS, TENTH);
        if (judgement.kind !== 'regress') return;
        const worst = judgement.regressions.find(
          ({ figure, oldFigure }) => figure === 'faults' && oldFigure !== null,
        );
        if (worst === undefined) return;
        const { operationId } = worst;
        const cache = worst.cache === 'executed' ? 'bypass' : 'stale';
        const worse = [...newCells, madeUpCell({ ...failed(count), operationId, cache }, WRITTEN_AT)];
        const better = [...oldCells, madeUpCell({ count, operationId, cache }, WRITTEN_AT)];
        for (const later of [
          judge(sampleOfRows([oldCells]), sampleOfRows([worse]), THRESHOLDS, TENTH),
          judge(sampleOfRows([better]), sampleOfRows([newCells]), THRESHOLDS, TENTH),
        ])
          expect(inShort(later)).toContain(`regress ${operationId} ${worst.cache} faults`);
      }),
      { numRuns: 300 },
    );
  });

  test('the same requests on both sides are no regression', () => {
    fc.assert(
      fc.property(drawnCells, (cells) => {
        expect(judge(sampleOfRows([cells, cells]), sampleOfRows([cells]), THRESHOLDS, TENTH).kind).not.toBe(
          'regress',
        );
      }),
    );
  });
});
