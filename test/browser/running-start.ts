/** `npm start` as a user runs it, on a free port and a state folder of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** What is promised to a new user. */
const READY_WITHIN_MS = 60_000;

export interface RunningStart {
  gatewayUrl: string;
  /** Of its D1, KV and Durable Objects. */
  stateFolder: string;
  output(): string;
  /** Ctrl-C. Answers the exit code and the processes that outlived it. */
  interrupt(): Promise<{ exitCode: number | null; leftProcesses: number[] }>;
}

/** `npm start -- --quick --headless`, for tests of neither it nor GraphiQL. @param variables beside those of this process. */
export const runQuickStart = (variables: Record<string, string> = {}): Promise<RunningStart> =>
  runStart(variables, ['--quick', '--headless']);

/** @param variables beside those of this process. */
export async function runStart(
  variables: Record<string, string> = {},
  options: readonly string[] = [],
): Promise<RunningStart> {
  const stateFolder = await mkdtemp(path.join(tmpdir(), 'com2000-start-'));
  const child = spawn(process.execPath, ['scripts/start.ts', '--state', stateFolder, ...options], {
    env: { ...process.env, ...variables, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += stripVTControlCharacters(chunk.toString());
  });
  const interrupt = async () => {
    const processes = descendantsOf(child.pid ?? 0);
    child.kill('SIGINT');
    const [exitCode] = await closed;
    await rm(stateFolder, { recursive: true });
    return { exitCode, leftProcesses: processes.filter(isAlive) };
  };
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  let gatewayUrl: string | undefined;
  while (gatewayUrl === undefined) {
    if (Date.now() > deadlineMs || child.exitCode !== null) {
      await interrupt();
      throw new Error(`npm start was not ready within ${READY_WITHIN_MS} ms:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    gatewayUrl = /^ {2}Graphi?QL +(\S+)\/graphql$/m.exec(output)?.[1];
  }
  return { gatewayUrl, stateFolder, output: () => output, interrupt };
}

function descendantsOf(pid: number): number[] {
  const children = processes().filter((process) => process.parent === pid);
  return children.flatMap((child) => [child.pid, ...descendantsOf(child.pid)]);
}

const isAlive = (pid: number) => processes().some((process) => process.pid === pid);

function processes(): { pid: number; parent: number }[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parent };
  });
}
