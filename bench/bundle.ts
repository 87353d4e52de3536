/** A Worker as production gets it: bundled and minified by wrangler with the settings of `[env.production]`. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runNode, WRANGLER } from '../scripts/start/run-command.ts';

/** @param entry a file of the project; the gateway's own entry where left out. */
export async function bundleWorker(signal: AbortSignal, entry?: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-bench-'));
  try {
    const files = entry === undefined ? [] : [entry];
    await runNode(
      [WRANGLER, 'deploy', ...files, '--dry-run', '--env', 'production', '--outdir', folder],
      signal,
    );
    const [script] = (await readdir(folder)).filter((file) => file.endsWith('.js'));
    if (script === undefined) throw new Error(`wrangler bundled nothing for ${entry ?? 'the gateway'}`);
    return await readFile(path.join(folder, script), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}
