/**
 * The counted requests of one version of the Worker, by operation and cache result.
 *
 * Refused requests are kept apart: the caller is their reason. Requests without a registered operation, health checks and
 * admin commands are left out; runs of jobs are kept for their faults.
 */
import { addToSparse, type SparseHistogram } from '../../../src/observability/latency-histogram.ts';
import {
  type CacheResult,
  JOB_PREFIX,
  type MetricsCell,
  UNREGISTERED,
  usesErrorBudget,
} from '../../../src/observability/request-metrics.ts';

export interface SampleCell {
  /** A registered operation, `route:<path>` or `job:<name>`. */
  operationId: string;
  cache: CacheResult;
  /** Without refused requests. */
  count: number;
  refused: number;
  /** Requests of `count` with an error that is the gateway's or upstream's. */
  faults: number;
  /** Of the requests of `count`. */
  histogram: SparseHistogram;
}

export const isJob = (operationId: string): boolean => operationId.startsWith(JOB_PREFIX);

const isJudged = (operationId: string) =>
  operationId !== UNREGISTERED && (usesErrorBudget(operationId) || isJob(operationId));

export class VersionSample {
  /** Requests of operations and routes, without refused ones. */
  requests = 0;
  /** Everything that was counted, judged or not. */
  counted = 0;
  readonly #cells = new Map<string, SampleCell>();

  add(cells: readonly MetricsCell[]): void {
    for (const { operationId, cache, outcome, count, faults, histogram } of cells) {
      this.counted += count;
      if (!isJudged(operationId)) continue;
      const cell = this.#cellOf(operationId, cache);
      if (outcome === 'refused') {
        cell.refused += count;
        continue;
      }
      cell.count += count;
      cell.faults += Math.min(faults, count);
      addToSparse(cell.histogram, histogram);
      if (!isJob(operationId)) this.requests += count;
    }
  }

  cells(): readonly SampleCell[] {
    return [...this.#cells.values()];
  }

  /** Of operations and routes, over all cache results. */
  totals(): ReadonlyMap<string, { count: number; refused: number }> {
    const totals = new Map<string, { count: number; refused: number }>();
    for (const { operationId, count, refused } of this.#cells.values()) {
      if (isJob(operationId)) continue;
      const total = totals.get(operationId) ?? { count: 0, refused: 0 };
      totals.set(operationId, { count: total.count + count, refused: total.refused + refused });
    }
    return totals;
  }

  cell(operationId: string, cache: CacheResult): SampleCell | undefined {
    return this.#cells.get(keyOf(operationId, cache));
  }

  #cellOf(operationId: string, cache: CacheResult): SampleCell {
    const key = keyOf(operationId, cache);
    const held = this.#cells.get(key);
    if (held !== undefined) return held;
    const cell = { operationId, cache, count: 0, refused: 0, faults: 0, histogram: [] };
    this.#cells.set(key, cell);
    return cell;
  }
}

const keyOf = (operationId: string, cache: CacheResult) => `${cache} ${operationId}`;
