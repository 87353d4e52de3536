/** When to stop: a Ctrl-C, a signal, or the end of the npm that started us. */
import { readFileSync } from 'node:fs';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** At a Ctrl-C the terminal and npm both send the signal: so close together they are one. */
const SAME_KEYPRESS_MS = 300;
const PARENT_POLL_MS = 1_000;

/** Calls `stop` once, and `kill` when asked again. */
export function onStopRequest(stop: () => void, kill: () => void): void {
  let firstAtMs: number | undefined;
  const request = () => {
    if (firstAtMs === undefined) {
      firstAtMs = Date.now();
      stop();
    } else if (Date.now() - firstAtMs > SAME_KEYPRESS_MS) kill();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, request);
  if (process.env.npm_lifecycle_event !== undefined) {
    whenStarterEnds(() => {
      if (firstAtMs === undefined) request();
    });
  }
}

/** npm, when killed, takes neither its shell nor us along. */
function whenStarterEnds(then: () => void): void {
  const starters = processesAbove();
  const watch = setInterval(() => {
    if (processesAbove() === starters) return;
    clearInterval(watch);
    then();
  }, PARENT_POLL_MS);
  watch.unref();
}

/** The shell and, where the system shows it, npm above the shell. */
function processesAbove(): string {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8');
    return `${process.ppid} ${/^PPid:\s*(\d+)$/m.exec(status)?.[1]}`;
  } catch {
    return `${process.ppid}`;
  }
}
