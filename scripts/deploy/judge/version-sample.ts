/**
 * The counted requests of one version of the Worker, by operation and cache result, over the periods of a step.
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

export interface CellCounts {
  /** Without refused requests. */
  count: number;
  refused: number;
  /** Requests of `count` with an error that is the gateway's or upstream's. */
  faults: number;
  /** The durations of the requests of `count`. */
  histogram: SparseHistogram;
}

/** Its own counts are the sums of those of its periods. */
export interface SampleCell extends CellCounts {
  /** A registered operation, `route:<path>` or `job:<name>`. */
  operationId: string;
  cache: CacheResult;
  /** By the number of the period; those without requests may be missing. */
  periods: readonly (CellCounts | undefined)[];
}

export const isJob = (operationId: string): boolean => operationId.startsWith(JOB_PREFIX);

const isJudged = (operationId: string) =>
  operationId !== UNREGISTERED && (usesErrorBudget(operationId) || isJob(operationId));

const noCounts = (): CellCounts => ({ count: 0, refused: 0, faults: 0, histogram: [] });

export class VersionSample {
  /** Requests of operations and routes, without refused ones. */
  requests = 0;
  /** Everything that was counted, judged or not. */
  counted = 0;
  readonly #cells = new Map<string, SampleCell & { periods: (CellCounts | undefined)[] }>();

  /** @param period from 0, of both versions alike */
  add(cells: readonly MetricsCell[], period = 0): void {
    for (const { operationId, cache, outcome, count, faults, histogram } of cells) {
      this.counted += count;
      if (!isJudged(operationId)) continue;
      const cell = this.#cellOf(operationId, cache);
      const counts = cell.periods[period] ?? noCounts();
      cell.periods[period] = counts;
      for (const sum of [cell, counts]) {
        if (outcome === 'refused') {
          sum.refused += count;
          continue;
        }
        sum.count += count;
        sum.faults += Math.min(faults, count);
        addToSparse(sum.histogram, histogram);
      }
      if (outcome !== 'refused' && !isJob(operationId)) this.requests += count;
    }
  }

  cells(): readonly SampleCell[] {
    return [...this.#cells.values()];
  }

  /** Requests by operation and route, with refused ones. */
  byOperation(): Map<string, number> {
    const requests = new Map<string, number>();
    for (const { operationId, count, refused } of this.#cells.values())
      if (!isJob(operationId)) requests.set(operationId, (requests.get(operationId) ?? 0) + count + refused);
    return requests;
  }

  cell(operationId: string, cache: CacheResult): SampleCell | undefined {
    return this.#cells.get(keyOf(operationId, cache));
  }

  #cellOf(operationId: string, cache: CacheResult) {
    const key = keyOf(operationId, cache);
    const held = this.#cells.get(key);
    if (held !== undefined) return held;
    const cell = { operationId, cache, periods: [], ...noCounts() };
    this.#cells.set(key, cell);
    return cell;
  }
}

const keyOf = (operationId: string, cache: CacheResult) => `${cache} ${operationId}`;
