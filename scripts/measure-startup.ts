/**
 * How large the production bundle is, and how much CPU an isolate spends before it can serve. The CPU is this
 * machine's; the platform's differs.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { runNode, WRANGLER } from './start/run-command.ts';

export interface Startup {
  bundleBytes: number;
  gzipBytes: number;
  /** One value a run, ascending. */
  cpuMs: number[];
}

const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** All the time that is not spent waiting: the Worker's code, the collector, and the runtime's own work for it. */
function busyMs(profile: z.output<typeof profileSchema>): number {
  const idle = new Set(
    profile.nodes.filter((node) => node.callFrame.functionName === '(idle)').map((node) => node.id),
  );
  const busyMicroseconds = profile.samples.map((id, index) =>
    idle.has(id) ? 0 : (profile.timeDeltas[index] ?? 0),
  );
  return busyMicroseconds.reduce((sum, delta) => sum + delta, 0) / 1000;
}

/** @param file an absolute path, for the profile. @returns milliseconds of CPU of one start. */
export async function profileStartup(file: string, signal: AbortSignal, project = '.'): Promise<number> {
  const environment = ['--cwd', project, '--env', 'production', '--args=--env production'];
  const args = ['check', 'startup', ...environment, '--outfile', file];
  await runNode([WRANGLER, ...args], signal);
  return busyMs(profileSchema.parse(JSON.parse(await readFile(file, 'utf8'))));
}

/** For the project in the working directory. */
export async function measureStartup(runs: number, signal: AbortSignal): Promise<Startup> {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-startup-'));
  try {
    const dryRun = ['deploy', '--dry-run', '--env', 'production', '--outdir', folder];
    await runNode([WRANGLER, ...dryRun], signal);
    const bundle = await readFile(path.join(folder, 'index.js'));
    const cpuMs: number[] = [];
    for (let run = 0; run < runs; run += 1)
      cpuMs.push(await profileStartup(path.join(folder, `${run}.cpuprofile`), signal));
    cpuMs.sort((a, b) => a - b);
    return { bundleBytes: bundle.length, gzipBytes: gzipSync(bundle).length, cpuMs };
  } finally {
    await rm(folder, { recursive: true });
  }
}
