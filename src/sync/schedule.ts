/**
 * Which jobs a cron expression runs, in order, and how often each is due.
 *
 * The full syncs of the night are jobs of their own: under one name with the frequent ones, either would keep
 * the other out through its lease, and `/health` could not tell that the nights fail.
 */

export const JOB_NAMES = [
  'prices',
  'projects',
  'pools',
  'investments',
  'hourly-candles',
  'cleanup',
  'projects-full',
  'pools-full',
  'investments-full',
  'daily-candles',
] as const;
export type JobName = (typeof JOB_NAMES)[number];

export interface JobSchedule {
  cron: string;
  /** How often the cron expression is due. */
  intervalSeconds: number;
  /** How long a run that died keeps the next one out; longer than any run that lives. */
  leaseSeconds: number;
}

const everyMinute = { cron: '* * * * *', intervalSeconds: 60 };
const everyFiveMinutes = { cron: '*/5 * * * *', intervalSeconds: 300 };
const everyQuarter = { cron: '*/15 * * * *', intervalSeconds: 900 };
const everyHour = { cron: '0 * * * *', intervalSeconds: 3_600 };
const everyNight = { cron: '0 0 * * *', intervalSeconds: 86_400 };

export const JOB_SCHEDULES: Readonly<Record<JobName, JobSchedule>> = {
  prices: { ...everyMinute, leaseSeconds: 120 },
  projects: { ...everyFiveMinutes, leaseSeconds: 300 },
  pools: { ...everyQuarter, leaseSeconds: 300 },
  investments: { ...everyQuarter, leaseSeconds: 300 },
  'hourly-candles': { ...everyHour, leaseSeconds: 300 },
  cleanup: { ...everyHour, leaseSeconds: 300 },
  'projects-full': { ...everyNight, leaseSeconds: 900 },
  'pools-full': { ...everyNight, leaseSeconds: 900 },
  'investments-full': { ...everyNight, leaseSeconds: 900 },
  // The platform ends a scheduled run after 15 minutes.
  'daily-candles': { ...everyNight, leaseSeconds: 1_200 },
};

/** What cached answers depend on of what a job writes. */
export const JOB_CACHE_TAGS: Readonly<Partial<Record<JobName, string>>> = {
  prices: 'prices',
  projects: 'projects',
  'projects-full': 'projects',
  pools: 'pools',
  'pools-full': 'pools',
  'hourly-candles': 'candles',
  'daily-candles': 'candles',
};

/** The jobs of a cron expression, in the order they run; none where the expression is not one of ours. */
export function jobsOfCron(cron: string): JobName[] {
  return JOB_NAMES.filter((name) => JOB_SCHEDULES[name].cron === cron);
}
