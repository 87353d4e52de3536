/** Finds the version that a rollback goes to, and refuses one that cannot be gone back to. */
import { codeOfVersion } from '../deploy/code-of-version.ts';
import type { DeployedWorker, LiveWorker } from '../deploy/deployed-worker.ts';
import type { DeploymentRecord } from '../deploy/record.ts';
import { standOf, trafficText } from '../deploy/stand.ts';
import { refusal } from '../operations/command-failure.ts';

/** The step of a record that is being rolled back. */
const STEP_PREFIX = 'roll back to ';
export const rollbackStep = (versionId: string) => `${STEP_PREFIX}${versionId}`;

export interface TargetSources {
  /** The version that the operator names. */
  given: string | undefined;
  live: LiveWorker;
  /** The open deployment, or else that of the version which serves. */
  record: DeploymentRecord | undefined;
  isOpen: boolean;
  worker: DeployedWorker;
  line: ServingLine;
}

/** The versions that served, seen from the present one. */
export interface ServingLine {
  /** The version whose code serves: the present one, or the one that it has other secrets than. Undefined for divided traffic. */
  code: string | undefined;
  /** Those that served alone before it, the latest first. */
  older: readonly string[];
}

export async function servingLine({ shares }: LiveWorker, worker: DeployedWorker): Promise<ServingLine> {
  const [first, ...others] = shares;
  if (first === undefined || others.length > 0) return { code: undefined, older: await worker.servedAlone() };
  return codeOfVersion(first.versionId, worker);
}

/** @throws CommandFailure where there is none, or where Durable Objects stand in between */
export async function rollbackTarget(sources: TargetSources): Promise<string> {
  const { live, record, worker } = sources;
  const versionId = wantedVersion(sources);
  const isServing = live.shares.some((share) => share.versionId === versionId);
  const { migrationTag } = live;
  const { migrationTag: tag } = await worker.version(versionId);
  const isBeforeClasses = tag !== undefined && migrationTag !== undefined && tag !== migrationTag;
  const isBeforeWhole =
    record !== undefined && record.kind !== 'gradual' && record.state.versionBefore === versionId;
  if (isBeforeClasses || (isBeforeWhole && !isServing))
    throw refusal('DURABLE_OBJECTS', durableObjectsText(versionId, tag, migrationTag));
  return versionId;
}

function wantedVersion({ given, live, record, isOpen, line }: TargetSources): string {
  if (given !== undefined) return given;
  if (isOpen && record !== undefined) return ofOpenDeployment(record, live);
  // Traffic that is divided by hand goes to the version that last served alone.
  const before = line.code === undefined ? undefined : record?.state.versionBefore;
  const found = before ?? line.older[0];
  if (found === undefined) throw noVersionBefore();
  return found;
}

function ofOpenDeployment({ state, steps }: DeploymentRecord, live: LiveWorker): string {
  const begun = steps.findLast(({ name }) => name.startsWith(STEP_PREFIX));
  if (begun !== undefined) return begun.name.slice(STEP_PREFIX.length);
  if (state.versionBefore === null) throw noVersionBefore();
  // If it still has a share, giving it all traffic is the way back, whatever the other version is.
  const isThere = live.shares.some(({ versionId }) => versionId === state.versionBefore);
  if (!isThere && standOf(live, state) === 'other')
    throw refusal(
      'OTHER_VERSION',
      `Another version was deployed meanwhile: ${trafficText(live, state)}. Name the version to roll back to; before this deployment it was ${state.versionBefore}.`,
    );
  return state.versionBefore;
}

const noVersionBefore = () =>
  refusal('NO_VERSION_BEFORE', 'No version served before this one. Deploy a commit that mends it.');

const durableObjectsText = (versionId: string, tag: string | undefined, migrationTag: string | undefined) =>
  [
    `Classes of Durable Objects have changed since version ${versionId} (migrations: ${tag ?? 'unknown'} then, ${migrationTag ?? 'unknown'} now). The platform takes no version from before that.`,
    'Nothing has changed. Deploy a commit that mends it: git revert the bad one, keep the migrations of wrangler.toml, and npm run deploy.',
  ].join('\n');
