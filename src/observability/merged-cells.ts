import { addCalls } from './call-counts.ts';
import { addToSparse } from './latency-histogram.ts';
import type { MetricsCell } from './request-metrics.ts';

/** Only names can contain anything, and a line break in one of them only makes two cells of it one. */
const keyOf = ({ operationId, client, version, hour, outcome, cache }: MetricsCell) =>
  `${operationId}\n${client}\n${version}\n${hour}\n${outcome}\n${cache}`;

/** Adds everything but the histogram to `sum`, which keeps its names. */
export function addCounts(
  sum: Omit<MetricsCell, 'histogram'>,
  added: Readonly<Omit<MetricsCell, 'histogram'>>,
): void {
  sum.firstSeen = Math.min(sum.firstSeen, added.firstSeen);
  sum.lastSeen = Math.max(sum.lastSeen, added.lastSeen);
  sum.count += added.count;
  sum.faults += added.faults;
  sum.errors += added.errors;
  sum.bytes += added.bytes;
  sum.durationMs += added.durationMs;
  addCalls(sum.calls, added.calls);
}

/**
 * Adds up cells: those of the same requests become one. The cells that it is given stay as they are. Histograms stay sparse,
 * because a period has thousands of cells.
 */
export class MergedCells {
  readonly #sums = new Map<string, MetricsCell>();

  get size(): number {
    return this.#sums.size;
  }

  has(cell: MetricsCell): boolean {
    return this.#sums.has(keyOf(cell));
  }

  add(cell: MetricsCell): void {
    const key = keyOf(cell);
    const sum = this.#sums.get(key);
    if (sum === undefined) {
      this.#sums.set(key, {
        ...cell,
        calls: { ...cell.calls },
        histogram: addToSparse([], cell.histogram),
      });
      return;
    }
    addCounts(sum, cell);
    addToSparse(sum.histogram, cell.histogram);
  }

  /** In the order in which they came. They are no copies: nothing may be added after it. */
  cells(): MetricsCell[] {
    return [...this.#sums.values()];
  }
}
