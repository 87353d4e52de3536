/**
 * The cost of a month of the platform's traffic: counted calls times prices.
 *
 * Calls and rows of an operation are those of `operations/COSTS.md`, counted on a cold isolate by
 * `test/flows/operation-costs.test.ts`; CPU is measured over HTTP. Every miss counts as one on a cold isolate, which makes
 * upstream calls and KV writes (the copies of sessions) an upper bound; KV reads are bounded by how often isolates read
 * again. Rows that crons and counts write are in `bench/d1-rows-written.ts`. Those of syncs and of users' mutations are left
 * out, and so are stored bytes: the plan includes more than they use.
 */
import { billOf, type Use } from '../src/metrics/prices.ts';
import { ASKED_OPERATIONS } from './asked-operations.ts';
import { D1_ROWS_WRITTEN, rowsOfMonth } from './d1-rows-written.ts';
import { TRAFFIC } from './traffic.ts';

export const MONTH_REQUESTS = 50e6;
/** The items that the two columns of rows in COSTS.md stand for. */
const FEW_ITEMS = 5;
const MANY_ITEMS = 100;
const PAGE_ITEMS = 20;
/** The price snapshot each minute, and the generations after each job of 5 and of 15 minutes. */
const JOB_KV_WRITES = 30 * 24 * (60 + 12 + 4);
/** Assumed, all at work day and night: three in each of 40 locations. */
const ISOLATES = 120;
/** An isolate reads the price snapshot and the generations at most every 15 s, and the liveness of operations every 60 s. */
const KV_READS_MAX = ISOLATES * 30 * 24 * 3600 * (2 / 15 + 1 / 60);
const PRIVATE_OPERATION = 'PoolPage';

/** The calls and rows of one execution on a cold isolate. */
export interface CountedOperation {
  name: string;
  kvReads: number;
  kvWrites: number;
  upstreamCalls: number;
  /** For a page of 20 items. */
  d1RowsRead: number;
}

/** @param costs the text of `operations/COSTS.md`. */
export function countedOperations(costs: string): CountedOperation[] {
  const rows = [...costs.matchAll(/^\| (\w+) \| (\d.*) \|$/gm)];
  return rows.map(([, name = '', cells = '']) => {
    const counts = cells.split(' | ').map(Number);
    if (counts.length !== 7 || counts.some(Number.isNaN)) throw new Error(`COSTS.md: ${name}: ${cells}`);
    const [, kvReads = 0, kvWrites = 0, , upstreamCalls = 0, few = 0, many = 0] = counts;
    const d1RowsRead = few + ((many - few) * (PAGE_ITEMS - FEW_ITEMS)) / (MANY_ITEMS - FEW_ITEMS);
    return { name, kvReads, kvWrites, upstreamCalls, d1RowsRead };
  });
}

/** @param hitRate of the public requests; private ones are always executed. */
export function monthOf(
  operations: readonly CountedOperation[],
  cpu: { hitMs: number; missMs: number },
  hitRate: number,
) {
  const executionsOf = (name: string) =>
    name === PRIVATE_OPERATION
      ? MONTH_REQUESTS * TRAFFIC.privateShare
      : MONTH_REQUESTS * (1 - TRAFFIC.privateShare) * (1 - hitRate) * (ASKED_OPERATIONS[name]?.share ?? 0);
  const sumOf = (count: (operation: CountedOperation) => number) =>
    operations.reduce((sum, operation) => sum + executionsOf(operation.name) * count(operation), 0);
  const executions = sumOf(() => 1);
  const use: Use & Record<'kvReads' | 'd1RowsRead' | 'd1RowsWritten' | 'workerCpuMs', number> = {
    workerRequests: MONTH_REQUESTS,
    analyticsPoints: MONTH_REQUESTS,
    workerCpuMs: executions * cpu.missMs + (MONTH_REQUESTS - executions) * cpu.hitMs,
    kvReads: Math.min(
      sumOf(({ kvReads }) => kvReads),
      KV_READS_MAX,
    ),
    kvWrites: sumOf(({ kvWrites }) => kvWrites) + JOB_KV_WRITES,
    d1RowsRead: sumOf(({ d1RowsRead }) => d1RowsRead),
    d1RowsWritten: rowsOfMonth(D1_ROWS_WRITTEN),
  };
  return { executions, upstreamCalls: sumOf(({ upstreamCalls }) => upstreamCalls), use, bill: billOf(use) };
}
