/** A ledger's rows on their way to D1, with a database whose answers the test gives. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LEDGER_D1_TIMEOUT_MS, LEDGER_FLUSH_RETRY_MAX_MS } from '../../../src/config.ts';
import { ProjectionFlush } from '../../../src/investing/flush-projection.ts';
import type { LedgerStorage, Projection } from '../../../src/investing/ledger-types.ts';
import { ObjectStorage } from '../../support/object-storage.ts';

const NOTHING: Projection = {
  figures: null,
  investments: [],
  members: [],
  toldPayments: [],
  claimLevels: [],
  claims: [],
  notices: [],
};

const objectSql = () => new ObjectStorage().sql as unknown as LedgerStorage['sql'];

/** A ledger with members and claims that have changed, and a database that keeps its batches waiting. */
function start(sql = objectSql()) {
  const changed = new Set<string>();
  const claimed = new Set<string>();
  const batches: { sql: string; bound: unknown[] }[][] = [];
  const pending: { resolve(): void; reject(error: Error): void }[] = [];
  let notified = 0;
  const statement = (text: string) => ({ bind: (...bound: unknown[]) => ({ sql: text, bound }) });
  const flush = new ProjectionFlush({
    ledger: {
      head: () => ({ pool: 'pool_a', sequence: 1, hash: 'h', recordedAt: 1 }),
      projection: (limit) => ({
        ...NOTHING,
        members: [...changed]
          .slice(0, limit)
          .map((user_id) => ({ user_id, registered_at: null, blocked_until: 0, revision: 1 })),
        claimLevels: [...claimed].map((investment_id) => ({ investment_id, claim_level: '1', revision: 1 })),
      }),
      projectAnew: () => false,
      projected: ({ members }) => {
        for (const { user_id } of members) changed.delete(user_id);
      },
    },
    sql,
    db: {
      prepare: statement,
      batch: (statements: never) => {
        batches.push(statements);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        pending.push({ resolve, reject });
        return promise;
      },
    } as unknown as D1Database,
    nowMs: () => 1_000,
    notify: () => {
      notified += 1;
    },
  });
  return { flush, changed, claimed, batches, pending, notified: () => notified };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a flush', () => {
  test('clears a mark after D1 has its row, and takes all that came meanwhile at once', async () => {
    const { flush, changed, batches, pending } = start();
    changed.add('a');
    const first = flush.run();
    expect(batches).toHaveLength(1);
    for (const user of ['b', 'c', 'd']) {
      changed.add(user);
      void flush.run();
    }
    expect([...changed]).toEqual(['a', 'b', 'c', 'd']);
    pending[0]?.resolve();
    await first;
    await settle();
    expect([...changed]).toEqual(['b', 'c', 'd']);
    expect(batches).toHaveLength(2);
    expect(JSON.parse(String(batches[1]?.[0]?.bound[0]))).toHaveLength(3);
  });

  test('writes nothing for nothing', async () => {
    const { flush, batches, notified } = start();
    await flush.run();
    expect([batches.length, notified()]).toEqual([0, 0]);
  });

  test('writes many rows in several batches', async () => {
    const { flush, changed, batches, pending } = start();
    for (let at = 0; at < 1_001; at += 1) changed.add(`user-${at}`);
    const done = flush.run();
    for (let at = 0; at < 3; at += 1) {
      pending[at]?.resolve();
      await settle();
    }
    await done;
    expect([batches.length, changed.size]).toEqual([3, 0]);
  });

  test('that fails keeps its marks, waits longer each time, and ends no command', async () => {
    const { flush, changed, pending } = start();
    changed.add('a');
    const pauses: number[] = [];
    for (let at = 0; at < 9; at += 1) {
      const run = flush.run();
      pending[at]?.reject(new Error('D1_ERROR: no'));
      await run;
      pauses.push(flush.pauseMs);
    }
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(pauses.at(-1)).toBe(LEDGER_FLUSH_RETRY_MAX_MS);
    expect([...changed]).toEqual(['a']);
    const run = flush.run();
    pending[9]?.resolve();
    await run;
    expect([flush.pauseMs, changed.size]).toEqual([0, 0]);
    expect(lines).toHaveLength(9);
  });

  test('gives a database that hangs up, and the next one writes the rows again', async () => {
    vi.useFakeTimers();
    const { flush, changed, batches, pending } = start();
    changed.add('a');
    const hanging = flush.run();
    await vi.advanceTimersByTimeAsync(LEDGER_D1_TIMEOUT_MS);
    await hanging;
    expect([changed.size, flush.isRunning]).toEqual([1, false]);
    const next = flush.run();
    pending[1]?.resolve();
    await next;
    expect([changed.size, batches.length]).toEqual([0, 2]);
  });
});

test('batches are numbered on after an eviction', async () => {
  const sql = objectSql();
  const numbers: unknown[] = [];
  for (let object = 0; object < 3; object += 1) {
    const { flush, claimed, batches, pending } = start(sql);
    claimed.add('claim');
    const run = flush.run();
    pending[0]?.resolve();
    await run;
    numbers.push(batches[0]?.[0]?.bound);
  }
  expect(numbers).toEqual([
    ['pool_a', 1],
    ['pool_a', 2],
    ['pool_a', 3],
  ]);
});
