/** The lines that `npm start` prints. Colour only where the output is a terminal. */
import { styleText } from 'node:util';
import type { FinishedJob } from './sync-runs.ts';

const NAME_WIDTH = 24;
const OUTCOME_WIDTH = 9;
const DETAIL_WIDTH = 38;

export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const duration = (ms: number) => styleText('dim', seconds(ms).padStart(7));

export function stepLine(name: string, detail: string, durationMs: number): string {
  return `  ${name.padEnd(NAME_WIDTH)}${detail.padEnd(OUTCOME_WIDTH + DETAIL_WIDTH)}${duration(durationMs)}`;
}

const OUTCOME_COLOURS: Record<string, 'green' | 'yellow' | 'red'> = { ok: 'green', failed: 'red' };

export function jobLine(run: FinishedJob): string {
  const outcome = styleText(OUTCOME_COLOURS[run.outcome] ?? 'yellow', run.outcome.padEnd(OUTCOME_WIDTH));
  const skipped = run.skipped > 0 ? `, ${run.skipped} skipped` : '';
  const counts = `${run.read} read, ${run.written} written${skipped}`.padEnd(DETAIL_WIDTH);
  const line = `  ${run.job.padEnd(NAME_WIDTH)}${outcome}${counts}${duration(run.durationMs)}`;
  return run.firstError === null ? line : `${line}\n${' '.repeat(NAME_WIDTH + 2)}${run.firstError}`;
}

export const heading = (text: string) => `\n${styleText('bold', text)}`;
export const problem = (text: string) => styleText('red', text);
export const remark = (text: string) => styleText('dim', `  ${text}`);

/** UTC, as the gateway's own log lines have it. */
export const timeOf = (unixMs: number) => new Date(unixMs).toISOString().slice(11, 19);
/** A line that stands among those of the gateway's log. */
export const timeLine = (line: string) => `  ${timeOf(Date.now())}${line.replace(/^ /, '')}`;
