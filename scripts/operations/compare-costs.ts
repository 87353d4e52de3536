/**
 * Compares what the operations of two releases cost, by name.
 *
 * Measured are executions: an answer of a cache costs next to nothing, and a new release has few of them at first. Bytes are those of
 * all answers. An operation with too few requests in one of the releases is compared by its registered cost, which knows the
 * document and nothing of the data.
 */
import { costOf, type PricedCell } from '../../src/metrics/cost.ts';

export interface ReleaseOperation {
  id: string;
  name: string;
  /** As it was registered; null if a gateway of an earlier build does not say. */
  cost: number | null;
  /** Its requests of this release that were not refused. */
  cells: readonly PricedCell[];
}

export type Measure = 'd1Rows' | 'dollars' | 'bytes' | 'cost';

export interface CostChange {
  id: string;
  name: string;
  /** `d1Rows` (read and written) and `dollars` are of an execution, `bytes` of an answer. */
  measure: Measure;
  before: number;
  after: number;
  /** The requests that the figures are the means of; null for a registered cost. */
  requests: { before: number; after: number } | null;
  isOver: boolean;
}

export interface CostComparison {
  changes: CostChange[];
  /** Operations that the last release has not, or has several of the name. */
  added: Pick<ReleaseOperation, 'id' | 'name' | 'cost'>[];
}

/** Fewer requests say little about a mean. */
export const REQUESTS_MIN = 100;
/** A lesser difference is no growth: a row more or less is chance. */
const DIFFERENCE_MIN: Record<Measure, number> = { d1Rows: 1, dollars: 0, bytes: 100, cost: 0 };

/** @param budget the allowed growth as a share: 0.1 for 10 % */
export function compareCosts(
  before: readonly ReleaseOperation[],
  after: readonly ReleaseOperation[],
  budget: number,
): CostComparison {
  const comparison: CostComparison = { changes: [], added: [] };
  for (const operation of after) {
    const earlier = counterpart(operation, before, after);
    if (earlier === undefined) {
      const { id, name, cost } = operation;
      comparison.added.push({ id, name, cost });
    } else comparison.changes.push(...changesOf(earlier, operation, budget));
  }
  return comparison;
}

/** The operation with the same id, or else the only one with the name. */
function counterpart(
  { id, name }: ReleaseOperation,
  before: readonly ReleaseOperation[],
  after: readonly ReleaseOperation[],
): ReleaseOperation | undefined {
  const named = ({ name: other }: ReleaseOperation) => other === name;
  const [only, ...more] = before.filter(named);
  const isOnly = more.length === 0 && after.filter(named).length === 1;
  return before.find((operation) => operation.id === id) ?? (isOnly ? only : undefined);
}

function changesOf(before: ReleaseOperation, after: ReleaseOperation, budget: number): CostChange[] {
  const [earlier, later] = [before, after].map(meansOf);
  if (earlier === undefined || later === undefined) return [];
  const { id, name } = after;
  const change = (
    measure: Measure,
    from: number,
    to: number,
    requests: CostChange['requests'],
  ): CostChange => ({
    ...{ id, name, measure, before: from, after: to, requests },
    isOver: to > from * (1 + budget) && to - from > DIFFERENCE_MIN[measure],
  });
  const changes: CostChange[] = [];
  const answers = { before: earlier.answers, after: later.answers };
  const executions = { before: earlier.executions, after: later.executions };
  const isEnough = (requests: typeof answers) => Math.min(requests.before, requests.after) >= REQUESTS_MIN;
  if (isEnough(executions)) {
    changes.push(change('d1Rows', earlier.d1Rows, later.d1Rows, executions));
    changes.push(change('dollars', earlier.dollars, later.dollars, executions));
  } else if (before.cost !== null && after.cost !== null) {
    changes.push(change('cost', before.cost, after.cost, null));
  }
  if (isEnough(answers)) changes.push(change('bytes', earlier.bytes, later.bytes, answers));
  return changes;
}

function meansOf({ cells }: ReleaseOperation) {
  const executed = cells.filter(({ cache }) => cache === 'miss' || cache === 'bypass');
  const sumOf = (of: readonly PricedCell[], value: (cell: PricedCell) => number) =>
    of.reduce((sum, cell) => sum + value(cell), 0);
  const answers = sumOf(cells, ({ count }) => count);
  const executions = sumOf(executed, ({ count }) => count);
  const rows = sumOf(executed, ({ calls }) => calls.d1RowsRead + calls.d1RowsWritten);
  return {
    answers,
    executions,
    bytes: sumOf(cells, ({ bytes }) => bytes) / answers,
    d1Rows: rows / executions,
    dollars: costOf(executed).dollars.total / executions,
  };
}
