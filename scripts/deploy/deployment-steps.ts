/** The steps of each kind of deployment, in their order. */

import type { DeploymentKind, Step } from './step.ts';
import { checkOperations } from './steps/check-operations.ts';
import { deployWhole } from './steps/deploy-whole.ts';
import { migrate } from './steps/migrate.ts';
import { publishOwnOperations } from './steps/publish-own-operations.ts';
import { purgeCaches } from './steps/purge.ts';
import { share, type Watch } from './steps/share.ts';
import { smoke } from './steps/smoke.ts';
import { triggers } from './steps/triggers.ts';
import { upload } from './steps/upload.ts';

export function deploymentSteps(kind: DeploymentKind, watch: Watch | undefined): readonly Step[] {
  const before = [checkOperations, migrate, publishOwnOperations];
  switch (kind) {
    case 'gradual':
      return [
        ...before,
        ...[upload, share(0), smoke, share(10, watch), share(50, watch), share(100)],
        ...[triggers, purgeCaches],
      ];
    case 'whole':
    case 'first':
      return [...before, deployWhole, triggers, purgeCaches, smoke];
    default:
      return kind satisfies never;
  }
}
