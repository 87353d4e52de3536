import { MergedCells } from '../../src/observability/merged-cells.ts';
import type { MetricsCell } from '../../src/observability/request-metrics.ts';

export function mergedCells(cells: Iterable<MetricsCell>): MetricsCell[] {
  const merged = new MergedCells();
  for (const cell of cells) merged.add(cell);
  return merged.cells();
}
