/** The KV namespaces, databases and buckets that one environment of wrangler.toml names, as if an operator had made them. */
import { unstable_readConfig } from 'wrangler';
import type { PlatformState } from './state.ts';

export function provideBindings(
  { kv, databases, buckets }: Pick<PlatformState, 'kv' | 'databases' | 'buckets'>,
  env: string,
  config = 'wrangler.toml',
  /** The file of its one database; in memory if left out. */
  databaseFile?: string,
): void {
  const bound = unstable_readConfig({ config, env }, { hideWarnings: true });
  for (const { binding, id } of bound.kv_namespaces) kv.create(`${env}-${binding}`, id);
  for (const { database_name, database_id: uuid } of bound.d1_databases)
    if (database_name !== undefined && uuid !== undefined)
      databases.create(database_name, {
        uuid,
        ...(databaseFile === undefined ? {} : { file: databaseFile }),
      });
  for (const { bucket_name } of bound.r2_buckets) if (bucket_name !== undefined) buckets.create(bucket_name);
}
