/** The processes that wrangler starts inside this one: workerd, twice, and the bundler. Wrangler does not show them. */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import path from 'node:path';

const running = new Set<ChildProcess>();

/** Calls back when workerd ends and nobody here ended it. A reload ends workerd too, on purpose. */
export function watchWorkerd(onUnexpectedEnd: (how: string) => void): void {
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    running.add(child);
    child.once('exit', (code, signal) => {
      running.delete(child);
      if (path.basename(child.spawnfile) === 'workerd' && !child.killed)
        onUnexpectedEnd(signal ?? `code ${code}`);
    });
  });
}

/** Ends what still runs, and waits for it. */
export async function endChildProcesses(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      return ended;
    }),
  );
}
