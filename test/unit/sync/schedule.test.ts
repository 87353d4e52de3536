import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JOB_NAMES, JOB_SCHEDULES, jobsOfCron } from '../../../src/sync/schedule.ts';

test('each cron expression runs its jobs', () => {
  expect(jobsOfCron('* * * * *')).toEqual(['prices']);
  expect(jobsOfCron('*/5 * * * *')).toEqual(['projects']);
  expect(jobsOfCron('*/15 * * * *')).toEqual(['pools', 'investments']);
  expect(jobsOfCron('0 * * * *')).toEqual(['hourly-candles', 'cleanup']);
  expect(jobsOfCron('0 0 * * *')).toEqual([
    'projects-full',
    'pools-full',
    'investments-full',
    'daily-candles',
  ]);
});

test('an expression that is not ours runs nothing', () => {
  expect(jobsOfCron('1 2 3 4 5')).toEqual([]);
});

test('every environment triggers every job, and nothing else', () => {
  const config = readFileSync(new URL('../../../wrangler.toml', import.meta.url), 'utf8');
  const lists = [...config.matchAll(/^crons = (\[.*\])$/gm)].map(
    ([, list = '']) => JSON.parse(list) as string[],
  );
  expect(lists.length).toBeGreaterThanOrEqual(3);
  for (const crons of lists) {
    expect(new Set(crons)).toEqual(new Set(JOB_NAMES.map((name) => JOB_SCHEDULES[name].cron)));
  }
});

test('an interval is as long as its expression says', () => {
  const seconds = Object.fromEntries(
    Object.values(JOB_SCHEDULES).map((job) => [job.cron, job.intervalSeconds]),
  );
  expect(seconds).toEqual({
    '* * * * *': 60,
    '*/5 * * * *': 300,
    '*/15 * * * *': 900,
    '0 * * * *': 3_600,
    '0 0 * * *': 86_400,
  });
});
