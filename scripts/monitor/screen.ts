/**
 * The lines of the screen. Pure, and never more or longer than the terminal: what is wrong is kept, and operations fill the
 * rest. Names come from requests, so control characters are escaped.
 */
import { styleText } from 'node:util';
import { printable } from '../operations/table.ts';
import type { Check, CheckState } from './checks.ts';
import type { Counted } from './observe-counted.ts';
import type { Observation } from './observe-gateway.ts';

export interface ScreenSize {
  columns: number;
  rows: number;
}

export interface Shown {
  url: string;
  everySeconds: number;
  observation: Observation;
  checks: readonly Check[];
  /** Milliseconds of the last answers by the name of their check, the latest one last. */
  history: ReadonlyMap<string, readonly number[]>;
}

type Style = Parameters<typeof styleText>[0];
interface Part {
  text: string;
  style?: Style;
}
type Line = readonly Part[];

const NAME_COLUMNS = 22;
/** Narrower terminals have no room for the last answers. */
const HISTORY_FROM_COLUMNS = 100;
const BARS = '▁▂▃▄▅▆▇█';
const MARKS: Record<CheckState, Part> = {
  ok: { text: '✓', style: 'green' },
  note: { text: '•', style: 'yellow' },
  wrong: { text: '✗', style: 'red' },
};
/** Wrong ones first: a low terminal cuts the others off. */
const URGENCY: Record<CheckState, number> = { wrong: 0, note: 1, ok: 2 };

/** Each with the codes of its colours, and without a line break. */
export function screenLines(shown: Shown, { columns, rows }: ScreenSize): string[] {
  const { observation, checks } = shown;
  const wrong = checks.filter(({ state }) => state === 'wrong').length;
  const head: Line[] = [headLine(shown, columns), summaryLine(wrong), []];
  const room = rows - head.length;
  const listed =
    checks.length <= room
      ? checks
      : checks.toSorted((one, other) => URGENCY[one.state] - URGENCY[other.state]).slice(0, room);
  const checkLines = listed.map((check) => checkLine(check, shown.history.get(check.name) ?? [], columns));
  const operations = operationLines(observation.counted, room - checkLines.length);
  return [...head, ...checkLines, ...operations].slice(0, rows).map((line) => styled(cut(line, columns)));
}

function headLine({ url, everySeconds, observation }: Shown, columns: number): Line {
  const time = `${new Date(observation.atMs).toISOString().slice(11, 19)} UTC, each ${everySeconds} s`;
  const left = ` COM2000 edge gateway  ${url}`;
  const gap = Math.max(2, columns - left.length - time.length - 1);
  return [{ text: left, style: 'bold' }, { text: ' '.repeat(gap) }, { text: time, style: 'dim' }];
}

function summaryLine(wrong: number): Line {
  if (wrong === 0) return [{ text: ' ● all is well', style: 'green' }];
  return [{ text: wrong === 1 ? ' ● one check is wrong' : ` ● ${wrong} checks are wrong`, style: 'red' }];
}

function checkLine({ name, state, text }: Check, history: readonly number[], columns: number): Line {
  const line: Part[] = [
    { text: ' ' },
    MARKS[state],
    { text: ` ${name.padEnd(NAME_COLUMNS)}`, style: 'bold' },
    { text, ...(state === 'wrong' ? { style: 'red' as const } : {}) },
  ];
  if (columns < HISTORY_FROM_COLUMNS || history.length < 2) return line;
  const bars = barsOf(history);
  const width = line.reduce((sum, part) => sum + printable(part.text).length, 0);
  const gap = columns - width - bars.length - 1;
  return gap < 2 ? line : [...line, { text: ' '.repeat(gap) }, { text: bars, style: 'dim' }];
}

/** The highest bar is the slowest of the answers. */
function barsOf(history: readonly number[]): string {
  const slowest = Math.max(1, ...history);
  return history
    .map(
      (milliseconds) => BARS[Math.min(BARS.length - 1, Math.floor((milliseconds / slowest) * BARS.length))],
    )
    .join('');
}

const OPERATION_TITLES = ['requests', 'hit rate', 'p95', 'faults'] as const;
const FIGURE_COLUMNS = 10;
const OPERATION_COLUMNS = 34;

/** @param room lines that are left. */
function operationLines(counted: Observation['counted'], room: number): Line[] {
  // A blank line, the titles and one operation.
  if (counted === 'no key' || 'problem' in counted || counted.operations.length === 0 || room < 3) return [];
  const titles = `   ${`reached the Worker since ${counted.since}`.padEnd(OPERATION_COLUMNS)}`;
  const figures = (cells: readonly string[]) => cells.map((cell) => cell.padStart(FIGURE_COLUMNS)).join('');
  return [
    [],
    [{ text: titles + figures(OPERATION_TITLES), style: 'dim' }],
    ...counted.operations.slice(0, room - 2).map((operation) => operationLine(operation, figures)),
  ];
}

function operationLine(
  { name, count, hitRate, p95Ms, faults }: Counted['operations'][number],
  figures: (cells: readonly string[]) => string,
): Line {
  const cells = [
    String(count),
    hitRate === null ? '-' : `${(100 * hitRate).toFixed(1)} %`,
    p95Ms === null ? '-' : `${p95Ms} ms`,
    String(faults),
  ];
  const shortName = printable(name).slice(0, OPERATION_COLUMNS - 1);
  return [
    {
      text: `   ${shortName.padEnd(OPERATION_COLUMNS)}${figures(cells)}`,
      ...(faults > 0 ? { style: 'yellow' as const } : {}),
    },
  ];
}

/** Cuts a line that is longer than the terminal, and shows that it is cut. */
function cut(line: Line, columns: number): Line {
  let room = columns;
  const parts = line.map(({ text, ...rest }) => ({ text: printable(text), ...rest }));
  if (parts.reduce((sum, { text }) => sum + text.length, 0) <= columns) return parts;
  return parts.flatMap(({ text, ...rest }) => {
    if (room <= 0) return [];
    const shown = text.length < room ? text : `${text.slice(0, room - 1)}…`;
    room -= shown.length;
    return [{ text: shown, ...rest }];
  });
}

const styled = (line: Line) =>
  line.map(({ text, style }) => (style === undefined ? text : styleText(style, text))).join('');
