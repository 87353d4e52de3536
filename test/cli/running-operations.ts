/** `npm run operations`, and other scripts, as a user runs them. */
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
  (args, options) =>
    runNode(['scripts/operations/cli.ts', ...args.split(' '), '--url', url], {
      ...options,
      variables: { ADMIN_KEY: adminKey },
    });

/** @param options.variables beside those of this process. */
export async function runNode(
  args: readonly string[],
  {
    variables,
    killAfterMs,
    cwd,
  }: { variables?: Record<string, string>; killAfterMs?: number; cwd?: string } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(timer);
  return { exitCode: child.exitCode, out, err };
}
