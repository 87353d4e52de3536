/**
 * All traffic back on a version from before, at once.
 *
 * It needs the platform's API alone: the record in D1 and the caches are done as far as they can be reached, and the output says what
 * is not. The deployment that is rolled back is open in the record meanwhile, so no other one begins, and the next run goes on with a
 * rollback that was cut off. A run that works on the deployment loses it.
 */
import { type LiveWorker, ROLLBACK_MESSAGE } from '../deploy/deployed-worker.ts';
import { reportFailure } from '../deploy/report-failure.ts';
import { DONE_ALL_THE_SAME, wholly } from '../deploy/set-shares.ts';
import { isSame, trafficText } from '../deploy/stand.ts';
import type { Deployment } from '../deploy/step.ts';
import { outdateAnswers, purgeInFront } from '../deploy/steps/purge.ts';
import { wranglerFailure } from '../deploy/wrangler-failure.ts';
import { EXIT, type ExitCode, refusal } from '../operations/command-failure.ts';
import type { WranglerRun } from '../platform/run-wrangler.ts';
import { lostOperationLines } from './lost-operations.ts';
import { type FoundRecord, findRecord, leaseRecord, type RecordSources } from './rollback-record.ts';
import { rollbackTarget, type ServingLine, servingLine } from './rollback-target.ts';

/** Longer than the platform takes to move traffic. */
const LOST_RUN_MS = 10_000;

export interface RollbackSources
  extends RecordSources,
    Pick<Deployment, 'target' | 'worker' | 'wrangler' | 'd1' | 'kv' | 'gateway' | 'sleep'> {
  /** The version to go back to; undefined for the one before. */
  given: string | undefined;
}

/** @throws CommandFailure where nothing was changed */
export async function rollBack(sources: RollbackSources): Promise<ExitCode> {
  const { target, worker, report } = sources;
  const live = await worker.live();
  if (live === undefined || live.shares.length === 0)
    throw refusal('NOT_DEPLOYED', `${target.workerName} is not deployed.`);
  const line = await servingLine(live, worker);
  const found = await findRecord(sources, line.code);
  const versionId = await chosenVersion(sources, live, found, line);
  const lost = await lostOperationLines(sources, live, versionId);
  const lease = await leaseRecord(sources, found, live, versionId);
  if (!(await moveTraffic(sources, live, versionId))) {
    await lease?.giveUp();
    return EXIT.refused;
  }
  for (const line of lost) report(line);
  const isPurged = await purge(sources);
  // The run that worked on it may have begun to move traffic when it lost it.
  if (found.isOpen && found.record?.runId) await sources.sleep(LOST_RUN_MS);
  const now = await worker.live();
  if (now === undefined || !isSame(now.shares, wholly(versionId))) {
    const state = { versionBefore: versionId, versionNow: null, bookmark: null };
    report(`Somebody has moved the traffic meanwhile: ${trafficText(now, state)}. Run this again.`);
    await lease?.leaveOpen();
    return EXIT.refused;
  }
  const isRecorded = lease === undefined ? found.isReadable : await lease.close();
  report(`${target.name}: 100 % of requests go to ${versionId}. Rolled back.`);
  return isPurged && isRecorded ? EXIT.ok : EXIT.refused;
}

/** A run without a version that follows on a rollback moves nothing: it may only be there to finish it. */
async function chosenVersion(
  { given, worker, report }: RollbackSources,
  live: LiveWorker,
  found: FoundRecord,
  line: ServingLine,
): Promise<string> {
  const [serving] = live.shares;
  if (given === undefined && !found.isOpen && serving !== undefined && (await worker.isRolledBack())) {
    report('It is rolled back already, and no traffic moves. Name a version to go further back.');
    return serving.versionId;
  }
  return rollbackTarget({ given, live, worker, line, ...found });
}

/**
 * False where the platform refuses: the traffic is where it was. It refuses a version with other secrets than the present one, unless
 * somebody names it.
 */
async function moveTraffic(
  { given, wrangler, worker, target, report }: RollbackSources,
  live: LiveWorker,
  versionId: string,
): Promise<boolean> {
  if (isSame(live.shares, wholly(versionId))) {
    report(`all traffic is on ${versionId} already`);
    return true;
  }
  report(`all traffic goes to ${versionId}`);
  const command = given === undefined ? ['versions', 'deploy', `${versionId}@100%`] : ['rollback', versionId];
  const ran = await wrangler([
    ...command,
    ...['--yes', '--env', target.name, '--message', ROLLBACK_MESSAGE],
    // Otherwise objects that are in use keep the bad code for minutes.
    ...['--durable-objects-code-update-mode', 'immediate'],
  ]);
  const secrets = changedSecrets(ran);
  if (ran.exitCode !== 0) {
    const now = await worker.live().catch(() => undefined);
    if (now === undefined || !isSame(now.shares, wholly(versionId))) {
      report(wranglerFailure('The traffic was not moved', ran).message);
      if (secrets !== undefined) report(secretsText(secrets, versionId, target.name));
      return false;
    }
    report(DONE_ALL_THE_SAME);
  }
  if (secrets !== undefined)
    report(
      `Secrets that have changed since are the former ones again: ${secrets}. The next deployment has the present ones.`,
    );
  return true;
}

/** By wrangler's words, and by the platform's (10220). */
function changedSecrets({ stdout, stderr }: WranglerRun): string | undefined {
  const [, listed] = /following secrets have changed([\s\S]{0,2000})/.exec(`${stdout}\n${stderr}`) ?? [];
  const names = new Set(listed?.match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b/g));
  return names.size === 0 ? undefined : [...names].join(', ');
}

const secretsText = (secrets: string, versionId: string, environment: string) =>
  `These secrets have changed since: ${secrets}. A rollback brings the former values back. To agree: npm run rollback -- ${environment} ${versionId}`;

/** Does all that can be done, and says what cannot. */
async function purge(sources: RollbackSources): Promise<boolean> {
  const { report } = sources;
  const isOutdated = await reportFailure(report, async () => {
    await outdateAnswers(sources);
    report('the answers in KV are outdated');
  });
  const isPurged = await reportFailure(report, () => purgeInFront(sources, report));
  if (!isOutdated || !isPurged)
    report('Not all caches are purged. Run this again to purge them: it moves no traffic.');
  return isOutdated && isPurged;
}
