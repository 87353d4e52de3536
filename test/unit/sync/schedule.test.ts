import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JOB_INTERVALS, JOBS, jobsOfCron } from '../../../src/sync/jobs.ts';

const namesOfCron = (cron: string) => jobsOfCron(cron).map(({ name }) => name);

test('each cron expression runs its jobs', () => {
  expect(namesOfCron('* * * * *')).toEqual([
    'prices',
    'user-outbox',
    'identification-outbox',
    'ledger-pokes',
    'chat-authors',
    'uploads',
    'object-deletions',
    'alerts',
  ]);
  expect(namesOfCron('*/5 * * * *')).toEqual(['projects', 'operation-forms', 'project-files']);
  expect(namesOfCron('*/15 * * * *')).toEqual(['pools', 'investments', 'ledgers', 'pool-eligibility']);
  expect(namesOfCron('0 * * * *')).toEqual([
    'hourly-candles',
    'closed-users',
    'cleanup',
    'user-rights',
    'identification',
  ]);
  expect(namesOfCron('30 * * * *')).toEqual(['backups']);
  expect(namesOfCron('0 0 * * *')).toEqual([
    'projects-full',
    'pools-full',
    'investments-full',
    'ledgers-full',
    'ledger-check',
    'pool-eligibility-full',
    'daily-candles',
    'project-documents',
    'report',
  ]);
});

test('/health lists the jobs of the night last', () => {
  expect(Object.keys(JOB_INTERVALS)).toEqual([
    ...[
      'prices',
      'user-outbox',
      'identification-outbox',
      'ledger-pokes',
      'chat-authors',
      'uploads',
      'object-deletions',
      'alerts',
      'projects',
      'pools',
      'investments',
      'ledgers',
      'pool-eligibility',
    ],
    ...['operation-forms', 'project-files'],
    ...['hourly-candles', 'closed-users', 'cleanup', 'user-rights', 'identification', 'backups'],
    ...[
      'projects-full',
      'pools-full',
      'investments-full',
      'ledgers-full',
      'ledger-check',
      'pool-eligibility-full',
      'daily-candles',
      'project-documents',
      'report',
    ],
  ]);
});

test('an expression that is not ours runs nothing', () => {
  expect(namesOfCron('1 2 3 4 5')).toEqual([]);
});

test('every environment triggers every job, and nothing else', () => {
  const config = readFileSync(new URL('../../../wrangler.toml', import.meta.url), 'utf8');
  const lists = [...config.matchAll(/^crons = (\[.*\])$/gm)].map(
    ([, list = '']) => JSON.parse(list) as string[],
  );
  expect(lists.length).toBeGreaterThanOrEqual(3);
  for (const crons of lists) {
    expect(new Set(crons)).toEqual(new Set(JOBS.map(({ schedule }) => schedule.cron)));
  }
});

test('an interval is as long as its expression says', () => {
  const seconds = Object.fromEntries(JOBS.map(({ name, schedule }) => [schedule.cron, JOB_INTERVALS[name]]));
  expect(seconds).toEqual({
    '* * * * *': 60,
    '*/5 * * * *': 300,
    '*/15 * * * *': 900,
    '0 * * * *': 3_600,
    '30 * * * *': 3_600,
    '0 0 * * *': 86_400,
  });
});

test('job names are unique, and a job continues only jobs that exist', () => {
  const names = JOBS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { continues = [] } of JOBS) expect(names).toEqual(expect.arrayContaining([...continues]));
});
