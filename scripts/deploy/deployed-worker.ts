/** The deployed Worker and its versions, as the platform knows them. */
import * as z from 'zod';
import { askPlatform, type PlatformClient } from '../platform/platform-client.ts';

/** The message of a deployment that a rollback makes. */
export const ROLLBACK_MESSAGE = 'npm run rollback';

export interface Share {
  versionId: string;
  percent: number;
}

export interface LiveWorker {
  /** The shares of the current deployment, most traffic first; empty where nothing is deployed. */
  shares: readonly Share[];
  /** The latest migration of Durable Objects that it has. */
  migrationTag: string | undefined;
}

/** Undefined where the platform does not say. */
export interface UploadedVersion {
  /** The tag that it was uploaded with. */
  tag: string | undefined;
  /** `secret`: it is the version before it with other secrets, as `wrangler secret put` makes one. */
  triggeredBy: string | undefined;
  /** The latest migration of Durable Objects when it was uploaded. */
  migrationTag: string | undefined;
}

export interface DeployedWorker {
  /** Undefined where there is no such Worker. */
  live(): Promise<LiveWorker | undefined>;
  /** The versions that had all traffic, the latest first; one that was gone back to is there twice. */
  servedAlone(): Promise<readonly string[]>;
  /** True if the current deployment was made by a rollback. */
  isRolledBack(): Promise<boolean>;
  /** @throws CommandFailure also where there is no such version */
  version(versionId: string): Promise<UploadedVersion>;
}

/** The latest first. The SDK's type of this answer is another one. */
const deploymentsSchema = z.object({
  deployments: z.array(
    z.object({
      versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
      annotations: z.object({ 'workers/message': z.string().optional() }).optional(),
    }),
  ),
});

/** The SDK's type has no annotations. */
const versionSchema = z.object({
  annotations: z
    .object({ 'workers/tag': z.string().optional(), 'workers/triggered_by': z.string().optional() })
    .optional(),
  resources: z
    .object({ script_runtime: z.object({ migration_tag: z.string().optional() }).optional() })
    .optional(),
});

export function deployedWorker({ client, accountId }: PlatformClient, workerName: string): DeployedWorker {
  const account = { account_id: accountId };
  const { scripts } = client.workers;
  const deployments = async () => {
    const { result } = await askPlatform(`The deployments of ${workerName} cannot be listed`, async () =>
      scripts.deployments.list(workerName, account),
    );
    return deploymentsSchema.parse(result).deployments;
  };
  return {
    async live() {
      const { result } = await askPlatform(`The Worker ${workerName} cannot be looked at`, async () =>
        scripts.list(account),
      );
      const script = result.find(({ id }) => id === workerName);
      if (script === undefined) return undefined;
      const [current] = await deployments();
      const shares = (current?.versions ?? []).map(({ version_id, percentage }) => ({
        versionId: version_id,
        percent: percentage,
      }));
      shares.sort((left, right) => right.percent - left.percent);
      return { shares, migrationTag: script.migration_tag };
    },
    async servedAlone() {
      return (await deployments())
        .flatMap(({ versions }) => (versions.length === 1 ? versions : []))
        .map(({ version_id }) => version_id);
    },
    async isRolledBack() {
      const [current] = await deployments();
      return current?.annotations?.['workers/message'] === ROLLBACK_MESSAGE;
    },
    async version(versionId) {
      const found = await askPlatform(
        `${workerName} has no version ${versionId} that can be read`,
        async () => scripts.versions.get(versionId, { ...account, script_name: workerName }),
      );
      const { annotations, resources } = versionSchema.parse(found);
      return {
        tag: annotations?.['workers/tag'],
        triggeredBy: annotations?.['workers/triggered_by'],
        migrationTag: resources?.script_runtime?.migration_tag,
      };
    },
  };
}
