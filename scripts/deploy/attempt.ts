import { reasonOf } from '../operations/failure-reason.ts';
import type { Report } from './step.ts';

/** The value, or the failure, which is reported. */
export async function attempt<Value>(work: () => Promise<Value>, report: Report): Promise<Value | Error> {
  try {
    return await work();
  } catch (error) {
    report(reasonOf(error));
    return error instanceof Error ? error : new Error(String(error));
  }
}
