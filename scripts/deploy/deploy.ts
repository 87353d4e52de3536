/**
 * A deployment from its first look to its end.
 *
 * Guarantees that at most one run deploys to an environment, that each step is recorded, and that a run which ends says where the
 * traffic is. A run goes on with the open deployment of its commit, and refuses to begin beside one of another commit.
 */
import { EXIT, type ExitCode } from '../operations/command-failure.ts';
import { attempt } from './attempt.ts';
import { beginDeployment, stepsThatCount } from './begin-deployment.ts';
import type { Checkout } from './checkout.ts';
import { runChecks } from './checks.ts';
import type { DeploymentTools } from './deployment-tools.ts';
import type { TargetEnvironment } from './environment.ts';
import { leasedRecord } from './leased-record.ts';
import type { DeploymentRecord, DeploymentRecords } from './record.ts';
import { runSteps } from './run-steps.ts';
import { standOf } from './stand.ts';
import type { DeploymentKind, Report, Step } from './step.ts';

export interface DeployOptions {
  testsPassed: boolean;
  whole: boolean;
  older: boolean;
  takeOver: boolean;
}

export interface DeploySources {
  checkout: Checkout;
  target: TargetEnvironment;
  records: DeploymentRecords;
  stepsOf(kind: DeploymentKind): readonly Step[];
  tools: DeploymentTools;
  /** Each run has its own. */
  runId: string;
  report: Report;
  signal: AbortSignal;
}

/** @throws CommandFailure where nothing was begun */
export async function deploy(
  { testsPassed, whole, older, takeOver }: DeployOptions,
  { checkout, target, records, stepsOf, tools, runId, report, signal }: DeploySources,
): Promise<ExitCode> {
  const { worker, nowMs } = tools;
  const nowSeconds = () => Math.floor(nowMs() / 1000);
  const { record: begun, isResumed } = await beginDeployment({
    ...{ target, checkout, worker, records, whole, older, takeOver, runId, report },
    nowSeconds: nowSeconds(),
  });
  const { kind, id, commit } = begun;
  report(`${isResumed ? 'going on with' : 'deploying'} commit ${commit} to ${target.name} (${kind})`);
  await runChecks({
    ...{ checkout, target, db: tools.db, state: begun.state, report },
    testsPassed: testsPassed || isResumed,
  });
  const steps = stepsOf(kind);
  const record = await claim().catch(async (error: unknown) => {
    // The claim may have been written all the same.
    const letGo = () => (isResumed ? records.release(begun, runId) : records.withdraw(begun, runId));
    await attempt(letGo, report);
    throw error;
  });
  const { state } = record;
  const exitCode = await runSteps({
    deployment: { ...tools, target, kind, commit, id, state },
    lease: leasedRecord(record, { records, runId, nowMs }),
    ...{ steps, report, signal },
  });
  if (exitCode === EXIT.ok)
    report(`${target.name}: 100 % of requests go to ${state.versionNow} (new). Deployed.`);
  return exitCode;

  async function claim(): Promise<DeploymentRecord> {
    const claimed = await records.claim(begun, runId, takeOver);
    if (!isResumed) return claimed;
    return { ...claimed, steps: stepsThatCount(claimed, standOf(await worker.live(), claimed.state), steps) };
  }
}
