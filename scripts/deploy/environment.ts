/** The parts of an environment of wrangler.toml that a deployment needs. */
import '../backup/quiet-wrangler.ts';

import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import * as z from 'zod';
import { wrongUse } from '../operations/command-failure.ts';
import type { TargetName } from './targets.ts';

export interface TargetEnvironment {
  name: TargetName;
  workerName: string;
  databaseId: string;
  databaseName: string;
  /** The id of the KV namespace CACHE_KV. */
  cacheNamespaceId: string;
  /** Without a slash at its end. */
  publicOrigin: string;
  /** The tags of migrations of Durable Objects, oldest first. */
  migrationTags: readonly string[];
  /** Ids of namespaces and databases, the vars and the routes, each with its place in wrangler.toml. */
  values: readonly { place: string; value: string }[];
  /** Secrets without which the Worker is not uploaded. */
  requiredSecrets: readonly string[];
}

const configSchema = z.object({
  name: z.string(),
  vars: z.record(z.string(), z.unknown()),
  d1_databases: z.array(
    z.object({ binding: z.string(), database_id: z.string(), database_name: z.string() }),
  ),
  kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string() })),
  migrations: z.array(z.object({ tag: z.string() })),
  routes: z.array(z.union([z.string(), z.object({ pattern: z.string() })])).optional(),
  secrets: z.object({ required: z.array(z.string()).optional() }).optional(),
});

/**
 * @param folder of wrangler.toml
 * @throws CommandFailure where wrangler.toml is malformed, or has no database DB, no namespace CACHE_KV or no PUBLIC_ORIGIN
 */
export function readEnvironment(name: TargetName, folder: string): TargetEnvironment {
  const config = readConfig(name, folder);
  const database = config.d1_databases.find(({ binding }) => binding === 'DB');
  const { PUBLIC_ORIGIN: publicOrigin } = config.vars;
  const cache = config.kv_namespaces.find(({ binding }) => binding === 'CACHE_KV');
  if (database === undefined || cache === undefined || typeof publicOrigin !== 'string')
    throw wrongUse(`wrangler.toml has no database DB, no namespace CACHE_KV or no PUBLIC_ORIGIN in ${name}.`);
  return {
    name,
    workerName: config.name,
    databaseId: database.database_id,
    databaseName: database.database_name,
    cacheNamespaceId: cache.id,
    publicOrigin: publicOrigin.replace(/\/$/, ''),
    migrationTags: config.migrations.map(({ tag }) => tag),
    values: [
      ...Object.entries(config.vars).map(([key, value]) => ({ place: `vars.${key}`, value: String(value) })),
      ...config.kv_namespaces.map(({ binding, id }) => ({ place: `kv_namespaces ${binding}`, value: id })),
      ...config.d1_databases.map(({ binding, database_id }) => ({
        place: `d1_databases ${binding}`,
        value: database_id,
      })),
      ...(config.routes ?? []).map((route) => ({
        place: 'routes',
        value: typeof route === 'string' ? route : route.pattern,
      })),
    ],
    requiredSecrets: config.secrets?.required ?? [],
  };
}

function readConfig(name: TargetName, folder: string) {
  try {
    return configSchema.parse(unstable_readConfig({ config: path.join(folder, 'wrangler.toml'), env: name }));
  } catch (error) {
    throw wrongUse(`wrangler.toml, ${name}: ${error instanceof Error ? error.message : error}`);
  }
}
