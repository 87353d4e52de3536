/**
 * Fires cron expressions when they are due, in UTC as the platform does. The next minute is computed from the
 * clock each time, so nothing drifts; minutes that the machine slept through are not made up for.
 */

const MINUTE_MS = 60_000;

/** Understands what wrangler.toml uses: `*`, a step such as every fifth and numbers. */
export function isDue(cron: string, date: Date): boolean {
  const fields = cron.trim().split(/\s+/);
  const now = [
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth() + 1,
    date.getUTCDay(),
  ];
  if (fields.length !== now.length) throw new Error(`not a cron expression of five fields: ${cron}`);
  return now.every((value, index) => matches(fields[index] ?? '', value));
}

function matches(field: string, value: number): boolean {
  if (field === '*') return true;
  const step = /^\*\/([1-9]\d*)$/.exec(field)?.[1];
  if (step !== undefined) return value % Number(step) === 0;
  if (/^\d+$/.test(field)) return value === Number(field);
  throw new Error(`not understood in a cron expression: ${field}`);
}

export type FireCron = (cron: string) => Promise<void>;

export interface CronRunner {
  /** Runs it now, unless it still runs. */
  run(cron: string, fire: FireCron): Promise<void>;
  /** Runs each whenever it is due, from the next full minute on. */
  follow(crons: readonly string[], fire: FireCron): void;
  stop(): void;
}

export function createCronRunner(): CronRunner {
  const running = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const run = async (cron: string, fire: FireCron) => {
    if (running.has(cron)) return;
    running.add(cron);
    await fire(cron).finally(() => running.delete(cron));
  };
  const follow = (crons: readonly string[], fire: FireCron, minute = nextMinute(Date.now())) => {
    timer = setTimeout(() => {
      const now = Date.now();
      // A timer may fire a moment early, and after a sleep much too late.
      if (now < minute) return follow(crons, fire, minute);
      const due = now - minute < MINUTE_MS ? crons.filter((cron) => isDue(cron, new Date(minute))) : [];
      for (const cron of due) void run(cron, fire);
      follow(crons, fire);
    }, minute - Date.now());
  };
  return { run, follow, stop: () => clearTimeout(timer) };
}

const nextMinute = (nowMs: number) => (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
