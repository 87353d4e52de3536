/** Runs a command whose output matters only when it fails. */
import { fileURLToPath } from 'node:url';
import spawn, { SubprocessError } from 'nano-spawn';

/** The file that Node runs for a wrangler command. */
export const WRANGLER = fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')));

/**
 * Wrangler as a part of something else: no network, no telemetry, no files in the home folder, no banner, nothing left running.
 * It overrides the variables of the shell.
 */
export const WRANGLER_ENVIRONMENT = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // It formats a warning by esbuild, whose worker thread would keep a process that outlives this one.
  ESBUILD_WORKER_THREADS: '0',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG: 'error',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
} as const;

export class CommandFailed extends Error {
  readonly output: string;

  constructor(command: string, output: string) {
    super(`${command} failed`);
    this.output = output;
  }
}

/**
 * Node with these arguments. `signal` ends it and all that it started.
 *
 * @throws CommandFailed with what it printed, where its exit code is not 0.
 */
export async function runNode(args: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const command = spawn(process.execPath, args, {
    // A process group of its own, so that one signal reaches all that is in it.
    detached: true,
    env: WRANGLER_ENVIRONMENT,
    stdin: 'ignore',
  });
  const { pid } = await command.nodeChildProcess;
  const endGroup = () => {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  };
  signal.addEventListener('abort', endGroup);
  try {
    // The signal may have been aborted while the process started.
    if (signal.aborted) endGroup();
    await command;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SubprocessError)) throw error;
    throw new CommandFailed(`node ${args.join(' ')}`, error.output);
  } finally {
    signal.removeEventListener('abort', endGroup);
  }
}
