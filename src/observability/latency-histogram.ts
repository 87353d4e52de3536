/**
 * Counts of durations by bucket, in whole milliseconds. Histograms of isolates add up by adding their counts.
 *
 * Durations below 16 ms have a bucket each. Above, each power of two has 16 buckets, so that a bucket's upper end lies at
 * most 6.25 % above any duration in it. Everything from `LATENCY_MAX_MS` on counts in the last bucket.
 *
 * The platform's clock stands still while a request computes, so a duration is the time that a request waited for others.
 */
const EXACT_BUCKETS = 16;
const BUCKETS_A_DOUBLING = 16;
export const LATENCY_MAX_MS = 65_535;
/** The greatest relative error of a percentile. */
export const LATENCY_ERROR = 1 / BUCKETS_A_DOUBLING;

/** [bucket, count, bucket, count, …] with buckets rising: the form in D1. */
export type SparseHistogram = number[];

const isBucket = (bucket: number) => Number.isInteger(bucket) && bucket >= 0 && bucket < LATENCY_BUCKETS;

/** Adds the pairs, which may be in any order, to `sum`, and returns it. Those that name no bucket are left out. */
export function addToSparse(sum: SparseHistogram, added: readonly number[]): SparseHistogram {
  let place = 0;
  for (let index = 0; index + 1 < added.length; index += 2) {
    const [bucket = -1, count = 0] = [added[index], added[index + 1]];
    if (!isBucket(bucket) || !(count > 0)) continue;
    if (place > 0 && bucket <= (sum[place - 2] ?? 0)) place = 0;
    while (place < sum.length && (sum[place] ?? 0) < bucket) place += 2;
    if (sum[place] === bucket) sum[place + 1] = (sum[place + 1] ?? 0) + count;
    else sum.splice(place, 0, bucket, count);
  }
  return sum;
}

export function latencyBucket(durationMs: number): number {
  // A clock that was set back gives negative durations, and NaN must not make a bucket.
  if (!(durationMs >= 1)) return 0;
  const whole = Math.min(Math.floor(durationMs), LATENCY_MAX_MS);
  if (whole < EXACT_BUCKETS) return whole;
  const doubling = 31 - Math.clz32(whole);
  return EXACT_BUCKETS + (doubling - 4) * BUCKETS_A_DOUBLING + ((whole >> (doubling - 4)) - EXACT_BUCKETS);
}

export const LATENCY_BUCKETS = latencyBucket(LATENCY_MAX_MS) + 1;

/** The greatest duration that counts in the bucket, in milliseconds. */
export function bucketEndMs(bucket: number): number {
  if (bucket < EXACT_BUCKETS) return bucket;
  const above = bucket - EXACT_BUCKETS;
  const doubling = Math.floor(above / BUCKETS_A_DOUBLING);
  return ((EXACT_BUCKETS + (above % BUCKETS_A_DOUBLING) + 1) << doubling) - 1;
}

export class LatencyHistogram {
  /** Grows up to the highest bucket in use: most requests are quick. */
  readonly #counts: number[] = [];

  static of(...sparse: readonly (readonly number[])[]): LatencyHistogram {
    const histogram = new LatencyHistogram();
    for (const pairs of sparse) histogram.merge(pairs);
    return histogram;
  }

  add(durationMs: number, times = 1): void {
    this.#addToBucket(latencyBucket(durationMs), times);
  }

  /** Pairs that name no bucket are left out: rows of D1 may be of another build. */
  merge(sparse: readonly number[]): void {
    for (let index = 0; index + 1 < sparse.length; index += 2) {
      const [bucket = -1, count = 0] = [sparse[index], sparse[index + 1]];
      if (isBucket(bucket) && count > 0) this.#addToBucket(bucket, count);
    }
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** @param share from 0 to 1. Null where nothing was counted; else the upper end of the bucket, in milliseconds. */
  percentileMs(share: number): number | null {
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return bucketEndMs(bucket);
    }
    return null;
  }

  sparse(): SparseHistogram {
    return this.#counts.flatMap((count, bucket) => (count === 0 ? [] : [bucket, count]));
  }

  #addToBucket(bucket: number, times: number): void {
    while (this.#counts.length <= bucket) this.#counts.push(0);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
  }
}
