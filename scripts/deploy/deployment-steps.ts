/** The steps of each kind of deployment, in their order. */
import { checkOperations, publishOwnOperations } from './own-operations.ts';
import { purgeCaches } from './purge.ts';
import type { DeploymentKind, Step } from './step.ts';
import { deployWhole } from './steps/deploy-whole.ts';
import { migrate } from './steps/migrate.ts';
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
