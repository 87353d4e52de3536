/** Results as tables, as wide as their cells for a terminal and in Markdown for README. */
import type { ClaimResult, ScenarioResult } from './results.ts';
import type { Spread } from './statistics.ts';

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
