/** Reads from the admin endpoint what requests and jobs have called, by operation and day. */
import type { PricedHourCell } from '../../src/metrics/cost.ts';
import type { AdminClient } from '../operations/admin-client.ts';
import { unreachable } from '../operations/command-failure.ts';
import { type MetricsRow, metricsAnswer } from '../operations/metrics-answer.ts';

const DAY_SECONDS = 86_400;
/** An answer of a week has some thousand rows, and the gateway answers 10,000 at most. */
const SLICE_SECONDS = 7 * DAY_SECONDS;

export interface CountedCalls {
  /** Each is a whole day: `hour` is its first hour. */
  cells: PricedHourCell[];
  /** The names of operations that have one, by id. */
  names: ReadonlyMap<string, string>;
}

/** @param fromSeconds Unix time, as `toSeconds`. Days count whole, those that are in the retained hours' time by the hour. */
export async function readCounted(
  gateway: AdminClient,
  fromSeconds: number,
  toSeconds: number,
): Promise<CountedCalls> {
  const cells: PricedHourCell[] = [];
  const names = new Map<string, string>();
  for (let from = fromSeconds; from < toSeconds; from = endOfSlice(from)) {
    const to = Math.min(toSeconds, endOfSlice(from));
    const path = `/admin/metrics?from=${from}&to=${to}&by=operation,outcome,cache,day`;
    const { rows, leftOut } = await gateway.get(path, metricsAnswer);
    if (leftOut > 0) throw unreachable(`The gateway has left out ${leftOut} rows: the cost would be wrong.`);
    for (const row of rows) {
      cells.push(cellOf(row));
      const { operationId, operationName } = row;
      if (operationId && operationName) names.set(operationId, operationName);
    }
  }
  return { cells, names };
}

/** Slices end with days, so that no day is read twice. */
const endOfSlice = (from: number) => from - (from % DAY_SECONDS) + SLICE_SECONDS;

function cellOf({ operationId, outcome, cache, day, count, bytes, calls }: MetricsRow): PricedHourCell {
  if (operationId === undefined || outcome === undefined || cache === undefined || day === undefined)
    throw unreachable('The gateway names no operation, outcome, cache and day: it has another version.');
  return { operationId, outcome, cache, hour: Date.parse(day) / 3_600_000, count, bytes, calls };
}
