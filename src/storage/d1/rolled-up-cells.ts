/**
 * The cells of one period after more requests: pure, and bounded, because clients choose what they send.
 *
 * A period that has no room for all new cells takes the most frequent ones. The others count for their operation without
 * their client; beyond that, without their operation as well. No request is lost.
 */
import { MergedCells } from '../../observability/merged-cells.ts';
import { type MetricsCell, OTHER_CLIENT } from '../../observability/request-metrics.ts';

/** The id of what a full period counts without its operation. */
export const OTHER_OPERATION = 'other';

export interface CellLimits {
  /** Beyond it, new cells count without their client. */
  cells: number;
  /** Beyond it, they count without their operation. */
  cellsWithOthers: number;
  /** Cells of one operation, which are one row of D1. */
  cellsOfOperation: number;
}

/**
 * @param held all cells of the period before.
 * @param given cells of the same period, in any order.
 * @returns all cells of the period after.
 */
export function rolledUpCells(
  held: readonly MetricsCell[],
  given: readonly MetricsCell[],
  limits: CellLimits,
): MetricsCell[] {
  const merged = new MergedCells();
  const cellsOf = new Map<string, number>();
  const take = (cell: MetricsCell) => {
    if (!merged.has(cell)) cellsOf.set(cell.operationId, (cellsOf.get(cell.operationId) ?? 0) + 1);
    merged.add(cell);
  };
  for (const cell of held) take(cell);
  for (const cell of given.toSorted((left, right) => right.count - left.count)) {
    const hasRoom =
      merged.size < limits.cells && (cellsOf.get(cell.operationId) ?? 0) < limits.cellsOfOperation;
    if (hasRoom || merged.has(cell)) {
      take(cell);
      continue;
    }
    const other = { ...cell, client: OTHER_CLIENT, version: '' };
    if (merged.size < limits.cellsWithOthers || merged.has(other)) take(other);
    else take({ ...other, operationId: OTHER_OPERATION });
  }
  return merged.cells();
}
