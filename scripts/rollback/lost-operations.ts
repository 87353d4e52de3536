import type { LiveWorker } from '../deploy/deployed-worker.ts';
import { liveOperationsOfD1 } from '../deploy/live-operations.ts';
import { breaksOf, operationLines } from '../deploy/operation-breaks.ts';
import type { DeploymentRecords } from '../deploy/record.ts';
import { reportFailure } from '../deploy/report-failure.ts';
import { schemaOfVersion } from '../deploy/schema-of-version.ts';
import type { Deployment, Report } from '../deploy/step.ts';

/**
 * The operations of live releases that run on the version which serves, and will not on the older one. They keep nobody from a
 * rollback. None where a schema is not known.
 */
export async function lostOperationLines(
  sources: Pick<Deployment, 'd1' | 'worker' | 'nowMs'> & {
    records: DeploymentRecords;
    report: Report;
  },
  { shares }: LiveWorker,
  versionId: string,
): Promise<readonly string[]> {
  const newer = shares.find((share) => share.versionId !== versionId)?.versionId;
  if (newer === undefined) return [];
  let lines: readonly string[] = [];
  await reportFailure(sources.report, async () => {
    const [newSchema, oldSchema] = await Promise.all(
      [newer, versionId].map((id) => schemaOfVersion(sources, id)),
    );
    if (newSchema === undefined || oldSchema === undefined) return;
    // From D1: the gateway may be why it is rolled back.
    const operations = await liveOperationsOfD1(sources);
    const { broken } = breaksOf(operations, newSchema, oldSchema);
    lines = operationLines(broken, `does not run on version ${versionId}`);
  });
  return lines;
}
