/**
 * Aligned columns without borders, so that people read them and `grep` and `awk` take them.
 *
 * Escapes control characters: names and versions come from requests, and a terminal obeys them.
 */
import { styleText } from 'node:util';
import { getBorderCharacters, table as layOut } from 'table';

export interface StyledCell {
  text: string;
  style: Parameters<typeof styleText>[0];
}
export type Cell = string | number | StyledCell;

/** @param rightAligned titles of columns. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  rightAligned: readonly string[] = [],
): string {
  const head = titles.map((title) => styleText('dim', title));
  return columns(
    [head, ...rows.map((row) => row.map(cellText))],
    titles.map((title) => rightAligned.includes(title)),
  );
}

/** Names and values one below the other. */
export const facts = (pairs: readonly (readonly [name: string, value: string])[]) =>
  columns(
    pairs.map(([name, value]) => [styleText('dim', name), printable(value)]),
    [],
  );

/** Writes control and invisible characters as `\u{…}`. */
export const printable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

/** `printable` for each line of a text. A tab is four spaces. */
export const printableLines = (text: string) =>
  text.replaceAll('\t', '    ').split('\n').map(printable).join('\n');

function cellText(cell: Cell): string {
  return typeof cell === 'object' ? styleText(cell.style, printable(cell.text)) : printable(String(cell));
}

function columns(rows: string[][], isRightAligned: readonly boolean[]): string {
  const text = layOut(rows, {
    border: getBorderCharacters('void'),
    columnDefault: { paddingLeft: 2, paddingRight: 0 },
    columns: isRightAligned.map((right) => ({ alignment: right ? 'right' : 'left' })),
    drawHorizontalLine: () => false,
  });
  return text.replace(/ +$/gm, '').trimEnd();
}
