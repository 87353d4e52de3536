/** Finds out which deployment a run is to do: the open one of this commit, or a new one. It changes nothing but a record. */
import { randomUUID } from 'node:crypto';
import { refusal } from '../operations/command-failure.ts';
import type { Checkout } from './checkout.ts';
import type { DeployedWorker, LiveWorker } from './deployed-worker.ts';
import type { TargetEnvironment } from './environment.ts';
import type { DeploymentRecord, DeploymentRecords, StepRecord } from './record.ts';
import { newMigrationTags, type Stand, standOf, trafficText } from './stand.ts';
import type { Report, Step } from './step.ts';
import { hasUploaded } from './version-tag.ts';

export interface BeginSources {
  target: TargetEnvironment;
  checkout: Checkout;
  worker: DeployedWorker;
  records: DeploymentRecords;
  /** Permits a deployment with all traffic at once. */
  whole: boolean;
  /** Permits a commit that does not have the one of the version that serves. */
  older: boolean;
  takeOver: boolean;
  runId: string;
  nowSeconds: number;
  report: Report;
}

export interface Beginning {
  record: DeploymentRecord;
  isResumed: boolean;
}

/** @throws CommandFailure where there is another open deployment, or where somebody must agree first */
export async function beginDeployment(sources: BeginSources): Promise<Beginning> {
  const { target, checkout, worker, records } = sources;
  const live = await worker.live();
  const open = await records.findOpen();
  if (open === undefined) return { record: await newDeployment(sources, live), isResumed: false };
  const stand = standOf(live, open.state);
  if (stand === 'other' && !(await isItsVersion(open, live, worker))) {
    await closeOvertaken(open, live, sources);
    return { record: await newDeployment(sources, live), isResumed: false };
  }
  if (open.commit !== checkout.commit) throw refusal('OPEN', otherCommitText(open, live, target.name));
  return { record: open, isResumed: true };
}

async function newDeployment(sources: BeginSources, live: LiveWorker | undefined): Promise<DeploymentRecord> {
  const { target, checkout, records, whole, nowSeconds, report } = sources;
  const shares = live?.shares ?? [];
  const state = { versionBefore: shares[0]?.versionId ?? null, versionNow: null, bookmark: null };
  if (shares.length > 1)
    throw refusal(
      'SPLIT',
      `Somebody divides the traffic of ${target.workerName}: ${trafficText(live, state)}. Give all of it to one version first: npx wrangler versions deploy <version>@100% --env ${target.name}`,
    );
  const tags = newMigrationTags(target.migrationTags, live);
  const served = await records.ofVersion(state.versionBefore ?? '');
  await refuseOlder(sources, served);
  const isFirst = shares.length === 0 || live?.migrationTag === undefined;
  if (isFirst && served !== undefined)
    throw refusal('NO_TAG', 'The platform does not say which migrations of Durable Objects the Worker has.');
  if (!isFirst && tags.length > 0) {
    if (!whole) throw refusal('WHOLE', `${wholeText(tags)} --whole agrees to that.`);
    report(wholeText(tags));
  }
  if (isFirst) report('This is the first deployment: the version gets all traffic at once.');
  return {
    id: randomUUID(),
    commit: checkout.commit,
    deployer: checkout.deployer,
    kind: isFirst ? 'first' : tags.length > 0 ? 'whole' : 'gradual',
    state,
    steps: [],
    outcome: 'open',
    reason: null,
    startedAtSeconds: nowSeconds,
    endedAtSeconds: null,
    runId: null,
    seenAtSeconds: nowSeconds,
  };
}

/** A run that is started again may have the checkout of a time when another commit had not been deployed yet. */
async function refuseOlder(
  { checkout, older }: BeginSources,
  served: DeploymentRecord | undefined,
): Promise<void> {
  if (older || served === undefined || (await checkout.descendsFrom(served.commit)) !== false) return;
  throw refusal(
    'OLDER',
    `The version that serves is of commit ${served.commit.slice(0, 12)}, which this checkout does not have. npm run rollback goes back to a version from before; --older deploys this commit all the same.`,
  );
}

const wholeText = (tags: readonly string[]) =>
  `Classes of Durable Objects change (${tags.join(', ')}): this version gets all traffic at once, without a canary, and cannot be rolled back by itself.`;

/** The steps that move traffic begin anew if all of it is on the version before. */
export function stepsThatCount(
  { kind, steps }: DeploymentRecord,
  stand: Stand,
  all: readonly Step[],
): readonly StepRecord[] {
  if (kind !== 'gradual' || stand !== 'old') return steps;
  const moving = new Set(all.filter(({ movesTraffic }) => movesTraffic).map(({ name }) => name));
  return steps.filter(({ name }) => !moving.has(name));
}

/** The answer of a whole deployment may be lost: its version then serves, and the record does not know it. */
async function isItsVersion(
  open: DeploymentRecord,
  live: LiveWorker | undefined,
  worker: DeployedWorker,
): Promise<boolean> {
  const [share] = live?.shares ?? [];
  if (open.kind === 'gradual' || share === undefined) return false;
  return hasUploaded(open, share.versionId, worker);
}

/** Neither of its versions serves any more, so nobody can go on with it or roll it back. */
async function closeOvertaken(
  open: DeploymentRecord,
  live: LiveWorker | undefined,
  { records, runId, nowSeconds, takeOver, report }: BeginSources,
): Promise<void> {
  await records.claim(open, runId, takeOver);
  const reason = `Another version was deployed meanwhile: ${trafficText(live, open.state)}`;
  await records.save({ ...open, outcome: 'failed', reason, endedAtSeconds: nowSeconds }, runId);
  report(`The open deployment of ${open.commit.slice(0, 12)} is closed. ${reason}.`);
}

const otherCommitText = (open: DeploymentRecord, live: LiveWorker | undefined, environment: string) =>
  [
    `A deployment of another commit is open: ${open.commit} by ${open.deployer}.`,
    `Now ${trafficText(live, open.state)}.`,
    ...goOnLines(environment, open),
  ].join('\n');

/** The two commands that an open deployment can end by. */
export const goOnLines = (
  environment: string,
  { commit, kind }: Pick<DeploymentRecord, 'commit' | 'kind'>,
): readonly string[] => [
  `Go on, at commit ${commit.slice(0, 12)}: npm run deploy -- ${environment}`,
  kind === 'gradual'
    ? `Roll back: npm run rollback -- ${environment}`
    : 'Once all traffic is on the new version, it cannot be rolled back by itself.',
];
