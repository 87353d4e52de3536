/**
 * A checkout that can be deployed: the project's wrangler.toml, migrations and schema with a small Worker, in a folder and a git
 * repository of its own. Its ids and hosts are no placeholders.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import spawn from 'nano-spawn';

/** The classes of wrangler.toml's migrations. */
export const CLASSES = ['Attempts', 'PoolLedger', 'PriceFeed', 'RealtimeChat', 'SaleFeed', 'SubscriptionHub'];

/** That of the last of these migrations. */
export const LAST_CLASSES_TAG = 'rooms';

export interface DeployableProject {
  readonly folder: string;
  /** Writes a file, or takes it away, and commits it. Returns the commit. */
  commit(files: Readonly<Record<string, string | null>>): Promise<string>;
  checkOut(commit: string): Promise<void>;
  read(file: string): string;
  remove(): void;
}

export async function createDeployableProject(): Promise<DeployableProject> {
  const folder = mkdtempSync(path.join(tmpdir(), 'deployable-'));
  const git = (...args: string[]) => spawn('git', args, { cwd: folder });
  for (const kept of ['migrations', 'schema/schema.graphql'])
    cpSync(kept, path.join(folder, kept), { recursive: true });
  await git('init', '--quiet');
  await git('config', 'user.email', 'deployer@com2000.test');
  await git('config', 'user.name', 'Deployer');
  const project: DeployableProject = {
    folder,
    async commit(files) {
      for (const [file, text] of Object.entries(files)) {
        const target = path.join(folder, file);
        mkdirSync(path.dirname(target), { recursive: true });
        if (text === null) rmSync(target);
        else writeFileSync(target, text);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', 'change');
      return (await git('rev-parse', 'HEAD')).stdout;
    },
    async checkOut(commit) {
      await git('checkout', '--quiet', commit);
    },
    read: (file) => readFileSync(path.join(folder, file), 'utf8'),
    remove: () => rmSync(folder, { recursive: true }),
  };
  await project.commit({
    'wrangler.toml': filledIn(readFileSync('wrangler.toml', 'utf8')),
    'src/index.ts': worker(CLASSES),
  });
  return project;
}

/** Ids are rows of zeros, some with hyphens. */
const filledIn = (config: string) =>
  config.replaceAll(/0[0-]{18,}0/g, (zeros) => zeros.replaceAll('0', 'f')).replaceAll('.example', '.test');

/** A Worker with these classes of Durable Objects. */
export const worker = (classes: readonly string[], answer = 'ok'): string =>
  [
    "import { DurableObject } from 'cloudflare:workers';",
    ...classes.map((name) => `export class ${name} extends DurableObject {}`),
    `export default { fetch: () => new Response(${JSON.stringify(answer)}) };`,
    '',
  ].join('\n');
