/** A ledger of several pages and D1, compared while both may change. */
import { expect, test } from 'vitest';
import { differencesOf } from '../../../src/investing/compare-ledger.ts';
import { idsOfLedger } from '../../../src/investing/pool-key.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';

const PREFIX = idsOfLedger('pool_a').after;
const rowAt = (at: number, changes: Partial<InvestmentRow> = {}) =>
  ({
    id: `${PREFIX}${String(at).padStart(6, '0')}`,
    ...{ status: 'pending', token_amount: '10', investment_amount: '20', revision: 1 },
    ...changes,
  }) as InvestmentRow;

/** Both have these rows by id, and may be changed by `flush`. */
function start(count: number, flush: () => void = () => undefined) {
  const own = Array.from({ length: count }, (_, at) => rowAt(at));
  const shown = new Map(own.map((row) => [row.id, row]));
  let reads = 0;
  const db = {
    prepare: () => ({
      bind: (after: string, upTo: string) => ({
        all: async () => {
          reads += 1;
          return { results: [...shown.values()].filter(({ id }) => id > after && id <= upTo) };
        },
      }),
    }),
  } as unknown as D1Database;
  const ledger = {
    check: () => ['a sum is wrong'],
    head: () => ({ pool: 'pool_a', sequence: 1, hash: 'h', recordedAt: 1 }),
    investmentsAfter: (after: string, limit: number) =>
      own.filter(({ id }) => id > after).slice(0, limit) as InvestmentRow[],
  };
  const compare = () => differencesOf({ ledger, db, flush: async () => flush() });
  return { own, shown, compare, reads: () => reads };
}
const ids = (differences: { investmentId: string | null }[]) =>
  differences.map(({ investmentId }) => investmentId);

test.each([0, 1, 499, 500, 501, 1_000, 1_203])('%i rows that agree are read once', async (count) => {
  const { compare, reads } = start(count);
  expect(await compare()).toEqual([{ investmentId: null, detail: 'a sum is wrong' }]);
  expect(reads()).toBe(Math.floor(count / 500) + 1);
});

test('differences of every page are found: rows that are gone, changed, and made up', async () => {
  const { shown, compare } = start(1_203);
  shown.delete(rowAt(499).id);
  shown.set(rowAt(500).id, rowAt(500, { status: 'confirmed' }));
  shown.set(`${rowAt(999).id}x`, rowAt(999, { id: `${rowAt(999).id}x` }));
  shown.set(rowAt(1_500).id, rowAt(1_500));
  const found = await compare();
  expect(ids(found).toSorted()).toEqual(
    [null, rowAt(499).id, rowAt(500).id, `${rowAt(999).id}x`, rowAt(1_500).id].toSorted(),
  );
  expect(found.find(({ investmentId }) => investmentId === rowAt(500).id)?.detail).toBe(
    'D1 shows confirmed at revision 1: 10 tokens for 20, the ledger has pending at revision 1: 10 tokens for 20',
  );
});

test('a row that D1 was only late with does not differ', async () => {
  let flushes = 0;
  const bench = start(10, () => {
    flushes += 1;
    if (flushes === 2) bench.shown.set(rowAt(3).id, rowAt(3));
  });
  bench.shown.delete(rowAt(3).id);
  expect(ids(await bench.compare())).toEqual([null]);
});

test('a hundred differences are enough for a person', async () => {
  const { shown, compare } = start(1_000);
  shown.clear();
  expect(await compare()).toHaveLength(100);
});
