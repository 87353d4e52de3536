/** A request to stop is a Ctrl-C, a signal, or the end of the npm that started this process. */
import { readFileSync } from 'node:fs';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** At a Ctrl-C the terminal and npm both send the signal: two within this time are one request. */
const SAME_KEYPRESS_MS = 300;
const PARENT_POLL_MS = 1_000;

/** Calls `stop` at the first request and `kill` at each later one. */
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
    onParentEnd(() => {
      if (firstAtMs === undefined) request();
    });
  }
}

/** npm, when killed, ends neither its shell nor this process. */
function onParentEnd(ended: () => void): void {
  const parents = parentProcesses();
  const watch = setInterval(() => {
    if (parentProcesses() === parents) return;
    clearInterval(watch);
    ended();
  }, PARENT_POLL_MS);
  watch.unref();
}

/** The shell and, where the system shows it, npm, which is the shell's parent. */
function parentProcesses(): string {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8');
    return `${process.ppid} ${/^PPid:\s*(\d+)$/m.exec(status)?.[1]}`;
  } catch {
    return `${process.ppid}`;
  }
}
