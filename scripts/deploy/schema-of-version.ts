import type { GraphQLSchema } from 'graphql';
import { schemaAt } from '../operations/read-schema.ts';
import { codeOfVersion } from './code-of-version.ts';
import type { DeployedWorker } from './deployed-worker.ts';
import type { DeploymentRecords } from './record.ts';

/**
 * The schema of a version that serves or served alone. Undefined where the version was not deployed by these commands, or its commit is
 * not in this checkout.
 */
export async function schemaOfVersion(
  { records, worker }: { records: DeploymentRecords; worker: DeployedWorker },
  versionId: string,
): Promise<GraphQLSchema | undefined> {
  const commit = (await commitOf(versionId)) ?? (await commitOfCode());
  return commit === undefined ? undefined : schemaAt(commit, records.folder);

  async function commitOf(version: string): Promise<string | undefined> {
    return (await records.ofVersion(version))?.commit;
  }

  /** A version may be another one with other secrets. */
  async function commitOfCode(): Promise<string | undefined> {
    const { code } = await codeOfVersion(versionId, worker);
    return code === versionId ? undefined : commitOf(code);
  }
}
