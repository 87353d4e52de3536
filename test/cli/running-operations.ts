/** `npm run operations` as a user runs it, against one gateway. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Ran {
  exitCode: number | null;
  out: string;
  err: string;
}

export type RunOperations = (args: string, options?: { killAfterMs?: number }) => Promise<Ran>;

/** @param args as on a command line, parted by single spaces. */
export const operationsOf =
  (url: string, adminKey: string): RunOperations =>
  async (args, { killAfterMs } = {}) => {
    const child = spawn(process.execPath, ['scripts/operations/cli.ts', ...args.split(' '), '--url', url], {
      env: { ...process.env, ADMIN_KEY: adminKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer =
      killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    clearTimeout(timer);
    return { exitCode: child.exitCode, out, err };
  };
