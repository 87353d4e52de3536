import Cloudflare from 'cloudflare';
import { CommandFailure } from '../operations/command-failure.ts';
import type { Report } from './step.ts';

/** Does work that others do not depend on. A failure of it that is expected is reported. @returns true where it was done */
export async function reportFailure(report: Report, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isExpected(error)) throw error;
    report(error.message);
    return false;
  }
}

/** A refusal in words, or a platform that does not answer. */
export const isExpected = (error: unknown): error is Error =>
  error instanceof CommandFailure || error instanceof Cloudflare.APIError;
