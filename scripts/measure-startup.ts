/**
 * Measures the size of the production bundle and the CPU time that an isolate spends before it can serve, on this
 * machine: the platform's CPU differs. `npm run startup` prints both as a table.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { runNode, WRANGLER } from './start/run-command.ts';

export interface Startup {
  bundleBytes: number;
  gzipBytes: number;
  /** One value a run, ascending. */
  cpuMs: number[];
}

const REPORT_RUNS = 7;

const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** All but idle time: the Worker's code, the garbage collector, and the runtime's own work for the Worker. */
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

/** Measures the project in the working directory. */
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

async function printReport(): Promise<void> {
  const { bundleBytes, gzipBytes, cpuMs } = await measureStartup(REPORT_RUNS, new AbortController().signal);
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
  const ms = (index: number) => (cpuMs.at(index) ?? 0).toFixed(0);
  console.log('| production build | |\n|---|---|');
  console.log(`| bundle, minified | ${kib(bundleBytes)} |`);
  console.log(`| bundle, gzip | ${kib(gzipBytes)} |`);
  console.log(
    `| CPU at start-up, median of ${REPORT_RUNS} | ${ms(Math.floor(REPORT_RUNS / 2))} ms (${ms(0)} to ${ms(-1)}) |`,
  );
}

if (import.meta.main) {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  await printReport();
}
