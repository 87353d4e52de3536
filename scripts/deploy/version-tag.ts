import type { DeployedWorker } from './deployed-worker.ts';
import type { Deployment } from './step.ts';

type Tagged = Pick<Deployment, 'id' | 'commit'>;

/** The tag that versions of one deployment bear. A tag has at most 25 characters. */
export const versionTag = ({ id, commit }: Tagged): string => `${commit.slice(0, 12)}-${id.slice(0, 8)}`;

/** True if the deployment has uploaded this version, whose id it may not know: the answer may be lost. */
export const hasUploaded = async (
  deployment: Tagged,
  versionId: string,
  worker: Pick<DeployedWorker, 'version'>,
): Promise<boolean> => (await worker.version(versionId)).tag === versionTag(deployment);
