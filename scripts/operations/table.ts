/**
 * Aligned columns and nothing else, so that `grep`, `awk` and a reader all get along with them.
 *
 * Refuses to pass control characters on: names and versions come from requests, and a terminal obeys what it is sent.
 */
import { styleText } from 'node:util';

export interface Column<Row> {
  title: string;
  text(row: Row): string;
  align?: 'right';
  style?(row: Row): Parameters<typeof styleText>[0] | undefined;
}

const GAP = '  ';
const INDENT = '  ';

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ text }) => printable(text(row))));
  const widths = columns.map(({ title }, at) =>
    cells.reduce((widest, line) => Math.max(widest, line[at]?.length ?? 0), title.length),
  );
  const padded = (text: string, at: number) => {
    const width = widths[at] ?? 0;
    return columns[at]?.align === 'right' ? text.padStart(width) : text.padEnd(width);
  };
  const lines = cells.map((line, rowAt) =>
    line.map((text, at) => {
      const row = rows[rowAt];
      const style = row === undefined ? undefined : columns[at]?.style?.(row);
      return style === undefined ? padded(text, at) : styleText(style, padded(text, at));
    }),
  );
  const titles = columns.map(({ title }, at) => styleText('dim', padded(title, at)));
  return [titles, ...lines].map((line) => INDENT + line.join(GAP).trimEnd()).join('\n');
}

/** Control and invisible characters as `\u{…}`. */
export const printable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

/** Names and numbers one below the other. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value]) => `${INDENT}${styleText('dim', name.padEnd(width))}${GAP}${printable(value)}`)
    .join('\n');
}
