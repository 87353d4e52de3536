import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { runNode } from '../../../scripts/start/run-command.ts';

it('a command that fails is reported with all that it printed', async () => {
  const script = "console.log('out'); console.error('err'); process.exitCode = 3";
  await expect(runNode(['-e', script], new AbortController().signal)).rejects.toMatchObject({
    message: `node -e ${script} failed`,
    output: expect.stringMatching(/^(out\nerr|err\nout)$/),
  });
});

it('a command that succeeds prints nothing and gets settings of wrangler', async () => {
  const script = "if (process.env.WRANGLER_SEND_METRICS !== 'false' || !process.env.PATH) process.exit(1)";
  await runNode(['-e', script], new AbortController().signal);
});

it('an aborted command ends with the processes that it started', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-run-command-'));
  const file = path.join(folder, 'pid');
  const child = `require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setTimeout(() => {}, 60_000)`;
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); setTimeout(() => {}, 60_000)`;
  const stopping = new AbortController();
  const running = runNode(['-e', script], stopping.signal);
  const pid = await vi.waitFor(async () => Number(await readFile(file, 'utf8')) || Promise.reject(), 10_000);
  stopping.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 5_000);
  await rm(folder, { recursive: true });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
