/**
 * Compares the 95th percentiles of the same operation with the same cache result.
 *
 * The test is the quantile test (Johnson, Verrill and Moore, "Two-sample rank tests for detecting changes that occur in a
 * small proportion of the treated population", Biometrics 43, 1987): the slowest 5 % of both versions' requests together
 * are `now`'s with the probability that Fisher's exact test gives, by periods as for faults. The old version's durations are first
 * lengthened by what is tolerated. Buckets of the histogram count at their upper end for the old version and at their lower end
 * for the new one, so the error of histograms raises no alarm.
 */
import {
  bucketEndMs,
  LatencyHistogram,
  type SparseHistogram,
} from '../../../src/observability/latency-histogram.ts';
import { type Comparison, TOLERATED_ODDS } from './comparison.ts';
import { chanceOfMore, type Period, type Share } from './exact-tests.ts';
import { isJob, type SampleCell, type VersionSample } from './version-sample.ts';

const PERCENTILE = 0.95;
/** The longer of both is tolerated: a new version's isolates read once what those of the old one hold. */
const TOLERATED_FACTOR = 1.25;
const TOLERATED_MS = 100;

const lengthened = (ms: number) => Math.max(ms * TOLERATED_FACTOR, ms + TOLERATED_MS);

/** @param minimumRequests that both versions need to be called a regression */
export function latencyComparisons(
  before: VersionSample,
  now: VersionSample,
  minimumRequests: number,
): Comparison[] {
  return now.cells().flatMap((cell): Comparison[] => {
    const { operationId, cache } = cell;
    const old = before.cell(operationId, cache);
    if (old === undefined || isJob(operationId)) return [];
    const [requestsBefore, requestsNow] = [countOf(old.histogram), countOf(cell.histogram)];
    const least = Math.min(requestsBefore, requestsNow);
    if (least === 0) return [];
    const [p95Before, p95Now] = [percentileMs(old.histogram), percentileMs(cell.histogram)];
    const isWorse = p95Now > lengthened(p95Before);
    return [
      {
        ...{ operationId, cache, figure: 'p95', requestsBefore, requestsNow, isWorse },
        ...{ before: p95Before, now: p95Now },
        chance: isWorse ? chanceOfSlowest(old, cell) : 1,
        mayRegress: least >= minimumRequests,
      },
    ];
  });
}

function chanceOfSlowest(before: SampleCell, now: SampleCell): number {
  const durations = [...durationsOf(before.histogram, oldMs), ...durationsOf(now.histogram, youngMs)].sort(
    (left, right) => right.ms - left.ms,
  );
  let left = (countOf(before.histogram) + countOf(now.histogram)) * (1 - PERCENTILE);
  const slowest = durations.find(({ count }) => {
    left -= count;
    return left < 0;
  });
  const limitMs = slowest?.ms ?? 0;
  // Many requests may have the very duration of the limit: it is tried with and without them, and Bonferroni's correction is for both.
  const isSlow = [(ms: number) => ms > limitMs, (ms: number) => ms >= limitMs];
  const chances = isSlow.map((isMarked) => chanceOfMore(periodsOf(before, now, isMarked), TOLERATED_ODDS));
  return Math.min(1, isSlow.length * Math.min(...chances));
}

const periodsOf = (before: SampleCell, now: SampleCell, isMarked: (ms: number) => boolean): Period[] =>
  Array.from({ length: Math.min(before.periods.length, now.periods.length) }, (_, period) => ({
    before: markedOf(durationsOf(before.periods[period]?.histogram ?? [], oldMs), isMarked),
    now: markedOf(durationsOf(now.periods[period]?.histogram ?? [], youngMs), isMarked),
  }));

const oldMs = (bucket: number) => lengthened(bucketEndMs(bucket));
const youngMs = (bucket: number) => (bucket === 0 ? 0 : bucketEndMs(bucket - 1) + 1);

interface Durations {
  ms: number;
  count: number;
}

const durationsOf = (histogram: SparseHistogram, msOf: (bucket: number) => number): Durations[] =>
  pairsOf(histogram).map(([bucket, count]) => ({ ms: msOf(bucket), count }));

function markedOf(durations: readonly Durations[], isMarked: (ms: number) => boolean): Share {
  const share: Share = { marked: 0, of: 0 };
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
