/** The deployed Worker as the platform knows it. */
import * as z from 'zod';
import { askPlatform, type PlatformClient } from '../platform/platform-client.ts';

export interface Share {
  versionId: string;
  percent: number;
}

export interface LiveWorker {
  /** Of the current deployment, most traffic first; empty where nothing is deployed. */
  shares: readonly Share[];
  /** The latest migration of Durable Objects that it has. */
  migrationTag: string | undefined;
}

export interface Worker {
  /** Undefined where there is no such Worker. */
  live(): Promise<LiveWorker | undefined>;
  /** The tag that a version was uploaded with. */
  tagOf(versionId: string): Promise<string | undefined>;
}

/** The latest first. The SDK's type of this answer is another one. */
const deploymentsSchema = z.object({
  deployments: z.array(
    z.object({ versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })) }),
  ),
});

/** The SDK's type has no annotations. */
const versionSchema = z.object({
  annotations: z.object({ 'workers/tag': z.string().optional() }).optional(),
});

export function liveWorker({ client, accountId }: PlatformClient, workerName: string): Worker {
  const account = { account_id: accountId };
  const ask = <Answer>(call: () => Promise<Answer>) =>
    askPlatform(`The Worker ${workerName} cannot be looked at`, call);
  return {
    live: () =>
      ask(async () => {
        const { result: scripts } = await client.workers.scripts.list(account);
        const script = scripts.find(({ id }) => id === workerName);
        if (script === undefined) return undefined;
        const { result } = await client.workers.scripts.deployments.list(workerName, account);
        const [current] = deploymentsSchema.parse(result).deployments;
        const shares = (current?.versions ?? []).map(({ version_id, percentage }) => ({
          versionId: version_id,
          percent: percentage,
        }));
        shares.sort((left, right) => right.percent - left.percent);
        return { shares, migrationTag: script.migration_tag };
      }),
    tagOf: (versionId) =>
      ask(async () => {
        const script = { ...account, script_name: workerName };
        const version = await client.workers.scripts.versions.get(versionId, script);
        return versionSchema.parse(version).annotations?.['workers/tag'];
      }),
  };
}
