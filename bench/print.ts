/** Results as tables, as wide as their cells for a terminal and in Markdown for README. */
import type { HeapResult } from './heap.ts';
import type { MixedResult } from './mixed-traffic.ts';
import type { BenchResults, ClaimResult, ScenarioResult } from './results.ts';
import { type Spread, spreadOf } from './statistics.ts';

export type Table = readonly (readonly string[])[];

export function scenarioTable(results: readonly ScenarioResult[]): Table {
  const head = [
    '',
    'requests/s',
    'CPU µs/request',
    'p50 ms',
    'p99 ms',
    'body',
    'workerd busy',
    'waiting',
    'generator busy',
  ];
  return [
    head,
    ...results.map((result) => [
      result.cache === 'not yet' || result.cache === 'otherwise' ? `${result.name} (not yet)` : result.name,
      spreadText(result.requestsPerSecond, 0),
      spreadText(result.cpuMicrosecondsPerRequest, 0),
      result.medianMs.median.toFixed(2),
      result.p99Ms.median.toFixed(2),
      bytesText(result.bodyBytes),
      percentText(result.workerdThreadBusy.median),
      percentText(result.workerdThreadWaiting.median),
      percentText(result.generatorBusy.median),
    ]),
  ];
}

export function claimTable(claims: readonly ClaimResult[]): Table {
  return [
    ['', 'list', 'ratio', 'by CPU alone', 'target', ''],
    ...claims.map(({ name, list, ratio, byThread, target, met }) => [
      name,
      list,
      spreadText(ratio, 3),
      byThread.median.toFixed(3),
      target,
      met === null ? 'not yet' : met ? 'met' : 'missed',
    ]),
  ];
}

export function steadyTable({ steady }: MixedResult): Table {
  return [
    ['', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'hits', 'workerd busy', 'waiting', 'unanswered'],
    ...steady.map((result) => [
      result.name,
      result.ratePerSecond.toFixed(0),
      spreadText(result.p50Ms, 1),
      spreadText(result.p95Ms, 1),
      spreadText(result.p99Ms, 1),
      result.hitShare === null ? 'not yet' : percentText(result.hitShare),
      percentText(result.workerdThreadBusy.median),
      percentText(result.workerdThreadWaiting.median),
      String(result.unanswered),
    ]),
  ];
}

export function heapTable(results: readonly HeapResult[]): Table {
  return [
    ['', 'fills', 'bodies', 'heap grown', 'per byte'],
    ...results.map(({ name, fills, bodyBytes, grownBytes, grownPerBodyByte }) => [
      name,
      String(fills),
      bytesText(bodyBytes),
      bytesText(grownBytes),
      grownPerBodyByte.toFixed(2),
    ]),
  ];
}

export function printResults({ scenarios, refusals, claims, mixed, heap, startup }: BenchResults): string {
  const lists = [...new Set(scenarios.map(({ list }) => list))];
  const sections: [string, Table][] = [
    ...lists.map((name): [string, Table] => [
      name,
      scenarioTable(scenarios.filter(({ list }) => list === name)),
    ]),
    ['One request at a time', scenarioTable(refusals)],
    ['Ratios', claimTable(claims)],
    [`Mixed traffic, whose own rate is ${mixed.capacityPerSecond.toFixed(0)} requests/s`, steadyTable(mixed)],
    ['Heap by bodies kept', heapTable(heap)],
  ];
  const { bundleBytes, gzipBytes, cpuMs } = startup;
  const cpu = spreadText(spreadOf(cpuMs), 0);
  return [
    ...sections.map(([title, rows]) => `${title}\n${aligned(rows)}`),
    `Bundle ${bytesText(bundleBytes)}, gzip ${bytesText(gzipBytes)}; CPU at start-up ${cpu} ms`,
  ].join('\n\n');
}

export const spreadText = ({ median, least, greatest }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;

const percentText = (share: number) => `${(share * 100).toFixed(0)} %`;

const bytesText = (bytes: number) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

/** Columns as wide as their widest cell; the first is text, the others are numbers. */
export function aligned(rows: Table): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cellText = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cellText).join('  ').trimEnd()).join('\n');
}
