import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { expiredHourlyCandlesDelete } from '../../src/storage/d1/candles.ts';
import { latestRuns } from '../../src/storage/d1/sync-runs.ts';
import type { JobDefinition, JobDeps } from '../../src/sync/job.ts';
import { JOBS } from '../../src/sync/jobs.ts';
import { runJob } from '../../src/sync/run-jobs.ts';
import { createBench } from './sync-bench.ts';

const NOW = 1_708_263_277;
const DAY = 86_400;

/** The job of that name, with other work. */
function jobWith(name: string, run: JobDefinition['run']): JobDefinition {
  const job = JOBS.find((each) => each.name === name);
  if (job === undefined) throw new Error(`no job is named ${name}`);
  return { ...job, run };
}

describe('two overlapping runs of a job', () => {
  test('do not both work: the second leaves nothing', async () => {
    const bench = await createBench();
    const results = await Promise.all([bench.sync.runJob('projects'), bench.sync.runJob('projects')]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['ok', 'skipped']);
    expect((await bench.calls()).byRoute).toEqual({ 'projects-sync': 1 });
    expect(await bench.runs('projects')).toHaveLength(1);
  });

  test('of different jobs both work', async () => {
    const bench = await createBench();
    const results = await Promise.all([bench.sync.runJob('projects'), bench.sync.runJob('projects-full')]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(results.reduce((sum, { written }) => sum + written, 0)).toBe(40);
  });

  test('are one after another once the first has ended, and once the lease of one that died ran out', async () => {
    const bench = await createBench();
    const died = jobWith('projects', () => new Promise(() => undefined));
    void runJob(died, { ...bench.deps, randomId: () => 'died' });
    await expect.poll(() => bench.runs('projects'), { timeout: 20_000 }).toHaveLength(1);

    expect((await bench.sync.runJob('projects')).outcome).toBe('skipped');
    bench.advanceSync(299);
    expect((await bench.sync.runJob('projects')).outcome).toBe('skipped');
    bench.advanceSync(1);
    expect((await bench.sync.runJob('projects')).outcome).toBe('ok');
    expect((await bench.sync.runJob('projects')).outcome).toBe('ok');
    expect((await bench.runs('projects')).map(({ outcome }) => outcome)).toEqual([null, 'ok', 'ok']);
  });

  test('the one that lost its lease does not give away the other one’s', async () => {
    const bench = await createBench();
    const deps = (id: string) => ({ ...bench.deps, randomId: () => id });
    const report = { read: 0, written: 0, skipped: 0, firstError: null };
    const slow = Promise.withResolvers<typeof report>();
    const first = runJob(
      jobWith('projects', () => slow.promise),
      deps('first'),
    );
    await expect.poll(() => bench.runs('projects'), { timeout: 20_000 }).toHaveLength(1);
    bench.advanceSync(300);
    void runJob(
      jobWith('projects', () => new Promise(() => undefined)),
      deps('second'),
    );
    await expect.poll(() => bench.runs('projects'), { timeout: 20_000 }).toHaveLength(2);
    slow.resolve(report);
    await first;
    expect(await bench.rows('sync_lease', 'job')).toMatchObject([{ job: 'projects', holder: 'second' }]);
  });
});

test('a job never throws, not even where D1 is out of reach', async () => {
  const unreachable = new Proxy({} as D1Database, {
    get: () => () => {
      throw new Error('D1 is out of reach');
    },
  });
  const job = jobWith('pools', async () => ({ read: 1, written: 1, skipped: 0, firstError: null }));
  const deps = { db: unreachable, nowMs: () => NOW * 1000, randomId: () => 'id' } as JobDeps;
  const result = await runJob(job, deps);
  expect(result).toMatchObject({ job: 'pools', outcome: 'failed', firstError: 'D1 is out of reach' });
});

test('a cron expression runs its jobs in order, and one that fails does not keep the next from running', async () => {
  const bench = await createBench();
  await bench.fault('pools-sync', '500');
  const results = await bench.sync.runCron('*/15 * * * *');
  expect(results.map(({ job, outcome }) => [job, outcome])).toEqual([
    ['pools', 'failed'],
    ['investments', 'ok'],
    ['ledgers', 'ok'],
    ['pool-eligibility', 'ok'],
  ]);
  expect(await bench.sync.runCron('7 7 7 7 7')).toEqual([]);
});

describe('cleanup', () => {
  test('deletes what has expired and nothing else', async () => {
    const bench = await createBench();
    const now = bench.now();
    const candles = [
      ['OLD', '1h', now - 35 * DAY - 1],
      ['OLD', '1h', now - 35 * DAY],
      ['OLD', '1d', now - 400 * DAY],
      ['NEW', '1h', now - 3_600],
      ['ZED', '1h', now - 36 * DAY],
    ] as const;
    await env.DB.batch([
      ...candles.map((candle) =>
        env.DB.prepare('INSERT INTO candle VALUES (?, ?, ?, 1, 1, 1, 1, NULL)').bind(...candle),
      ),
      env.DB.prepare(`INSERT INTO hourly_closes VALUES ('OLD', ?1 - 1, '[]'), ('OLD', ?1, '[]')`).bind(
        now - 36 * DAY + 1,
      ),
      env.DB.prepare(`INSERT INTO sync_lease VALUES ('past', 'x', ?1), ('held', 'x', ?1 + 1)`).bind(now),
      env.DB.prepare(
        `INSERT INTO sync_run (id, job, started_at, finished_at, outcome) VALUES
         ('old', 'pools', ?1 - 1, ?1, 'ok'), ('kept', 'pools', ?1, ?1, 'ok')`,
      ).bind(now - 30 * DAY),
      env.DB.prepare(
        `INSERT INTO sync_run (id, job, started_at) VALUES ('cut off', 'pools', ?1 - 3601), ('running', 'pools', ?1 - 3599)`,
      ).bind(now),
    ]);

    expect(await bench.sync.runJob('cleanup')).toMatchObject({ outcome: 'ok', written: 6 });
    expect(
      (await bench.rows('candle', 'symbol, interval, time')).map(
        ({ symbol, interval }) => `${symbol} ${interval}`,
      ),
    ).toEqual(['NEW 1h', 'OLD 1d', 'OLD 1h']);
    expect((await bench.rows('hourly_closes', 'day')).map(({ day }) => day)).toEqual([now - 36 * DAY + 1]);
    expect((await bench.rows('sync_lease', 'job')).map(({ job }) => job)).toEqual(['held']);
    expect((await bench.runs('pools')).map(({ id, outcome }) => [id, outcome])).toEqual([
      ['kept', 'ok'],
      ['cut off', 'failed'],
      ['running', null],
    ]);
  });

  test('steps over the candles it keeps instead of reading them all', async () => {
    const bench = await createBench();
    const hours = JSON.stringify(Array.from({ length: 800 }, (_, hour) => bench.now() - hour * 3_600));
    for (const symbol of ['AAA', 'BBB', 'CCC']) {
      await env.DB.prepare(`INSERT INTO candle SELECT ?2, '1h', value, 1, 1, 1, 1, NULL FROM json_each(?1)`)
        .bind(hours, symbol)
        .run();
    }
    const { meta } = await expiredHourlyCandlesDelete(env.DB, bench.now() - 35 * DAY).run();
    expect(meta.rows_read).toBeLessThan(40);
  });
});

describe('the latest runs', () => {
  test('are told for each job in one query, jobs that never ran included', async () => {
    const bench = await createBench();
    const began = bench.now();
    await bench.sync.runJob('pools');
    await bench.advance(60);
    await bench.fault('pools-sync', '500');
    await bench.sync.runJob('pools');
    await bench.advance(60);
    await bench.fault('investments-sync', 'bad-record');
    await bench.sync.runJob('investments');

    const runs = await latestRuns(env.DB, ['prices', 'pools', 'investments']);
    expect(runs.oldestStartedAt).toBe(began);
    expect(runs.jobs).toMatchObject([
      { job: 'prices', startedAt: null, outcome: null, lastSuccessAt: null },
      {
        job: 'pools',
        startedAt: began + 60,
        finishedAt: began + 60,
        outcome: 'failed',
        lastSuccessAt: began,
      },
      {
        job: 'investments',
        startedAt: began + 120,
        outcome: 'partial',
        skipped: 1,
        lastSuccessAt: began + 120,
      },
    ]);
    expect(runs.jobs[1]?.firstError).toContain('HTTP 500');
  });

  test('are empty before the first', async () => {
    await createBench();
    expect(await latestRuns(env.DB, [])).toEqual({ jobs: [], oldestStartedAt: null });
    expect((await latestRuns(env.DB, ['pools'])).oldestStartedAt).toBeNull();
  });
});
