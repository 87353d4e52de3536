/** The versions of a Worker that were deployed before, by the platform. */
import * as z from 'zod';
import { askPlatform, type PlatformClient } from '../platform/platform-client.ts';

/** The message of a deployment that a rollback makes. */
export const ROLLBACK_MESSAGE = 'npm run rollback';

export interface VersionHistory {
  /** True if the current deployment was made by a rollback. */
  isRolledBack(): Promise<boolean>;
  /** Those that had all traffic, the latest first; one that was gone back to is there twice. */
  servedAlone(): Promise<readonly string[]>;
  /** True if the version is the one before it with other secrets: `wrangler secret put` makes one. */
  isOfSecrets(versionId: string): Promise<boolean>;
  /**
   * The latest migration of Durable Objects when the version was uploaded; undefined where the platform does not say.
   *
   * @throws CommandFailure also where there is no such version
   */
  migrationTagOf(versionId: string): Promise<string | undefined>;
}

/** The latest first. The SDK's type of this answer is another one. */
const deploymentsSchema = z.object({
  deployments: z.array(
    z.object({
      versions: z.array(z.object({ version_id: z.string() })),
      annotations: z.object({ 'workers/message': z.string().optional() }).optional(),
    }),
  ),
});

const versionSchema = z.object({
  annotations: z.object({ 'workers/triggered_by': z.string().optional() }).optional(),
  resources: z
    .object({ script_runtime: z.object({ migration_tag: z.string().optional() }).optional() })
    .optional(),
});

export function versionHistory({ client, accountId }: PlatformClient, workerName: string): VersionHistory {
  const account = { account_id: accountId };
  const version = async (versionId: string) => {
    const script = { ...account, script_name: workerName };
    const found = await askPlatform(`${workerName} has no version ${versionId} that can be read`, async () =>
      client.workers.scripts.versions.get(versionId, script),
    );
    return versionSchema.parse(found);
  };
  const deployments = async () => {
    const { result } = await askPlatform(`The deployments of ${workerName} cannot be listed`, async () =>
      client.workers.scripts.deployments.list(workerName, account),
    );
    return deploymentsSchema.parse(result).deployments;
  };
  return {
    async isRolledBack() {
      const [current] = await deployments();
      return current?.annotations?.['workers/message'] === ROLLBACK_MESSAGE;
    },
    async servedAlone() {
      return (await deployments())
        .flatMap(({ versions }) => (versions.length === 1 ? versions : []))
        .map(({ version_id }) => version_id);
    },
    isOfSecrets: async (versionId) =>
      (await version(versionId)).annotations?.['workers/triggered_by'] === 'secret',
    migrationTagOf: async (versionId) => (await version(versionId)).resources?.script_runtime?.migration_tag,
  };
}

/**
 * The version whose code a version has: itself, or the one that it has other secrets than.
 *
 * @returns `older` are those that served alone before it did for the first time, the latest first: one that was gone back from is not
 * among them
 */
export async function codeOf(
  versionId: string,
  history: VersionHistory,
): Promise<{ code: string; older: readonly string[] }> {
  const served = await history.servedAlone();
  const before = (version: string) => served.slice(served.lastIndexOf(version) + 1);
  let code = versionId;
  for (
    let [next] = before(code);
    next !== undefined && (await history.isOfSecrets(code));
    [next] = before(code)
  )
    code = next;
  return { code, older: before(code) };
}
