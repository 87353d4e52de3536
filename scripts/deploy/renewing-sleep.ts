import { reasonOf } from '../operations/failure-reason.ts';
import type { LeasedRecord } from './leased-record.ts';
import { TakenOver } from './record.ts';
import type { Deployment, Report } from './step.ts';

/** Says after each wait that the run is at work. @throws TakenOver, and nothing else */
export const renewingSleep =
  ({ sleep }: Pick<Deployment, 'sleep'>, lease: LeasedRecord, report: Report): Deployment['sleep'] =>
  async (milliseconds, signal) => {
    await sleep(milliseconds, signal);
    await lease.save().catch((error: unknown) => {
      if (error instanceof TakenOver) throw error;
      report(`    the record was not renewed: ${reasonOf(error)}`);
    });
  };
