import { reasonOf } from '../operations/failure-reason.ts';
import { TakenOver } from './record.ts';
import type { Deployment, Report } from './step.ts';

const ATTEMPTS = 5;
const RETRY_MS = 10_000;

/**
 * Does work again that failed, as the platform may fail for a moment while nobody is watching.
 *
 * @throws the last failure; `TakenOver` at once
 */
export async function insist<Value>(
  work: () => Promise<Value>,
  { sleep, report }: Pick<Deployment, 'sleep'> & { report: Report },
): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof TakenOver || attempt === ATTEMPTS) throw error;
      report(`    tried again in ${RETRY_MS / 1000} s: ${reasonOf(error)}`);
      await sleep(RETRY_MS);
    }
  }
}
