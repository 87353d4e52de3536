/** A Worker as production gets it: bundled and minified by wrangler with the settings of `[env.production]`. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { runNode, WRANGLER } from '../scripts/start/run-command.ts';

/** @param entry a file of the project; the gateway's own entry where left out. */
export async function bundleWorker(signal: AbortSignal, entry?: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-bench-'));
  try {
    const from = entry === undefined ? ['--env', 'production'] : ['--config', await configFor(entry, folder)];
    await runNode([WRANGLER, 'deploy', ...from, '--dry-run', '--outdir', folder], signal);
    const [script] = (await readdir(folder)).filter((file) => file.endsWith('.js'));
    if (script === undefined) throw new Error(`wrangler bundled nothing for ${entry ?? 'the gateway'}`);
    return await readFile(path.join(folder, script), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The gateway's settings without its bindings: wrangler asks every entry for the Durable Objects that it binds. */
async function configFor(entry: string, folder: string): Promise<string> {
  const { compatibility_date, minify, keep_names, define } = unstable_readConfig({
    config: 'wrangler.toml',
    env: 'production',
  });
  const file = path.join(folder, 'wrangler.json');
  const main = path.resolve(entry);
  await writeFile(
    file,
    JSON.stringify({ name: 'bench', main, compatibility_date, minify, keep_names, define }),
  );
  return file;
}
