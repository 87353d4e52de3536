/**
 * Compares the 95th percentiles of the same operation with the same cache result.
 *
 * The test is the quantile test (Johnson, Verrill and Moore, "Two-sample rank tests for detecting changes that occur in a
 * small proportion of the treated population", Biometrics 43, 1987): the slowest 5 % of both versions' requests together are
 * `now`'s with a probability that Fisher's exact test gives. The old version's durations are first lengthened by what is
 * tolerated. Buckets of the histogram count at their upper end for the old version and at their lower end for the new one, and
 * equal durations are the old version's, so the error of histograms raises no alarm.
 */
import {
  bucketEndMs,
  LatencyHistogram,
  type SparseHistogram,
} from '../../../src/observability/latency-histogram.ts';
import type { Comparison } from './comparison.ts';
import { chanceOfMore } from './exact-tests.ts';
import { isJob, type VersionSample } from './version-sample.ts';

const PERCENTILE = 0.95;
/** The longer of both is tolerated: a new version's isolates read once what those of the old one hold. */
const TOLERATED_FACTOR = 1.25;
const TOLERATED_MS = 100;

const lengthened = (ms: number) => Math.max(ms * TOLERATED_FACTOR, ms + TOLERATED_MS);

export function latencyComparisons(
  before: VersionSample,
  now: VersionSample,
  minimumRequests: number,
): Comparison[] {
  return now.cells().flatMap(({ operationId, cache, histogram }): Comparison[] => {
    const old = before.cell(operationId, cache)?.histogram ?? [];
    const [requestsBefore, requestsNow] = [countOf(old), countOf(histogram)];
    if (isJob(operationId) || Math.min(requestsBefore, requestsNow) < Math.max(1, minimumRequests)) return [];
    const [p95Before, p95Now] = [percentileMs(old), percentileMs(histogram)];
    return [
      {
        ...{ operationId, cache, figure: 'p95', requestsBefore, requestsNow },
        ...{ before: p95Before, now: p95Now },
        isWorse: p95Now > lengthened(p95Before),
        chance: chanceOfSlowest(old, histogram),
      },
    ];
  });
}

function chanceOfSlowest(before: SparseHistogram, now: SparseHistogram): number {
  const durations = [
    ...pairsOf(before).map(([bucket, count]) => ({ ms: lengthened(bucketEndMs(bucket)), count, isNow: 0 })),
    ...pairsOf(now).map(([bucket, count]) => ({ ms: bucketStartMs(bucket), count, isNow: 1 })),
  ].sort((left, right) => right.ms - left.ms || left.isNow - right.isNow);
  const [ofBefore, ofNow] = [countOf(before), countOf(now)];
  const slowest = Math.floor((ofBefore + ofNow) * (1 - PERCENTILE));
  let left = slowest;
  let markedNow = 0;
  for (const { count, isNow } of durations) {
    const taken = Math.min(count, left);
    left -= taken;
    markedNow += taken * isNow;
  }
  return chanceOfMore({ marked: slowest - markedNow, of: ofBefore }, { marked: markedNow, of: ofNow });
}

const percentileMs = (histogram: SparseHistogram) =>
  LatencyHistogram.of(histogram).percentileMs(PERCENTILE) ?? 0;

const bucketStartMs = (bucket: number) => (bucket === 0 ? 0 : bucketEndMs(bucket - 1) + 1);

const countOf = (histogram: SparseHistogram) => pairsOf(histogram).reduce((sum, [, count]) => sum + count, 0);

function pairsOf(histogram: SparseHistogram): [bucket: number, count: number][] {
  const pairs: [number, number][] = [];
  for (let index = 0; index + 1 < histogram.length; index += 2)
    pairs.push([histogram[index] ?? 0, histogram[index + 1] ?? 0]);
  return pairs;
}
