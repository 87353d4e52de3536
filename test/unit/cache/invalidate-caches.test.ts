import { beforeEach, describe, expect, test, vi } from 'vitest';
import { kvPauseMs } from '../../../src/storage/kv/bring-to-kv.ts';
import { CACHE_GENERATIONS_KEY } from '../../../src/storage/kv/keys.ts';
import { CacheInvalidation, PURGE_DELAY_MS } from '../../../src/sync/cache-generations.ts';

const STARTED_AT = 1_795_000_000;
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
  purge?: () => Promise<CachePurgeResult>;
  purges?: boolean;
  during?: (event: string) => void;
}

const PURGED: CachePurgeResult = { success: true, errors: [] };

function invalidation(faults: Faults = {}) {
  const events: string[] = [];
  let failingPuts = faults.puts ?? 0;
  let failingBatches = faults.batches ?? 0;
  const statement = { bind: (tag: string) => ({ tag }) };
  const rows = [{ tag: 'x', generation: 1 }];
  const delays: (() => void)[] = [];
  const caches = new CacheInvalidation({
    db: {
      prepare: () => statement,
      batch: async (statements: { tag?: string }[]) => {
        events.push(`d1 ${statements.flatMap(({ tag }) => tag ?? []).join(' ')}`.trim());
        if (failingBatches-- > 0) throw new Error('D1 is down');
        return [{ results: rows }];
      },
    } as unknown as D1Database,
    cacheKv: {
      put: async (key: string, value: string) => {
        expect([key, value]).toEqual([CACHE_GENERATIONS_KEY, '{"x":1}']);
        events.push('kv');
        faults.during?.('kv');
        if (failingPuts-- > 0) throw new Error('429');
      },
    } as unknown as KVNamespace,
    sleep: (ms) => {
      if (ms === PURGE_DELAY_MS) {
        events.push('delay');
        return new Promise((resolve) => delays.push(resolve));
      }
      expect(ms).toBeGreaterThan(1_000);
      events.push('sleep');
      faults.during?.('sleep');
      return Promise.resolve();
    },
    random: () => 0,
    purge:
      faults.purges === false
        ? undefined
        : async (tags) => {
            events.push(`purge ${tags.join(' ')}`);
            return (await faults.purge?.()) ?? PURGED;
          },
  });
  return {
    caches,
    events,
    /** Ends the delays of all purges that wait. */
    endDelays: () => {
      for (const end of delays.splice(0)) end();
    },
  };
}

/** The changes of a cron event that all happen before its first purge is due. */
async function invalidated(tags: string[], faults: Faults = {}) {
  const { caches, events, endDelays } = invalidation(faults);
  let running = true;
  const all = Promise.all(tags.map((tag) => caches.invalidate(tag, STARTED_AT))).finally(() => {
    running = false;
  });
  while (running) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    endDelays();
  }
  await all;
  return events;
}

describe('one cron event', () => {
  test('raises a generation, brings it to KV, and purges after a delay', async () => {
    expect(await invalidated(['projects'])).toEqual(['d1 projects', 'kv', 'd1', 'delay', 'purge projects']);
    expect(logged).toEqual([]);
  });

  test('writes and purges once for all changes that wait', async () => {
    const events = await invalidated(['projects', 'pools', 'candles']);
    expect(events.filter((event) => event !== 'delay')).toEqual([
      ...['d1 projects pools candles', 'kv', 'd1'],
      'purge projects pools candles',
    ]);
    expect(logged).toEqual([]);
  });

  test('writes once more, after a pause, for all changes that came during a write or during the pause', async () => {
    const cameDuring = new Map([
      ['kv', 'pools'],
      ['sleep', 'candles'],
    ]);
    const later: Promise<void>[] = [];
    const during = (event: string) => {
      const tag = cameDuring.get(event);
      if (tag === undefined) return;
      cameDuring.delete(event);
      later.push(caches.invalidate(tag, STARTED_AT));
    };
    const { caches, events } = invalidation({ during, purges: false });
    await caches.invalidate('projects', STARTED_AT);
    while (later.length > 0) await later.shift();
    expect(events).toEqual(['d1 projects', 'kv', 'd1', 'sleep', 'd1 pools candles', 'kv', 'd1']);
  });

  test('purges again for a change that comes after the purge', async () => {
    const { caches, events, endDelays } = invalidation();
    for (const tag of ['projects', 'pools']) {
      const done = caches.invalidate(tag, STARTED_AT);
      await vi.waitFor(() => expect(events.at(-1)).toBe('delay'));
      endDelays();
      await done;
    }
    expect(events.filter((event) => event.startsWith('purge'))).toEqual(['purge projects', 'purge pools']);
  });

  test('never purges prices, alone or beside others', async () => {
    expect(await invalidated(['prices'])).toEqual(['d1 prices', 'kv', 'd1']);
    expect(await invalidated(['prices', 'candles'])).toEqual([
      ...['d1 prices candles', 'kv', 'd1', 'delay', 'purge candles'],
    ]);
  });
});

describe('where something fails', () => {
  test('writers that fail together pause for different times, each longer than a second', () => {
    expect([0, 0.5, 0.999].map((part) => kvPauseMs(() => part))).toEqual([1_100, 2_100, 3_098]);
  });

  test('a put is tried again after a pause, and the purge waits for it', async () => {
    expect(await invalidated(['pools'], { puts: 2 })).toEqual([
      'd1 pools',
      'kv',
      'sleep',
      'kv',
      'sleep',
      'kv',
      'd1',
      'delay',
      'purge pools',
    ]);
    expect(logged).toEqual(['cache.generations_write_failed', 'cache.generations_write_failed']);
  });

  test('it gives up after some tries, says so, and throws nothing', async () => {
    const events = await invalidated(['pools'], { puts: 99 });
    expect(events.filter((event) => event === 'kv').length).toBeLessThanOrEqual(5);
    expect(logged.at(-1)).toBe('cache.not_invalidated');
    expect(events).not.toContain('purge pools');
  });

  test('D1 refusing the write is tried again too', async () => {
    const events = await invalidated(['pools'], { batches: 1 });
    expect(events.filter((event) => event === 'd1 pools')).toHaveLength(2);
    expect(events).toContain('kv');
  });

  test('a purge that is refused, or throws, is logged and no more', async () => {
    await invalidated(['pools'], {
      purge: async () =>
        ({ success: false, errors: [{ code: 1, message: 'too many' }] }) as unknown as CachePurgeResult,
    });
    expect(logged).toEqual(['cache.purge_refused']);
    logged.length = 0;
    await invalidated(['pools'], { purge: () => Promise.reject(new Error('no')) });
    expect(logged).toEqual(['cache.not_invalidated']);
  });
});
