import { CommandFailure } from '../operations/command-failure.ts';
import type { Report } from './step.ts';

/** Does work that nothing else depends on. A failure in words is reported. @returns true where it was done */
export async function reportFailure(report: Report, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    report(error.message);
    return false;
  }
}
