import { addCalls } from './call-counts.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { MetricsCell } from './request-metrics.ts';

type Sum = Omit<MetricsCell, 'histogram'> & { histogram: LatencyHistogram };

/** Only names can contain anything, and a line break in one of them only makes two cells of it one. */
const keyOf = ({ operationId, client, version, hour, outcome, cache }: MetricsCell) =>
  `${operationId}\n${client}\n${version}\n${hour}\n${outcome}\n${cache}`;

/** Adds up cells: those of the same requests become one. The cells that it is given stay as they are. */
export class MergedCells {
  readonly #sums = new Map<string, Sum>();

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
        histogram: LatencyHistogram.of(cell.histogram),
      });
      return;
    }
    sum.firstSeen = Math.min(sum.firstSeen, cell.firstSeen);
    sum.lastSeen = Math.max(sum.lastSeen, cell.lastSeen);
    sum.count += cell.count;
    sum.faults += cell.faults;
    sum.errors += cell.errors;
    sum.bytes += cell.bytes;
    sum.durationMs += cell.durationMs;
    addCalls(sum.calls, cell.calls);
    sum.histogram.merge(cell.histogram);
  }

  /** In the order in which they came. */
  cells(): MetricsCell[] {
    return [...this.#sums.values()].map(({ histogram, ...sum }) => ({
      ...sum,
      calls: { ...sum.calls },
      histogram: histogram.sparse(),
    }));
  }
}

export function mergedCells(cells: Iterable<MetricsCell>): MetricsCell[] {
  const merged = new MergedCells();
  for (const cell of cells) merged.add(cell);
  return merged.cells();
}
