import { beforeEach, describe, expect, test, vi } from 'vitest';
import { CACHE_GENERATIONS_KEY } from '../../../src/storage/kv/keys.ts';
import { invalidateCaches } from '../../../src/sync/cache-generations.ts';
import type { JobName } from '../../../src/sync/schedule.ts';
import { jobResult } from './job-result.ts';

let logged: string[];
beforeEach(() => {
  logged = [];
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => {
      logged.push((JSON.parse(line) as { event: string }).event);
    });
  }
});

interface Faults {
  puts?: number;
  batches?: number;
  purge?: () => Promise<CachePurgeResult | undefined>;
}

async function invalidated(jobs: [JobName, written: number][], faults: Faults = {}) {
  const events: string[] = [];
  let failingPuts = faults.puts ?? 0;
  let failingBatches = faults.batches ?? 0;
  const statement = { bind: (tag: string) => ({ tag }) };
  const rows = [{ tag: 'x', generation: 1 }];
  await invalidateCaches(
    jobs.map(([job, written]) => jobResult(job, written)),
    {
      db: {
        prepare: () => statement,
        batch: async (statements: { tag?: string }[]) => {
          events.push(`d1 ${statements.flatMap(({ tag }) => tag ?? []).join(' ')}`.trim());
          if (failingBatches-- > 0) throw new Error('D1 is down');
          return [{ results: rows }];
        },
      } as unknown as D1Database,
      kv: {
        put: async (key: string, value: string) => {
          expect([key, value]).toEqual([CACHE_GENERATIONS_KEY, '{"x":1}']);
          events.push('kv');
          if (failingPuts-- > 0) throw new Error('429');
        },
      } as unknown as KVNamespace,
      sleep: async (ms) => {
        expect(ms).toBeGreaterThan(1_000);
        events.push('sleep');
      },
      purge: async (tags) => {
        events.push(`purge ${tags.join(' ')}`);
        return faults.purge?.();
      },
    },
  );
  return events;
}

describe('one cron', () => {
  test('bumps what its jobs changed, brings it to KV, and purges once', async () => {
    const events = await invalidated([
      ['projects-full', 3],
      ['pools-full', 1],
      ['investments-full', 9],
      ['daily-candles', 2],
    ]);
    expect(events).toEqual(['d1 projects pools candles', 'kv', 'd1', 'purge projects pools candles']);
    expect(logged).toEqual([]);
  });

  test('leaves alone what did not change', async () => {
    expect(
      await invalidated([
        ['projects-full', 0],
        ['pools-full', 1],
      ]),
    ).toEqual(['d1 pools', 'kv', 'd1', 'purge pools']);
    expect(await invalidated([['projects', 0]])).toEqual([]);
    expect(
      await invalidated([
        ['investments', 5],
        ['cleanup', 5],
      ]),
    ).toEqual([]);
    expect(await invalidated([])).toEqual([]);
  });

  test('never purges prices, alone or beside others', async () => {
    expect(await invalidated([['prices', 500]])).toEqual(['d1 prices', 'kv', 'd1']);
    expect(
      await invalidated([
        ['prices', 500],
        ['hourly-candles', 1],
      ]),
    ).toEqual(['d1 prices candles', 'kv', 'd1', 'purge candles']);
  });
});

describe('where something fails', () => {
  test('a put is tried again after a pause, and the purge waits for it', async () => {
    expect(await invalidated([['pools', 1]], { puts: 2 })).toEqual([
      'd1 pools',
      'kv',
      'sleep',
      'kv',
      'sleep',
      'kv',
      'd1',
      'purge pools',
    ]);
    expect(logged).toEqual(['cache.generations_write_failed', 'cache.generations_write_failed']);
  });

  test('it gives up after some tries, says so, and throws nothing', async () => {
    const events = await invalidated([['pools', 1]], { puts: 99 });
    expect(events.filter((event) => event === 'kv').length).toBeLessThanOrEqual(5);
    expect(logged.at(-1)).toBe('cache.not_invalidated');
    expect(events).not.toContain('purge pools');
  });

  test('D1 refusing the write is tried again too', async () => {
    const events = await invalidated([['pools', 1]], { batches: 1 });
    expect(events.filter((event) => event === 'd1 pools')).toHaveLength(2);
    expect(events).toContain('kv');
  });

  test('a purge that is refused, or throws, is logged and no more', async () => {
    await invalidated([['pools', 1]], {
      purge: async () =>
        ({ success: false, errors: [{ code: 1, message: 'too many' }] }) as unknown as CachePurgeResult,
    });
    expect(logged).toEqual(['cache.purge_refused']);
    logged.length = 0;
    await invalidated([['pools', 1]], { purge: () => Promise.reject(new Error('no')) });
    expect(logged).toEqual(['cache.not_invalidated']);
  });
});
