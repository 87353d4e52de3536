/** However the steps of syncs that finish at once fall together, KV ends with what D1 decided. */
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CacheInvalidation } from '../../../src/sync/cache-generations.ts';

const STARTED_AT = 1_795_000_000;

beforeEach(() => {
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Each call waits for its turn twice: once until it acts, once until it has answered. */
function storage(scheduler: fc.Scheduler, failingPuts: Set<number>) {
  const sqlite = new DatabaseSync(':memory:');
  sqlite.exec('CREATE TABLE cache_generation (tag TEXT PRIMARY KEY, generation INTEGER NOT NULL)');
  const kv: { value: string | null; puts: number } = { value: null, puts: 0 };
  const turn = (label: string) => scheduler.schedule(Promise.resolve(), label);
  const inTurn = async <Answer>(label: string, act: () => Answer): Promise<Answer> => {
    await turn(`${label} begins`);
    const answer = act();
    await turn(`${label} ends`);
    return answer;
  };
  const statement = (sql: string, values: (string | number)[] = []): object => ({
    sql,
    values,
    bind: (...bound: (string | number)[]) => statement(sql, bound),
  });
  const db = {
    prepare: (sql: string) => statement(sql),
    batch: (statements: { sql: string; values: (string | number)[] }[]) =>
      inTurn('batch', () =>
        statements.map(({ sql, values }) => ({ results: sqlite.prepare(sql).all(...values) })),
      ),
  };
  const put = (_: string, value: string) =>
    inTurn('put', () => {
      kv.puts += 1;
      if (failingPuts.has(kv.puts)) throw new Error('one write a second');
      kv.value = value;
    });
  const inD1 = () =>
    Object.fromEntries(
      sqlite
        .prepare('SELECT tag, generation FROM cache_generation')
        .all()
        .map(({ tag, generation }) => [tag, generation]),
    );
  return { db: db as unknown as D1Database, kv: { put } as unknown as KVNamespace, held: kv, inD1 };
}

/** The tags that each cron event changes. */
const EVENTS = [['prices'], ['projects'], ['pools'], ['candles'], ['projects', 'pools']];

test('no generation is lost, whoever comes last and whichever two writes KV refuses', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: EVENTS.length }),
      fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
      async (scheduler, syncs, failing) => {
        const { db, kv, held, inD1 } = storage(scheduler, new Set(failing));
        const sleep = () => scheduler.schedule(Promise.resolve(), 'sleep');
        const running = EVENTS.slice(0, syncs).flatMap((tags) => {
          const caches = new CacheInvalidation({ db, cacheKv: kv, sleep, random: () => 0, purge: undefined });
          return tags.map((tag) => caches.invalidate(tag, STARTED_AT));
        });
        await scheduler.waitFor(Promise.all(running));
        expect(JSON.parse(held.value ?? '{}')).toEqual(inD1());
      },
    ),
    { numRuns: 500 },
  );
});
