/** Sums over requests that reached the Worker. A rate is null where there is nothing that it is a share of. */
import { LatencyHistogram } from '../observability/latency-histogram.ts';
import type { CacheResult, MetricsCell } from '../observability/request-metrics.ts';

export interface Traffic {
  requests: number;
  /** Requests with an error that is the gateway's or upstream's. */
  faults: number;
  /** Requests without data for which the caller is the reason. */
  refused: number;
  /** GraphQL errors in answers. */
  errors: number;
  /** Of answers' bodies. */
  bytes: number;
  /** The share of answers from the gateway's memory and KV, stale ones too, of those that may be kept there: 0 to 1. */
  hitRate: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

export class TrafficSum {
  #requests = 0;
  #faults = 0;
  #refused = 0;
  #errors = 0;
  #bytes = 0;
  readonly #byCache: Record<CacheResult, number> = { hit: 0, stale: 0, miss: 0, bypass: 0 };
  readonly #latency = new LatencyHistogram();

  static of(cells: Iterable<MetricsCell>): TrafficSum {
    const sum = new TrafficSum();
    for (const cell of cells) sum.add(cell);
    return sum;
  }

  get requests(): number {
    return this.#requests;
  }

  add({ count, faults, outcome, errors, bytes, cache, histogram }: MetricsCell): void {
    this.#requests += count;
    this.#faults += faults;
    if (outcome === 'refused') this.#refused += count;
    this.#errors += errors;
    this.#bytes += bytes;
    this.#byCache[cache] += count;
    this.#latency.merge(histogram);
  }

  traffic(): Traffic {
    const { hit, stale, miss } = this.#byCache;
    const cacheable = hit + stale + miss;
    return {
      requests: this.#requests,
      faults: this.#faults,
      refused: this.#refused,
      errors: this.#errors,
      bytes: this.#bytes,
      hitRate: cacheable === 0 ? null : (hit + stale) / cacheable,
      p50Ms: this.#latency.percentileMs(0.5),
      p95Ms: this.#latency.percentileMs(0.95),
      p99Ms: this.#latency.percentileMs(0.99),
    };
  }
}
