/** A deployment as steps get it, on a simulated platform and a stand-in for the gateway. Nothing waits. */
import { readdirSync, readFileSync } from 'node:fs';
import { type RemoteDatabase, remoteDatabase } from '../../../scripts/deploy/database.ts';
import { deployedWorker } from '../../../scripts/deploy/deployed-worker.ts';
import { readEnvironment } from '../../../scripts/deploy/environment.ts';
import type { Deployment } from '../../../scripts/deploy/step.ts';
import { platformClient } from '../../../scripts/platform/platform-client.ts';
import { remoteD1 } from '../../../scripts/platform/remote-d1.ts';
import { remoteKv } from '../../../scripts/platform/remote-kv.ts';
import type { D1Database } from '../platform-api/d1-database.ts';
import type { PlatformApi } from '../platform-api/server.ts';

export interface PreparedDeployment {
  deployment: Deployment;
  database: D1Database;
  db: RemoteDatabase;
  /** A value of CACHE_KV. */
  cached(key: string): unknown;
  /** The lines that steps have reported. */
  lines: string[];
  report(line: string): void;
  /** The milliseconds of each sleep. */
  sleeps: number[];
}

/** The environment production of wrangler.toml, with a migrated database of its own. */
export function prepareDeployment(
  api: PlatformApi,
  gateway: { origin: string; adminKey?: string },
): PreparedDeployment {
  const target = readEnvironment('production', '.');
  const { databaseId, databaseName, cacheNamespaceId } = target;
  if (api.databases.find(databaseId) !== undefined) api.databases.delete(databaseId);
  if (api.kv.has(cacheNamespaceId)) api.kv.delete(cacheNamespaceId);
  const database = api.databases.create(databaseName, { uuid: databaseId });
  const namespace = api.kv.create('CACHE_KV', cacheNamespaceId);
  const files = readdirSync('migrations').filter((file) => file.endsWith('.sql'));
  for (const file of files.sort()) database.run([{ sql: readFileSync(`migrations/${file}`, 'utf8') }]);
  const platform = platformClient(api.env());
  const db = remoteDatabase(platform, databaseId);
  const [lines, sleeps]: [string[], number[]] = [[], []];
  const deployment: Deployment = {
    id: 'prepared',
    target,
    kind: 'gradual',
    commit: 'c'.repeat(40),
    state: { versionBefore: 'version-a', versionNow: 'version-b', bookmark: null },
    db,
    worker: deployedWorker(platform, target.workerName),
    wrangler: () => Promise.reject(new Error('no step here runs wrangler')),
    d1: remoteD1(platform, databaseId),
    kv: remoteKv(platform, cacheNamespaceId),
    folder: '.',
    gateway: { adminKey: undefined, fetch, ...gateway },
    nowMs: Date.now,
    async sleep(milliseconds) {
      sleeps.push(milliseconds);
    },
  };
  return {
    deployment,
    database,
    db,
    cached(key) {
      const entry = namespace.entries.get(key);
      return entry === undefined ? undefined : JSON.parse(Buffer.from(entry.value).toString());
    },
    lines,
    report: (line) => lines.push(line),
    sleeps,
  };
}
