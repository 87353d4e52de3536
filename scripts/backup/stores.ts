/**
 * The bucket and a database of one environment, by wrangler: the local ones of `npm start`, or the account's.
 *
 * Wrangler gets a configuration of its own with these two bindings and nothing else, so no Worker of the project runs here.
 */
import './quiet-wrangler.ts';

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getPlatformProxy, unstable_readConfig, unstable_splitSqlQuery } from 'wrangler';
import type { Migration } from '../d1-migrations.ts';
import { unreachable, wrongUse } from '../operations/command-failure.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const MIGRATIONS = path.join(PROJECT, 'migrations');

export interface StoreOptions {
  /** Its name in wrangler.toml. */
  environment: string;
  /** The folder of the local state; it is not used with `remote`. */
  state: string;
  /** The stores of the account. Wrangler needs to be signed in, or CLOUDFLARE_API_TOKEN. */
  remote: boolean;
  /** The id of a database; a local one is made if it does not exist. */
  database?: string | undefined;
}

export interface Stores {
  bucket: R2Bucket;
  /** That of `database`. */
  db: D1Database;
}

/** @throws CommandFailure where wrangler.toml has no such environment, or wrangler does not reach it */
export async function withStores<Result>(
  { environment, state, remote, database }: StoreOptions,
  use: (stores: Stores) => Promise<Result>,
): Promise<Result> {
  const { name, compatibility_date, bucketName } = settingsOf(environment);
  const folder = await mkdtemp(path.join(tmpdir(), 'backup-'));
  try {
    const configPath = path.join(folder, 'wrangler.json');
    const binding = (own: object) => ({ ...own, ...(remote ? { remote } : {}) });
    const written = {
      ...{ name: `${name}-backup`, compatibility_date },
      r2_buckets: [binding({ binding: 'STORAGE', bucket_name: bucketName })],
      d1_databases:
        database === undefined
          ? []
          : [binding({ binding: 'DB', database_name: 'restored', database_id: database })],
    };
    await writeFile(configPath, JSON.stringify(written));
    const { env, dispose } = await getPlatformProxy<{ STORAGE: R2Bucket; DB: D1Database }>({
      configPath,
      envFiles: [],
      persist: { path: path.join(path.resolve(state), 'v3') },
      remoteBindings: remote,
    }).catch((error: unknown) => {
      throw unreachable(
        `Wrangler cannot reach the bucket: ${error instanceof Error ? error.message : error}`,
      );
    });
    try {
      return await use({ bucket: env.STORAGE, db: env.DB });
    } finally {
      await dispose();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function settingsOf(environment: string) {
  const config = path.join(PROJECT, 'wrangler.toml');
  try {
    const {
      r2_buckets: buckets,
      name,
      compatibility_date,
    } = unstable_readConfig({ config, env: environment });
    const bucketName = buckets.find(
      (bucket: { binding: string }) => bucket.binding === 'STORAGE',
    )?.bucket_name;
    if (bucketName !== undefined) return { name, compatibility_date, bucketName };
  } catch (error) {
    throw wrongUse(error instanceof Error ? error.message : String(error));
  }
  throw wrongUse(`wrangler.toml has no bucket STORAGE in ${environment}.`);
}

/** Those of the project, oldest first. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => ({
      name,
      queries: unstable_splitSqlQuery(await readFile(path.join(MIGRATIONS, name), 'utf8')),
    })),
  );
}
