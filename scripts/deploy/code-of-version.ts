import type { DeployedWorker } from './deployed-worker.ts';

/**
 * The version whose code a version has: itself, or the one that it has other secrets than.
 *
 * @returns `older` are those that served alone before it did for the first time, the latest first: one that was gone back from is not
 * among them
 */
export async function codeOfVersion(
  versionId: string,
  worker: Pick<DeployedWorker, 'servedAlone' | 'version'>,
): Promise<{ code: string; older: readonly string[] }> {
  const served = await worker.servedAlone();
  const before = (version: string) => served.slice(served.lastIndexOf(version) + 1);
  const isOfSecrets = async (version: string) => (await worker.version(version)).triggeredBy === 'secret';
  let code = versionId;
  for (let [next] = before(code); next !== undefined && (await isOfSecrets(code)); [next] = before(code))
    code = next;
  return { code, older: before(code) };
}
