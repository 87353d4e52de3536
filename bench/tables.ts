/** Tables in Markdown, which a terminal shows as well; and what stands in their cells. */
import type { Spread } from './statistics.ts';

export type Table = readonly (readonly string[])[];

/** The first column is text, the others are numbers. */
export function tableText(rows: Table): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(4, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(widths.map((width, column) => (column === 0 ? '-' : ':').padStart(width, '-')));
  const lines = rows.map((row) =>
    line(
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      ),
    ),
  );
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/** A table under its title. The columns from `brief` on say how busy who was, for a person who doubts a run. */
export interface Section {
  title: string;
  rows: Table;
  brief?: number;
}

export const sectionText = ({ title, rows, brief }: Section, isBrief: boolean): string =>
  `**${title}**\n\n${tableText(isBrief ? rows.map((row) => row.slice(0, brief)) : rows)}`;

export const spreadText = ({ median, least, greatest }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;

export const percentText = (share: number) => `${(share * 100).toFixed(0)} %`;

export const bytesText = (bytes: number) =>
  bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
