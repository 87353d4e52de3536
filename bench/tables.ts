/** Tables as wide as their cells for a terminal, and in Markdown for README; and what stands in a cell. */
import type { Spread } from './statistics.ts';

export type Table = readonly (readonly string[])[];

/** Columns as wide as their widest cell; the first is text, the others are numbers. */
export function tableText(rows: Table): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cellText = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cellText).join('  ').trimEnd()).join('\n');
}

export function markdown([head = [], ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

export const spreadText = ({ median, least, greatest }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;

export const percentText = (share: number) => `${(share * 100).toFixed(0)} %`;

export const bytesText = (bytes: number) =>
  bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
