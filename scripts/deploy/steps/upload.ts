import { refusal } from '../../operations/command-failure.ts';
import type { Deployment, Step } from '../step.ts';
import { versionTag } from '../version-tag.ts';
import { wranglerFailure } from '../wrangler-failure.ts';

/** The new version without traffic. One whose answer is lost stays without traffic for good. */
export const upload: Step = {
  name: 'upload',
  describe: ({ target }) => `upload the new version of ${target.workerName}, without traffic`,
  async run(deployment, report) {
    const { wrangler, target, state } = deployment;
    const ran = await wrangler(['versions', 'upload', ...annotations(deployment), '--env', target.name]);
    if (ran.exitCode !== 0) throw wranglerFailure('The version was not uploaded', ran);
    const versionId = ran.entries.find(({ type }) => type === 'version-upload')?.version_id;
    if (!versionId) throw refusal('NO_VERSION', 'Wrangler did not say which version it has uploaded.');
    state.versionNow = versionId;
    report(`version ${versionId}`);
  },
};

export const annotations = (deployment: Deployment): readonly string[] => [
  '--tag',
  versionTag(deployment),
  '--message',
  `commit ${deployment.commit}`,
];
