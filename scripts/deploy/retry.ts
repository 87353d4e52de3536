import { reasonOf } from '../operations/failure-reason.ts';
import { TakenOver } from './record.ts';
import type { Deployment, Report } from './step.ts';

export interface Retries<Outcome> {
  attempts: number;
  pauseMs: number;
  /** No further attempt is needed, or none is of use. */
  isOver(outcome: Outcome): boolean;
  /** Called before each pause. Attempts are counted from 1. */
  onRetry?(outcome: Outcome, attempt: number): void;
  sleep(milliseconds: number): Promise<unknown>;
}

/** Does work until it is over or the attempts are used up. @returns the last outcome */
export async function retry<Outcome>(
  work: () => Promise<Outcome>,
  { attempts, pauseMs, isOver, onRetry, sleep }: Retries<Outcome>,
): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await work();
    if (isOver(outcome) || attempt === attempts) return outcome;
    onRetry?.(outcome, attempt);
    await sleep(pauseMs);
  }
}

const FAILURE_ATTEMPTS = 5;
const FAILURE_PAUSE_MS = 10_000;

/**
 * Does work again that failed, as the platform may fail for a moment while nobody is watching.
 *
 * @throws the last failure; `TakenOver` at once
 */
export async function retryOnFailure<Value>(
  work: () => Promise<Value>,
  { sleep, report }: Pick<Deployment, 'sleep'> & { report: Report },
): Promise<Value> {
  const settled = async () => {
    const [outcome] = await Promise.allSettled([work()]);
    return outcome;
  };
  const outcome = await retry(settled, {
    attempts: FAILURE_ATTEMPTS,
    pauseMs: FAILURE_PAUSE_MS,
    isOver: (ended) => ended.status === 'fulfilled' || ended.reason instanceof TakenOver,
    onRetry(ended) {
      if (ended.status === 'rejected')
        report(`    tried again in ${FAILURE_PAUSE_MS / 1000} s: ${reasonOf(ended.reason)}`);
    },
    sleep,
  });
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
