/** The versions of a Worker that were deployed before, by the platform. */
import Cloudflare from 'cloudflare';
import * as z from 'zod';
import { refusal } from '../operations/command-failure.ts';
import type { PlatformClient } from '../platform/platform-client.ts';

export interface VersionHistory {
  /** Those that had all traffic, the latest first; one may be there twice. */
  servedAlone(): Promise<readonly string[]>;
  /**
   * The latest migration of Durable Objects when the version was uploaded; undefined where the platform does not say.
   *
   * @throws CommandFailure where there is no such version
   */
  migrationTagOf(versionId: string): Promise<string | undefined>;
}

/** The latest first. The SDK's type of this answer is another one. */
const deploymentsSchema = z.object({
  deployments: z.array(z.object({ versions: z.array(z.object({ version_id: z.string() })) })),
});

const versionSchema = z.object({
  resources: z
    .object({ script_runtime: z.object({ migration_tag: z.string().optional() }).optional() })
    .optional(),
});

export function versionHistory({ client, accountId }: PlatformClient, workerName: string): VersionHistory {
  const account = { account_id: accountId };
  return {
    async servedAlone() {
      const { result } = await client.workers.scripts.deployments.list(workerName, account);
      return deploymentsSchema
        .parse(result)
        .deployments.flatMap(({ versions }) => (versions.length === 1 ? versions : []))
        .map(({ version_id: versionId }) => versionId);
    },
    async migrationTagOf(versionId) {
      const script = { ...account, script_name: workerName };
      const version = await client.workers.scripts.versions.get(versionId, script).catch((error: unknown) => {
        if (!(error instanceof Cloudflare.APIError) || (error.status !== 404 && error.status !== 400))
          throw error;
        throw refusal('UNKNOWN_VERSION', `${workerName} has no version ${versionId}: ${error.message}`);
      });
      return versionSchema.parse(version).resources?.script_runtime?.migration_tag;
    },
  };
}
