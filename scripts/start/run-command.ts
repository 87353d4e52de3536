/** Runs a command whose output matters only when it fails. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { wranglerEnvironment } from './wrangler-environment.ts';

/** The file that Node runs for a wrangler command. */
export const WRANGLER = fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')));

export class CommandFailed extends Error {
  readonly output: string;

  constructor(command: string, output: string) {
    super(`${command} failed`);
    this.output = output;
  }
}

/** Node, with these arguments. `signal` ends it and all that it started. */
export async function runNode(args: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, args, {
    detached: true,
    env: wranglerEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endGroup = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', endGroup);
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  signal.removeEventListener('abort', endGroup);
  signal.throwIfAborted();
  if (code !== 0)
    throw new CommandFailed(`node ${args.join(' ')}`, Buffer.concat(output).toString('utf8').trim());
}
