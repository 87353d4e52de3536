/** What is measured without HTTP, as tables: executors in this process, and what the fixed traffic costs. */
import type { CostResults } from './cost/measure-cost.ts';
import { FRONT_NAMES } from './cost/print-costs.ts';
import type { ExecutorRow } from './executors/measure-executors.ts';
import type { Table } from './tables.ts';

export interface ExecutorResults {
  shapes: ExecutorRow[];
  compilation: { operation: string; microseconds: number }[];
}

/** A row a shape; the plan's time, and how many times as long the others take. */
export function executorTable({ shapes }: ExecutorResults): Table {
  const executors = [...new Set(shapes.map(({ executor }) => executor))];
  const cell = ({ microseconds, timesPlan, refusal }: ExecutorRow) =>
    microseconds === null
      ? (refusal ?? '')
      : timesPlan === null || timesPlan === 1
        ? `${microseconds.toFixed(1)} µs`
        : `${timesPlan.toFixed(2)} ×`;
  return [
    ['', ...executors],
    ...[...new Set(shapes.map(({ shape }) => shape))].map((name) => [
      name,
      ...executors.map((executor) => {
        const row = shapes.find((each) => each.shape === name && each.executor === executor);
        return row === undefined ? '' : cell(row);
      }),
    ]),
  ];
}

export function compilationTable({ compilation }: ExecutorResults): Table {
  return [
    ['', 'µs to compile'],
    ...compilation.map(({ operation, microseconds }) => [operation, microseconds.toFixed(0)]),
  ];
}

/** A month of the fixed traffic, s = 1.0. */
export function costTable({ asBuilt, best }: CostResults): Table {
  return [
    ['', 'hit rate', 'KV reads', 'KV writes', 'D1 rows read', 'Workers', 'KV', 'D1', 'a month'],
    ...[...asBuilt, ...best]
      .filter(({ exponent }) => exponent === 1)
      .map(({ name, front, month: { hitRate, use, bill } }) => [
        name === 'as built' ? FRONT_NAMES[front] : name,
        hitRate.toFixed(3),
        `${(use.kvReads / 1e6).toFixed(1)} M`,
        `${(use.kvWrites / 1e6).toFixed(2)} M`,
        `${(use.d1RowsRead / 1e9).toFixed(1)} G`,
        ...[bill.workers, bill.kv, bill.d1, bill.total].map((dollars) => `$${dollars.toFixed(2)}`),
      ]),
  ];
}
