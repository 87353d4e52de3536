/** Memories and budgets under a clock that is set back: nothing lasts longer than it did before. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NewerIds } from '../../../src/operations/newer-ids.ts';
import { BoundedMemory } from '../../../src/storage/bounded-memory.ts';
import { RateBudget } from '../../../src/storage/rate-budget.ts';
import { RecentlyAbsent } from '../../../src/storage/recently-absent.ts';
import { TokenBucket } from '../../../src/storage/token-bucket.ts';

const SECONDS = 60;
const NOW_MS = 1_700_000_000_000;
const setBackMs = fc.integer({ min: 1, max: 100_000_000_000 });

test('a key is absent for no longer than its time, from wherever the clock begins again', () => {
  fc.assert(
    fc.property(setBackMs, (ms) => {
      const absent = new RecentlyAbsent(SECONDS, new BoundedMemory(10_000));
      absent.note('a', NOW_MS);
      const thenMs = NOW_MS - ms;
      // A step back that is shorter than that cannot be told from none.
      if (ms > SECONDS * 1000) expect(absent.has('a', thenMs)).toBe(false);
      expect(absent.has('a', thenMs + 2 * SECONDS * 1000)).toBe(false);
      absent.note('a', thenMs);
      expect(absent.has('a', thenMs)).toBe(true);
      expect(absent.has('a', thenMs + SECONDS * 1000)).toBe(false);
    }),
  );
});

test('a budget that is spent is there again with its next window', () => {
  fc.assert(
    fc.property(setBackMs, (ms) => {
      const budget = new RateBudget({ times: 1, seconds: SECONDS });
      budget.spend(NOW_MS);
      const thenMs = NOW_MS - ms;
      budget.spend(thenMs);
      expect(budget.spend(thenMs + SECONDS * 1000)).toBe(true);
    }),
  );
});

test('a bucket fills from the time that the clock begins again', () => {
  fc.assert(
    fc.property(setBackMs, (ms) => {
      const bucket = new TokenBucket({ burst: 1, perSecond: 1 });
      bucket.spend(NOW_MS);
      const thenMs = NOW_MS - ms;
      bucket.spend(thenMs);
      expect(bucket.spend(thenMs + 1_000)).toBe(true);
    }),
  );
});

test('newer ids are read at once', () => {
  fc.assert(
    fc.property(setBackMs, (ms) => {
      const ids = new NewerIds();
      ids.claimRead(NOW_MS);
      expect(ids.claimRead(NOW_MS - ms)).toBe(true);
    }),
  );
});
