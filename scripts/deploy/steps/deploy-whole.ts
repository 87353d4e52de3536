import { refusal } from '../../operations/command-failure.ts';
import type { Deployment, Step } from '../step.ts';
import { hasUploaded } from '../version-tag.ts';
import { wranglerFailure } from '../wrangler-failure.ts';
import { annotations } from './upload.ts';

/** The new version with all traffic at once. Where wrangler fails, the platform says whether it has happened. */
export const deployWhole: Step = {
  name: 'deploy',
  describe: ({ target, kind }) =>
    kind === 'first'
      ? `deploy ${target.workerName} for the first time, with all traffic`
      : `deploy the new version of ${target.workerName} with all traffic at once: classes of Durable Objects change`,
  async run(deployment, report) {
    const { wrangler, target, state } = deployment;
    state.versionNow = (await deployedVersion(deployment)) ?? null;
    if (state.versionNow !== null) return report(`version ${state.versionNow} serves already`);
    const ran = await wrangler(['deploy', ...annotations(deployment), '--env', target.name]);
    const versionId = ran.entries.find(({ type }) => type === 'deploy')?.version_id;
    state.versionNow = versionId ?? (await deployedVersion(deployment)) ?? null;
    if (state.versionNow === null) {
      if (ran.exitCode !== 0) throw wranglerFailure('The version was not deployed', ran);
      throw refusal('NO_VERSION', 'Wrangler did not say which version it has deployed.');
    }
    if (ran.exitCode !== 0) report('wrangler failed, but the platform has the version');
    report(`version ${state.versionNow}`);
  },
};

/** The version of this deployment that has all traffic. */
async function deployedVersion(deployment: Deployment): Promise<string | undefined> {
  const { worker, state } = deployment;
  const [share] = (await worker.live())?.shares ?? [];
  if (share === undefined || share.versionId === state.versionBefore) return undefined;
  return (await hasUploaded(deployment, share.versionId, worker)) ? share.versionId : undefined;
}
