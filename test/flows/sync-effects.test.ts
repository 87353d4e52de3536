/** The effects of jobs, jobs that fail after they wrote rows, and the time limits of calls to the feeds. */
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PRICE_FEED_READ_TIMEOUT_MS, SALE_FEED_NOTIFY_TIMEOUT_MS } from '../../src/config.ts';
import { appendCounts } from '../../src/storage/d1/operation-usage.ts';
import { readCacheGenerations } from '../../src/storage/kv/cache-generations.ts';
import { CACHE_GENERATIONS_KEY } from '../../src/storage/kv/keys.ts';
import { PURGE_DELAY_MS } from '../../src/sync/cache-generations.ts';
import { everyNight, type JobDefinition, type JobDeps, type JobReport } from '../../src/sync/job.ts';
import { runJobs } from '../../src/sync/run-jobs.ts';
import { CRONS, startGateway } from '../support/gateway.ts';
import { startServing } from '../support/serving-bench.ts';
import { type Bench, createBench } from './sync-bench.ts';

const POLL = { timeout: 20_000 };

afterEach(() => {
  vi.useRealTimers();
});

async function benchWithoutGenerations(market = {}): Promise<Bench> {
  const bench = await createBench(market);
  await env.DB.exec('DELETE FROM cache_generation');
  await env.CACHE_KV.delete(CACHE_GENERATIONS_KEY);
  return bench;
}

const changedTags = async () => Object.keys(await readCacheGenerations(env.CACHE_KV)).sort();

const wrote = (written: number): JobReport => ({ read: 1, written, skipped: 0, firstError: null });

const jobOf = (name: string, rest: Partial<JobDefinition> = {}): JobDefinition => ({
  name,
  schedule: everyNight,
  leaseSeconds: 300,
  run: async () => wrote(1),
  ...rest,
});

describe('the effects of a job', () => {
  test('run while the next job of its cron still works', async () => {
    const bench = await benchWithoutGenerations();
    const next = Promise.withResolvers<JobReport>();
    const notified = vi.fn(async () => undefined);
    const event = runJobs(
      [
        jobOf('first', { cacheTag: 'projects', effects: [{ failureEvent: 'failed', run: notified }] }),
        jobOf('second', { cacheTag: 'pools', run: () => next.promise }),
      ],
      bench.deps,
    );
    await expect.poll(changedTags, POLL).toEqual(['projects']);
    expect(notified).toHaveBeenCalledOnce();
    expect(await bench.runs('second')).toMatchObject([{ finished_at: null }]);
    next.resolve(wrote(1));
    expect(await event).toMatchObject([{ job: 'first' }, { job: 'second' }]);
    expect(await changedTags()).toEqual(['pools', 'projects']);
  });

  test('do not hold up the next job while a purge waits, and the event ends after the purge', async () => {
    const bench = await benchWithoutGenerations();
    const delay = Promise.withResolvers<void>();
    const purge = vi.fn(async () => ({ success: true, errors: [] }));
    const deps: JobDeps = {
      ...bench.deps,
      purge,
      sleep: (ms) => (ms === PURGE_DELAY_MS ? delay.promise : Promise.resolve()),
    };
    let ended = false;
    const event = runJobs([jobOf('first', { cacheTag: 'projects' }), jobOf('second')], deps).then(() => {
      ended = true;
    });
    await expect.poll(() => bench.runs('second'), POLL).toMatchObject([{ outcome: 'ok' }]);
    expect([ended, purge.mock.calls]).toEqual([false, []]);
    delay.resolve();
    await event;
    expect(purge.mock.calls).toEqual([[['projects']]]);
  });

  test('invalidate the tag of a job that wrote rows, and no other', async () => {
    const bench = await benchWithoutGenerations();
    await bench.sync.runCron('*/15 * * * *');
    expect(await changedTags()).toEqual(['pools']);
    await bench.sync.runCron('0 * * * *');
    await bench.sync.runCron('*/5 * * * *');
    const generations = await readCacheGenerations(env.CACHE_KV);
    expect(Object.keys(generations).sort()).toEqual(['pools', 'projects']);
    await bench.sync.runCron('*/5 * * * *');
    expect(await readCacheGenerations(env.CACHE_KV)).toEqual(generations);
  });

  test('that fail are logged, and fail neither the job nor another effect nor the next job', async () => {
    const bench = await benchWithoutGenerations();
    const other = vi.fn(async () => undefined);
    const effects = [
      { failureEvent: 'effect.rejected', run: () => Promise.reject(new Error('the feed is away')) },
      {
        failureEvent: 'effect.threw',
        run: () => {
          throw new Error('at once');
        },
      },
      { failureEvent: 'effect.other', run: other },
    ];
    const results = await runJobs(
      [jobOf('first', { cacheTag: 'projects', effects }), jobOf('second')],
      bench.deps,
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(other).toHaveBeenCalledOnce();
    expect(await changedTags()).toEqual(['projects']);
    expect(
      bench
        .loggedErrors()
        .map(({ event, job, error }) => [event, job, error])
        .sort(),
    ).toEqual([
      ['effect.rejected', 'first', 'the feed is away'],
      ['effect.threw', 'first', 'at once'],
    ]);
  });

  test('also run after a job that failed', async () => {
    const bench = await benchWithoutGenerations();
    const run = vi.fn(async () => undefined);
    const failing = jobOf('first', {
      run: () => Promise.reject(new Error('no')),
      effects: [{ failureEvent: 'failed', run }],
    });
    const [result] = await runJobs([failing], bench.deps);
    expect(result).toMatchObject({ outcome: 'failed', firstError: 'no' });
    expect(run).toHaveBeenCalledExactlyOnceWith(bench.deps, result);
  });
});

describe('a job that fails after it has written rows', () => {
  test('reports them, and its caches are invalidated', async () => {
    const bench = await benchWithoutGenerations();
    const job = jobOf('daily', {
      cacheTag: 'candles',
      run: async () => ({ ...wrote(7), failure: new Error('gone') }),
    });
    const [result] = await runJobs([job], bench.deps);
    expect(result).toMatchObject({ outcome: 'failed', written: 7, firstError: 'gone' });
    expect(await bench.runs('daily')).toMatchObject([
      { outcome: 'failed', written_count: 7, first_error: 'gone', finished_at: bench.now() },
    ]);
    expect(bench.loggedErrors()).toMatchObject([{ event: 'sync.failed', job: 'daily', error: 'gone' }]);
    expect(await changedTags()).toEqual(['candles']);
  });

  test('is one whose run record D1 does not close: its caches are invalidated all the same', async () => {
    const bench = await benchWithoutGenerations();
    let failing = false;
    const db = new Proxy(bench.deps.db, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'batch' || !failing) return member.bind(target);
        failing = false;
        return () => Promise.reject(new Error('D1 is away'));
      },
    });
    const run = async () => {
      failing = true;
      return wrote(7);
    };
    const [result] = await runJobs([jobOf('first', { cacheTag: 'pools', run })], { ...bench.deps, db });
    expect(result).toMatchObject({ outcome: 'failed', written: 7, firstError: 'D1 is away' });
    expect(await changedTags()).toEqual(['pools']);
  });

  test('is the candles’ when D1 refuses a later batch, and asks upstream for no more', async () => {
    const bench = await benchWithoutGenerations({ projectCount: 60 });
    await bench.sync.runJob('projects');
    const symbols = (await env.DB.prepare('SELECT DISTINCT symbol FROM project_cache').all()).results.length;
    await bench.calls();
    // A batch of hours is full after 17 of the 60 symbols, and a batch of days after 33.
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON candle WHEN new.interval = '1d' BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
    );
    const results = await bench.sync.runCron('0 0 * * *').finally(() => env.DB.exec('DROP TRIGGER refuse'));
    const result = results.find(({ job }) => job === 'daily-candles');
    const held = await env.DB.prepare('SELECT count(*) AS held FROM candle').first('held');
    expect(result).toMatchObject({ outcome: 'failed', written: held });
    expect(held).toBeGreaterThanOrEqual(12_000);
    expect(result?.firstError).toContain('refused by the test');
    expect((await bench.runs('daily-candles')).at(-1)).toMatchObject({ written_count: held });
    expect((await bench.calls()).byRoute['price-history']).toBeLessThan(symbols * 2 - 20);
    expect(await changedTags()).toContain('candles');
  });

  test('is cleanup when it has added up uses and cannot delete expired rows', async () => {
    const bench = await benchWithoutGenerations();
    await env.DB.prepare(`INSERT INTO sync_run (id, job, started_at) VALUES ('refused', 'pools', 1)`).run();
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE DELETE ON sync_run WHEN old.id = 'refused' BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
    );
    const refusal = { reason: 'A', documentId: 'x', client: 'ios', version: '1', day: 19_772, count: 1 };
    await appendCounts(env.DB, { usage: [], refusals: [{ ...refusal, lastSeen: 50 }] });
    const result = await bench.sync.runJob('cleanup').finally(() => env.DB.exec('DROP TRIGGER refuse'));
    // One row of refusals is added, and one flush deleted.
    expect(result).toMatchObject({ outcome: 'failed', read: 1, written: 2 });
    expect(result.firstError).toContain('refused by the test');
  });
});

describe('a feed that never answers', () => {
  async function hangingGateway(feeds: { prices: () => Promise<unknown>; changed: () => Promise<unknown> }) {
    const { market } = await startServing({ crons: [CRONS.projects] });
    const gateway = startGateway(market, {
      PRICE_FEED: { getByName: () => ({ prices: feeds.prices }) },
      SALE_FEED: { getByName: () => ({ changed: feeds.changed }) },
    });
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() });
    return gateway;
  }

  /** A call that never ends, and the moment at which it is made. Any method of a Durable Object's answer can be called. */
  function hangingCall() {
    const cancel = vi.fn();
    const made = Promise.withResolvers<void>();
    const call = () => {
      made.resolve();
      return Object.assign(new Promise<never>(() => undefined), { cancel });
    };
    return { call, made: made.promise, cancel };
  }

  test('costs the prices their limit and nothing else', async () => {
    const { call, made, cancel } = hangingCall();
    const gateway = await hangingGateway({ prices: call, changed: async () => undefined });
    const event = gateway.scheduled(CRONS.prices);
    await made;
    await vi.advanceTimersByTimeAsync(PRICE_FEED_READ_TIMEOUT_MS - 1);
    expect(await env.PRICES_KV.get('prices')).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    await event;
    expect(await env.PRICES_KV.get('prices', 'json')).toMatchObject({ prices: { BTC: { symbol: 'BTC' } } });
    expect(await env.DB.prepare(`SELECT outcome FROM sync_run WHERE job = 'prices'`).first()).toEqual({
      outcome: 'ok',
    });
    expect(cancel).not.toHaveBeenCalled();
  });

  test('costs a cron event its limit, after the job has ended', async () => {
    const { call, made, cancel } = hangingCall();
    const gateway = await hangingGateway({ prices: async () => [], changed: call });
    await env.DB.exec(`INSERT INTO sale_change (kind, row_id) VALUES ('pool', 'any')`);
    let ended = false;
    const event = gateway.scheduled(CRONS.prices).then(() => {
      ended = true;
    });
    await made;
    expect(await env.DB.prepare(`SELECT outcome FROM sync_run WHERE job = 'prices'`).first()).toEqual({
      outcome: 'ok',
    });
    await vi.advanceTimersByTimeAsync(SALE_FEED_NOTIFY_TIMEOUT_MS - 1);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await event;
    expect(cancel).not.toHaveBeenCalled();
  });
});
