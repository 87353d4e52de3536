/** Results as text for people. */
import type { RefusalComparison } from './refusals.ts';
import type { Spread } from './statistics.ts';

export function printRefusals(comparisons: readonly RefusalComparison[]): string {
  const rows = comparisons.map(({ list, refused, miss, latencyRatio }) => [
    list,
    spreadText(refused.medianMs, 3),
    spreadText(miss.medianMs, 3),
    latencyRatio.toFixed(3),
    spreadText(refused.cpuMicrosecondsPerRequest, 0),
    spreadText(miss.cpuMicrosecondsPerRequest, 0),
  ]);
  const head = ['market list', 'refused ms', 'miss ms', 'ratio', 'refused CPU µs', 'miss CPU µs'];
  return `Unknown id beside a miss, one request at a time\n${table([head, ...rows])}`;
}

export const spreadText = ({ median, least, greatest }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;

/** Columns as wide as their widest cell; the first is text, the others are numbers. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
