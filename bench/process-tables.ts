/** Results of the executors in this process, as tables. */
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
