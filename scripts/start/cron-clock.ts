/**
 * Runs cron expressions when they are due, in UTC as the platform does. After the machine slept, an expression that
 * was due meanwhile runs once.
 */
import { Cron } from 'croner';

export type FireCron = (cron: string) => Promise<void>;

export interface CronRunner {
  /** Runs it now, unless it still runs. */
  run(cron: string, fire: FireCron): Promise<void>;
  /** Runs each whenever it is due. */
  follow(crons: readonly string[], fire: FireCron): void;
  stop(): void;
}

export function createCronRunner(): CronRunner {
  const running = new Set<string>();
  const clocks: Cron[] = [];

  const run = async (cron: string, fire: FireCron) => {
    if (running.has(cron)) return;
    running.add(cron);
    await fire(cron).finally(() => running.delete(cron));
  };
  return {
    run,
    follow(crons, fire) {
      for (const cron of crons)
        clocks.push(new Cron(cron, { mode: '5-part', timezone: 'UTC' }, () => run(cron, fire)));
    },
    stop() {
      for (const clock of clocks) clock.stop();
    },
  };
}
