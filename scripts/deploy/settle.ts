/**
 * The end of a run that failed: all traffic back on the version before where that is possible, and one line that says where it is.
 *
 * A deployment whose traffic is wholly on the version before is closed: nothing of it is left but the migrations, which only add. Any
 * other one stays open, so that the next run goes on with it or a rollback ends it.
 */
import { reasonOf } from '../operations/failure-reason.ts';
import { attempt } from './attempt.ts';
import { goOnLines } from './begin-deployment.ts';
import type { LiveWorker } from './deployed-worker.ts';
import type { LeasedRecord } from './leased-record.ts';
import { type DeploymentRecord, TakenOver } from './record.ts';
import { renewingSleep } from './renewing-sleep.ts';
import { retryOnFailure } from './retry.ts';
import { setShares, wholly } from './set-shares.ts';
import { type Stand, standOf, trafficText } from './stand.ts';
import type { Deployment, Report, Step } from './step.ts';
import { Held, Regressed } from './steps/share.ts';

export interface SettleSources {
  deployment: Deployment;
  lease: LeasedRecord;
  steps: readonly Step[];
  report: Report;
}

export async function settle(error: unknown, sources: SettleSources): Promise<void> {
  const { deployment, lease, report } = sources;
  const { record } = lease;
  report(reasonOf(error));
  // Another run may have taken over since the last write. A database that does not answer keeps nobody from going back.
  if (error instanceof TakenOver || (await attempt(lease.save, report)) instanceof TakenOver)
    return report(trafficLine(await attempt(() => deployment.worker.live(), report), sources));
  if (!(error instanceof Held)) await goBack(sources);
  const live = await attempt(() => deployment.worker.live(), report);
  const stand = live instanceof Error ? undefined : standOf(live, record.state);
  record.reason = reasonOf(error);
  if (isOver(record, stand)) {
    record.outcome = error instanceof Regressed ? 'regressed' : 'failed';
    record.endedAtSeconds = lease.nowSeconds();
  }
  await keep(sources);
  report(trafficLine(live, sources));
  for (const line of nextLines(record, stand, deployment.target.name)) report(line);
}

/** Does nothing before traffic was moved, and after all of it is on the new version. */
async function goBack(sources: SettleSources): Promise<void> {
  const { deployment, lease, steps, report } = sources;
  const { record } = lease;
  const { versionBefore } = record.state;
  const moved = record.steps.filter(({ name }) =>
    steps.some((step) => step.name === name && step.movesTraffic),
  );
  if (record.kind !== 'gradual' || versionBefore === null || moved.length === 0) return;
  if (isAllMoved(steps, record)) return;
  let split: LiveWorker | undefined;
  const back = async () => {
    const live = await deployment.worker.live();
    if (standOf(live, record.state) !== 'split') return;
    split ??= live;
    report(`All traffic goes back to ${versionBefore}.`);
    await setShares(deployment, wholly(versionBefore), 'immediate', report);
  };
  const sleep = renewingSleep(deployment, lease, report);
  if (
    (await attempt(() => retryOnFailure(back, { sleep, report }), report)) instanceof Error ||
    split === undefined
  )
    return;
  record.steps = record.steps.map((step) => (moved.includes(step) ? { ...step, outcome: 'undone' } : step));
  if (!hasRequests(split, record.state.versionNow)) return;
  for (const { name, run } of steps.filter(({ followsReturn }) => followsReturn)) {
    report(name);
    await attempt(() => run(deployment, report), report);
  }
}

export const isAllMoved = (steps: readonly Step[], record: DeploymentRecord): boolean =>
  steps
    .filter(({ movesTraffic }) => movesTraffic)
    .every(({ name }) => record.steps.some((step) => step.name === name && step.outcome === 'done'));

const hasRequests = (live: LiveWorker | undefined, version: string | null): boolean =>
  live?.shares.some(({ versionId, percent }) => versionId === version && percent > 0) ?? false;

/** A whole deployment that fails after it is deployed has no way back: the next one follows on it. */
const isOver = ({ kind }: DeploymentRecord, stand: Stand | undefined): boolean =>
  stand === 'old' || (stand === 'other' && kind === 'gradual') || (stand === 'new' && kind !== 'gradual');

async function keep({ deployment: { sleep }, lease, report }: SettleSources): Promise<void> {
  const { record } = lease;
  const saved = await attempt(() => retryOnFailure(lease.save, { sleep, report }), report);
  if (saved instanceof Error && record.outcome !== 'open') {
    report('The database was not written: it still has the deployment as open.');
    Object.assign(record, { outcome: 'open', endedAtSeconds: null });
  }
  if (record.outcome === 'open') await attempt(lease.release, report);
}

function trafficLine(live: LiveWorker | undefined | Error, { deployment, lease }: SettleSources): string {
  const { name } = deployment.target;
  const { versionBefore, versionNow } = lease.record.state;
  return live instanceof Error
    ? `Nobody knows where the traffic of ${name} goes: the platform does not answer. The versions are ${versionBefore} (old) and ${versionNow} (new).`
    : `${name}: ${trafficText(live, lease.record.state)}.`;
}

function nextLines(
  { outcome, commit, kind }: DeploymentRecord,
  stand: Stand | undefined,
  environment: string,
): readonly string[] {
  if (outcome === 'open') return goOnLines(environment, { commit, kind });
  const whole =
    kind !== 'gradual' && stand === 'new'
      ? ['It cannot be rolled back by itself: deploy a commit that mends it.']
      : [];
  return [...whole, `The next run begins anew: npm run deploy -- ${environment}`];
}
