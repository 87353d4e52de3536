import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addToSparse,
  bucketEndMs,
  LATENCY_BUCKETS,
  LATENCY_ERROR,
  LATENCY_MAX_MS,
  LatencyHistogram,
  latencyBucket,
} from '../../../src/observability/latency-histogram.ts';

const durations = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: LATENCY_MAX_MS }));

function recorded(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

test('a bucket ends less than the stated error above each duration in it, and buckets rise with durations', () => {
  let before = 0;
  for (let durationMs = 0; durationMs <= LATENCY_MAX_MS; durationMs += 1) {
    const bucket = latencyBucket(durationMs);
    expect(bucket - before).toBeLessThanOrEqual(1);
    expect(bucket).toBeGreaterThanOrEqual(before);
    expect(bucketEndMs(bucket)).toBeGreaterThanOrEqual(durationMs);
    expect(bucketEndMs(bucket)).toBeLessThanOrEqual(durationMs * (1 + LATENCY_ERROR));
    before = bucket;
  }
  expect(before).toBe(LATENCY_BUCKETS - 1);
});

test('percentiles of histograms that were added up are those of all durations, within the stated error', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(durations), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0.5, 0.95, 0.99, 1),
      (isolates, share) => {
        const all = isolates.flat().sort((a, b) => a - b);
        const sum = LatencyHistogram.of(...isolates.map((values) => recorded(values).sparse()));
        expect(sum.count).toBe(all.length);
        const exact = all[Math.max(1, Math.ceil(share * all.length)) - 1];
        if (exact === undefined) expect(sum.percentileMs(share)).toBeNull();
        else {
          expect(sum.percentileMs(share)).toBeGreaterThanOrEqual(exact);
          expect(sum.percentileMs(share)).toBeLessThanOrEqual(exact * (1 + LATENCY_ERROR));
        }
      },
    ),
  );
});

test('what is no duration, and what is no bucket, makes no bucket', () => {
  const odd = recorded([-5, Number.NaN, Number.POSITIVE_INFINITY, 1e12, 0.4]);
  expect(odd.sparse()).toEqual([0, 3, LATENCY_BUCKETS - 1, 2]);
  expect(LatencyHistogram.of([-1, 2, 0.5, 2, LATENCY_BUCKETS, 2, 3, -4, 3, 2, 7]).sparse()).toEqual([3, 2]);
});

test('sparse histograms add up to what dense ones do, in any order of pairs', () => {
  const pairs = fc
    .array(fc.tuple(fc.integer({ min: -2, max: LATENCY_BUCKETS + 1 }), fc.integer({ min: -1, max: 50 })))
    .map((drawn) => drawn.flat());
  fc.assert(
    fc.property(fc.array(pairs, { maxLength: 5 }), (given) => {
      const before = structuredClone(given);
      const sum: number[] = [];
      for (const sparse of given) expect(addToSparse(sum, sparse)).toBe(sum);
      expect(sum).toEqual(LatencyHistogram.of(...given).sparse());
      expect(given).toEqual(before);
    }),
  );
});
