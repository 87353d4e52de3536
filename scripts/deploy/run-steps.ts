/** The steps of a deployment one after another, each recorded before it begins and after it is done. */
import { EXIT, type ExitCode, refusal } from '../operations/command-failure.ts';
import type { StepRecord } from './record.ts';
import { renewingSleep } from './renewing-sleep.ts';
import { retryOnFailure } from './retry.ts';
import { isAllMoved, type SettleSources, settle } from './settle.ts';
import type { Deployment, Step } from './step.ts';

export interface RunSources extends SettleSources {
  /** Aborted where somebody ends the command: the run then ends as if the next step had failed. */
  signal: AbortSignal;
}

export async function runSteps(sources: RunSources): Promise<ExitCode> {
  const deployment = renewing(sources);
  try {
    for (const [index, step] of sources.steps.entries())
      await runStep(step, `${index + 1}/${sources.steps.length}`, deployment, sources);
    await close(sources);
    return EXIT.ok;
  } catch (error) {
    await settle(error, sources);
    return EXIT.refused;
  }
}

async function runStep(
  step: Step,
  position: string,
  deployment: Deployment,
  { deployment: { sleep }, lease, steps, signal, report }: RunSources,
): Promise<void> {
  const { record } = lease;
  const title = `${position} ${step.name}`;
  const isDone = record.steps.some(({ name, outcome }) => name === step.name && outcome === 'done');
  if (isDone && !(step.isRepeated && !isAllMoved(steps, record))) return report(`${title}: done before`);
  if (signal.aborted) throw interrupted();
  report(`${title}: ${step.describe(deployment)}`);
  const others = record.steps.filter(({ name }) => name !== step.name);
  const startedAt = lease.nowSeconds();
  const write = (outcome: StepRecord['outcome'], endedAt: number | null) => {
    record.steps = [...others, { name: step.name, startedAt, endedAt, outcome }];
  };
  write('started', null);
  await retryOnFailure(lease.save, { sleep, report });
  try {
    await step.run(deployment, (line) => report(`    ${line}`));
  } catch (error) {
    write('failed', lease.nowSeconds());
    throw error;
  }
  write('done', lease.nowSeconds());
  await retryOnFailure(lease.save, { sleep, report });
}

async function close({ deployment: { sleep }, lease, report }: RunSources): Promise<void> {
  const { record } = lease;
  const { reason } = record;
  Object.assign(record, { outcome: 'deployed', reason: null, endedAtSeconds: lease.nowSeconds() });
  await retryOnFailure(lease.save, { sleep, report }).catch((error: unknown) => {
    Object.assign(record, { outcome: 'open', reason, endedAtSeconds: null });
    throw error;
  });
}

const interrupted = () => refusal('INTERRUPTED', 'Somebody has ended the command.');

/** A step that waits says so in the record, and ends early where the command does. */
function renewing({ deployment, lease, signal, report }: RunSources): Deployment {
  const sleep = renewingSleep(deployment, lease, report);
  return {
    ...deployment,
    async sleep(milliseconds) {
      if (signal.aborted) throw interrupted();
      await sleep(milliseconds, signal);
      if (signal.aborted) throw interrupted();
    },
  };
}
