/** The record of the deployment that is rolled back. A database that does not answer keeps nobody from a rollback. */
import { randomUUID } from 'node:crypto';
import type { LiveWorker } from '../deploy/deployed-worker.ts';
import { type DeploymentRecord, type DeploymentRecords, TakenOver } from '../deploy/record.ts';
import { reportFailure } from '../deploy/report-failure.ts';
import { wholly } from '../deploy/set-shares.ts';
import { isSame } from '../deploy/stand.ts';
import type { Report } from '../deploy/step.ts';
import { CommandFailure, EXIT } from '../operations/command-failure.ts';
import { PLATFORM_REFUSED } from '../platform/platform-client.ts';
import { rollbackStep } from './rollback-target.ts';

export interface RecordSources {
  records: DeploymentRecords;
  deployer: string;
  /** Each run has its own. */
  runId: string;
  report: Report;
  nowMs(): number;
}

export interface FoundRecord {
  /** The record of the open deployment, or else that of the version whose code serves. */
  record: DeploymentRecord | undefined;
  isOpen: boolean;
  /** False where D1 does not answer. */
  isReadable: boolean;
}

/** A record that this run holds open. */
export interface LeasedRollback {
  /** False where D1 could not be written: the deployment is open there. */
  close(): Promise<boolean>;
  /** Nothing was moved: the record is as it was. */
  giveUp(): Promise<void>;
  /** The next run goes on. */
  leaveOpen(): Promise<void>;
}

export async function findRecord(
  { records, report }: RecordSources,
  versionId: string | undefined,
): Promise<FoundRecord> {
  try {
    const open = await records.findOpen();
    if (open !== undefined) return { record: open, isOpen: true, isReadable: true };
    const record = versionId === undefined ? undefined : await records.ofVersion(versionId);
    return { record, isOpen: false, isReadable: true };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    report(`The record of deployments cannot be read, and will not have this rollback: ${error.message}`);
    return { record: undefined, isOpen: false, isReadable: false };
  }
}

/**
 * Opens the record for this run. Undefined where nothing is to be recorded, or where D1 did not answer before.
 *
 * @throws CommandFailure where another deployment has begun meanwhile
 */
export async function leaseRecord(
  sources: RecordSources,
  found: FoundRecord,
  { shares }: LiveWorker,
  versionId: string,
): Promise<LeasedRollback | undefined> {
  const { records, runId, report } = sources;
  if (!found.isReadable) return undefined;
  if (!found.isOpen && isSame(shares, wholly(versionId))) return undefined;
  const nowSeconds = () => Math.floor(sources.nowMs() / 1000);
  const left = shares.find((share) => share.versionId !== versionId)?.versionId ?? versionId;
  const known = found.record ?? recordByHand(sources, left, versionId, nowSeconds());
  let before = known;
  try {
    if (found.record !== undefined && !found.isOpen) await records.reopen(known, runId);
    else await records.claim(known, runId, true);
    // The run that had it may have written since it was found.
    const now = found.record === undefined ? undefined : await records.findOpen();
    const { state, steps } = now ?? known;
    before = { ...known, state, steps };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    // It may be written all the same, and is closed in the end then.
    report(`The record of deployments cannot be opened: ${error.message}`);
  }
  const step = { name: rollbackStep(versionId), startedAt: nowSeconds(), endedAt: null };
  const others = before.steps.filter(({ name }) => name !== step.name);
  const steps = [...others, { ...step, outcome: 'started' as const }];
  const record: DeploymentRecord = { ...before, steps, outcome: 'open', endedAtSeconds: null };
  const save = async (changes: Partial<DeploymentRecord>): Promise<boolean> => {
    try {
      await records.save({ ...record, ...changes }, runId);
      return true;
    } catch (error) {
      if (!isUnreachable(error) && !(error instanceof TakenOver)) throw error;
      report(`The record of deployments was not written: ${error.message}`);
      return false;
    }
  };
  const release = async () => {
    await reportFailure(report, () => records.release(record, runId));
  };
  await save({});
  return {
    close: () =>
      save({
        steps: [...others, { ...step, endedAt: nowSeconds(), outcome: 'done' }],
        outcome: 'rolled_back',
        reason: `rolled back to ${versionId} by ${sources.deployer}`,
        endedAtSeconds: nowSeconds(),
      }),
    async giveUp() {
      const failed = [...others, { ...step, endedAt: nowSeconds(), outcome: 'failed' as const }];
      await save({ ...before, steps: failed });
      if (found.isOpen) await release();
    },
    leaveOpen: release,
  };
}

/** D1 does not answer, or refuses. */
const isUnreachable = (error: unknown): error is CommandFailure =>
  error instanceof CommandFailure &&
  (error.exitCode === EXIT.unreachable || error.problems.some(({ code }) => code === PLATFORM_REFUSED));

/** The record of a version that was not deployed by `npm run deploy`. */
const recordByHand = (
  { deployer }: RecordSources,
  versionNow: string,
  versionBefore: string,
  nowSeconds: number,
): DeploymentRecord => ({
  id: randomUUID(),
  commit: 'unknown',
  deployer,
  kind: 'gradual',
  state: { versionBefore, versionNow, bookmark: null },
  steps: [],
  outcome: 'failed',
  reason: 'it was not deployed by these commands, and was not rolled back',
  startedAtSeconds: nowSeconds,
  endedAtSeconds: nowSeconds,
  runId: null,
  seenAtSeconds: nowSeconds,
});
