/** A Worker as production gets it: bundled and minified by wrangler with the settings of `[env.production]`. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { runNode, WRANGLER } from '../scripts/start/run-command.ts';

export const productionConfig = (project = '.') =>
  unstable_readConfig({ config: path.join(project, 'wrangler.toml'), env: 'production' });

/** The gateway's Durable Object classes, by binding. */
export function gatewayObjects(project?: string): Record<string, string> {
  const bindings = productionConfig(project).durable_objects.bindings as {
    name: string;
    class_name: string;
  }[];
  return Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name]));
}

/**
 * Bundled once a process, or once for all processes with the same BUNDLES_FOLDER: the code must not change meanwhile.
 *
 * @param entry a file; the project's own entry where left out.
 * @param project the folder whose `wrangler.toml` counts.
 */
export function bundleWorker(
  signal: AbortSignal,
  entry?: string,
  project = '.',
  { minify = true } = {},
): Promise<string> {
  const key = JSON.stringify([
    entry === undefined ? null : path.resolve(entry),
    path.resolve(project),
    minify,
  ]);
  const bundling = bundles.get(key) ?? readOrBundle(key, () => bundleAnew(signal, entry, project, minify));
  bundles.set(key, bundling);
  bundling.catch(() => bundles.delete(key));
  return bundling;
}

const bundles = new Map<string, Promise<string>>();

async function readOrBundle(key: string, bundle: () => Promise<string>): Promise<string> {
  const folder = process.env.BUNDLES_FOLDER;
  if (folder === undefined) return bundle();
  const file = path.join(folder, `${createHash('sha256').update(key).digest('hex')}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const script = await bundle();
  // Another process never reads a part of it.
  const written = `${file}.${process.pid}`;
  await writeFile(written, script);
  await rename(written, file);
  return script;
}

async function bundleAnew(
  signal: AbortSignal,
  entry: string | undefined,
  project: string,
  minify: boolean,
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-bench-'));
  try {
    const from =
      entry === undefined
        ? ['--cwd', path.resolve(project), '--env', 'production']
        : ['--config', await configFor(entry, folder, project)];
    const readable = minify ? [] : ['--minify=false'];
    await runNode([WRANGLER, 'deploy', ...from, ...readable, '--dry-run', '--outdir', folder], signal);
    const [script] = (await readdir(folder)).filter((file) => file.endsWith('.js'));
    if (script === undefined) throw new Error(`wrangler bundled nothing for ${entry ?? 'the gateway'}`);
    return await readFile(path.join(folder, script), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The project's gateway behind `workers/driven-gateway.ts`. */
export async function bundleDrivenGateway(signal: AbortSignal, project = '.'): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-bench-'));
  try {
    const entry = path.join(folder, 'entry.ts');
    const gateway = JSON.stringify(path.resolve(project, 'src/index.ts'));
    const driven = JSON.stringify(path.join(import.meta.dirname, 'workers/driven-gateway.ts'));
    await writeFile(
      entry,
      `export * from ${gateway};
      import gateway from ${gateway};
      import { drivenGateway } from ${driven};
      export default drivenGateway(gateway);`,
    );
    return await bundleWorker(signal, entry, project);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The gateway's settings without its bindings: wrangler asks every entry for the Durable Objects that it binds. */
async function configFor(entry: string, folder: string, project: string): Promise<string> {
  const { compatibility_date, compatibility_flags, minify, keep_names, define } = productionConfig(project);
  const file = path.join(folder, 'wrangler.json');
  const main = path.resolve(entry);
  const settings = { compatibility_date, compatibility_flags, minify, keep_names, define };
  await writeFile(file, JSON.stringify({ name: 'bench', main, ...settings }));
  return file;
}
