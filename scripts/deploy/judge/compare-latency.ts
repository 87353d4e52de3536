/**
 * Compares the 95th percentiles of the same operation with the same cache result.
 *
 * The test is the quantile test (Johnson, Verrill and Moore, "Two-sample rank tests for detecting changes that occur in a
 * small proportion of the treated population", Biometrics 43, 1987): the slowest 5 % of both versions' requests together
 * are the new version's with the probability that Fisher's exact test gives, by periods as for faults. The old version's durations are first
 * lengthened by what is tolerated. Buckets of the histogram count at their upper end for the old version and at their lower end
 * for the new one, so the error of histograms raises no alarm.
 */
import {
  bucketEndMs,
  LatencyHistogram,
  type SparseHistogram,
} from '../../../src/observability/latency-histogram.ts';
import { type Comparison, TOLERATED_ODDS } from './comparison.ts';
import { chanceOfMore, type Period, type Proportion } from './exact-tests.ts';
import { isJob, type SampleCell, type VersionSample } from './version-sample.ts';

const PERCENTILE = 0.95;
/** The longer of both is tolerated: a new version's isolates read once what those of the old one hold. */
const TOLERATED_FACTOR = 1.25;
const TOLERATED_MS = 100;

const lengthened = (ms: number) => Math.max(ms * TOLERATED_FACTOR, ms + TOLERATED_MS);

/** @param minimumRequests that both versions need to be called a regression */
export function latencyComparisons(
  oldSample: VersionSample,
  newSample: VersionSample,
  minimumRequests: number,
): Comparison[] {
  return newSample.cells().flatMap((newCell): Comparison[] => {
    const { operationId, cache } = newCell;
    const oldCell = oldSample.cell(operationId, cache);
    if (oldCell === undefined || isJob(operationId)) return [];
    const [oldRequests, newRequests] = [countOf(oldCell.histogram), countOf(newCell.histogram)];
    const least = Math.min(oldRequests, newRequests);
    if (least === 0) return [];
    const [oldP95Ms, newP95Ms] = [percentileMs(oldCell.histogram), percentileMs(newCell.histogram)];
    const isWorse = newP95Ms > lengthened(oldP95Ms);
    return [
      {
        ...{ operationId, cache, figure: 'p95', oldRequests, newRequests, isWorse },
        ...{ oldFigure: oldP95Ms, newFigure: newP95Ms },
        chance: isWorse ? chanceOfSlowest(oldCell, newCell) : 1,
        mayRegress: least >= minimumRequests,
      },
    ];
  });
}

function chanceOfSlowest(oldCell: SampleCell, newCell: SampleCell): number {
  const durations = [...durationsOf(oldCell.histogram, oldMs), ...durationsOf(newCell.histogram, newMs)].sort(
    (left, right) => right.ms - left.ms,
  );
  let left = (countOf(oldCell.histogram) + countOf(newCell.histogram)) * (1 - PERCENTILE);
  const slowest = durations.find(({ count }) => {
    left -= count;
    return left < 0;
  });
  const limitMs = slowest?.ms ?? 0;
  // Many requests may have the very duration of the limit: it is tried with and without them, and Bonferroni's correction is for both.
  const isSlow = [(ms: number) => ms > limitMs, (ms: number) => ms >= limitMs];
  const chances = isSlow.map((isMarked) =>
    chanceOfMore(periodsOf(oldCell, newCell, isMarked), TOLERATED_ODDS),
  );
  return Math.min(1, isSlow.length * Math.min(...chances));
}

const periodsOf = (oldCell: SampleCell, newCell: SampleCell, isMarked: (ms: number) => boolean): Period[] =>
  Array.from({ length: Math.min(oldCell.periods.length, newCell.periods.length) }, (_, period) => ({
    oldShare: markedOf(durationsOf(oldCell.periods[period]?.histogram ?? [], oldMs), isMarked),
    newShare: markedOf(durationsOf(newCell.periods[period]?.histogram ?? [], newMs), isMarked),
  }));

const oldMs = (bucket: number) => lengthened(bucketEndMs(bucket));
const newMs = (bucket: number) => (bucket === 0 ? 0 : bucketEndMs(bucket - 1) + 1);

interface Durations {
  ms: number;
  count: number;
}

const durationsOf = (histogram: SparseHistogram, msOf: (bucket: number) => number): Durations[] =>
  pairsOf(histogram).map(([bucket, count]) => ({ ms: msOf(bucket), count }));

function markedOf(durations: readonly Durations[], isMarked: (ms: number) => boolean): Proportion {
  const share: Proportion = { marked: 0, of: 0 };
  for (const { ms, count } of durations) {
    share.of += count;
    if (isMarked(ms)) share.marked += count;
  }
  return share;
}

const percentileMs = (histogram: SparseHistogram) =>
  LatencyHistogram.of(histogram).percentileMs(PERCENTILE) ?? 0;

const countOf = (histogram: SparseHistogram) => pairsOf(histogram).reduce((sum, [, count]) => sum + count, 0);

function pairsOf(histogram: SparseHistogram): [bucket: number, count: number][] {
  const pairs: [number, number][] = [];
  for (let index = 0; index + 1 < histogram.length; index += 2)
    pairs.push([histogram[index] ?? 0, histogram[index + 1] ?? 0]);
  return pairs;
}
