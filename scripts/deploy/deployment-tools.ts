/** An environment and the tools to change it, for the commands that do. */
import { setTimeout } from 'node:timers/promises';
import { httpAddress, keyOf } from '../operations/gateway-options.ts';
import { platformClient } from '../platform/platform-client.ts';
import { remoteD1 } from '../platform/remote-d1.ts';
import { remoteKv } from '../platform/remote-kv.ts';
import { createWrangler } from '../platform/run-wrangler.ts';
import { remoteDatabase } from './database.ts';
import { deployedWorker } from './deployed-worker.ts';
import { readEnvironment } from './environment.ts';
import { DeploymentRecords } from './record.ts';
import type { Deployment, PlannedDeployment } from './step.ts';
import type { TargetName } from './targets.ts';

export type DeploymentTools = Omit<Deployment, keyof PlannedDeployment | 'id' | 'state'>;

/**
 * @param surroundings.folder of wrangler.toml and migrations/
 * @param surroundings.url where the gateway is asked, instead of PUBLIC_ORIGIN
 * @throws CommandFailure
 */
export function deploymentTools(
  name: TargetName,
  { folder, env, url }: { folder: string; env: NodeJS.ProcessEnv; url: string | undefined },
) {
  const target = readEnvironment(name, folder);
  const platform = platformClient(env);
  const db = remoteDatabase(platform, target.databaseId);
  const tools: DeploymentTools = {
    ...{ db, folder, nowMs: Date.now },
    d1: remoteD1(platform, target.databaseId),
    kv: remoteKv(platform, target.cacheNamespaceId),
    worker: deployedWorker(platform, target.workerName),
    wrangler: createWrangler({ env, cwd: folder }),
    gateway: {
      origin: httpAddress(url ?? target.publicOrigin).replace(/\/$/, ''),
      adminKey: keyOf(undefined, env),
      fetch,
    },
    sleep: (milliseconds, signal) =>
      setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(ignoreAbort),
  };
  return { target, records: new DeploymentRecords(db, folder), tools };
}

/** The run itself looks at the signal after each wait. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
