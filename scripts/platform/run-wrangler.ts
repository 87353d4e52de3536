/**
 * The pinned wrangler as a program. It never asks anything, and writes nothing outside of a temporary folder that is removed.
 *
 * Credentials reach it as variables, never as arguments: a list of processes shows those.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import spawn, { SubprocessError } from 'nano-spawn';
import * as z from 'zod';
import { WRANGLER, WRANGLER_ENVIRONMENT } from '../start/run-command.ts';

export const WRANGLER_TIMEOUT_SECONDS = 600;
/** Less: those that move traffic are tried again. */
const TRAFFIC_TIMEOUT_SECONDS = 240;

/** The parts that are used of what wrangler writes to WRANGLER_OUTPUT_FILE_PATH, one JSON object a line. */
const outputEntrySchema = z.looseObject({
  type: z.string(),
  version_id: z.string().nullish(),
});
type OutputEntry = z.infer<typeof outputEntrySchema>;

export interface WranglerRun {
  exitCode: number;
  stdout: string;
  stderr: string;
  entries: readonly OutputEntry[];
}

export type Wrangler = (args: readonly string[]) => Promise<WranglerRun>;

/** @param surroundings.cwd the folder of wrangler.toml */
export function createWrangler({ env, cwd }: { env: NodeJS.ProcessEnv; cwd: string }): Wrangler {
  return async (args) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wrangler-'));
    const outputPath = path.join(folder, 'output.ndjson');
    try {
      const ran = await runNode([WRANGLER, ...args], {
        cwd,
        env: {
          ...env,
          ...WRANGLER_ENVIRONMENT,
          // Nothing may ask.
          CI: 'true',
          NO_COLOR: '1',
          FORCE_COLOR: '0',
          WRANGLER_LOG: 'log',
          WRANGLER_OUTPUT_FILE_PATH: outputPath,
        },
      });
      return { ...ran, entries: await readEntries(outputPath) };
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

const timeoutSeconds = ([, ...args]: readonly string[]) =>
  args[0] === 'rollback' || args.slice(0, 2).join(' ') === 'versions deploy'
    ? TRAFFIC_TIMEOUT_SECONDS
    : WRANGLER_TIMEOUT_SECONDS;

async function runNode(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  try {
    const { stdout, stderr } = await spawn(process.execPath, args, {
      ...options,
      stdin: 'ignore',
      timeout: timeoutSeconds(args) * 1000,
    });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof SubprocessError)) throw error;
    const { stdout, stderr, exitCode = 1 } = error;
    return { exitCode, stdout, stderr: stderr === '' ? error.message : stderr };
  }
}

/** Wrangler makes the file with its first entry. */
async function readEntries(outputPath: string): Promise<OutputEntry[]> {
  const text = await readFile(outputPath, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => outputEntrySchema.parse(JSON.parse(line)));
}
