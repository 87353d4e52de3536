import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AttemptRule, freeAtMs } from '../../../src/auth/attempt-rule.ts';

const rule = fc
  .record({ max: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 1, max: 100 }) })
  .chain(({ max, windowMs }) =>
    fc.constantFrom(0, windowMs, 2 * windowMs).map((lockMs): AttemptRule => ({ max, windowMs, lockMs })),
  );
const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 300 })), {
  maxLength: 60,
});

/** Attempts after these pauses, each made if its rule allows it. */
function attempts(pausesMs: readonly number[], tried: AttemptRule) {
  let nowMs = 1_000;
  const begun: number[] = [];
  return pausesMs.map((pauseMs) => {
    nowMs += pauseMs;
    const newestFirst = begun.toReversed().slice(0, tried.max);
    const freeMs = freeAtMs(newestFirst, tried);
    const before = [...begun];
    if (freeMs <= nowMs) begun.push(nowMs);
    return { nowMs, freeMs, before, isBegun: freeMs <= nowMs };
  });
}

test('no window has more attempts than the rule allows', () => {
  fc.assert(
    fc.property(rule, pauses, (tried, pausesMs) => {
      const begun = attempts(pausesMs, tried).filter(({ isBegun }) => isBegun);
      for (const { nowMs } of begun) {
        const inWindow = begun.filter(
          (other) => other.nowMs > nowMs - tried.windowMs && other.nowMs <= nowMs,
        );
        expect(inWindow.length).toBeLessThanOrEqual(tried.max);
      }
    }),
  );
});

test('an attempt is refused only after as many within a window, and until the window or the lock ends', () => {
  fc.assert(
    fc.property(rule, pauses, (tried, pausesMs) => {
      for (const { nowMs, freeMs, before, isBegun } of attempts(pausesMs, tried)) {
        if (isBegun) continue;
        const last = before.slice(-tried.max);
        const [oldest = 0, newest = 0] = [last[0], last.at(-1)];
        expect(last).toHaveLength(tried.max);
        expect(newest - oldest).toBeLessThan(tried.windowMs);
        expect(freeMs).toBe(Math.max(oldest + tried.windowMs, newest + tried.lockMs));
        expect(freeMs).toBeGreaterThan(nowMs);
      }
    }),
  );
});

test('after a lock that is no shorter than its window, as many attempts as before may begin', () => {
  const tried = { max: 3, windowMs: 10, lockMs: 10 };
  const begun = attempts([0, 1, 1, 1, 8, 1, 0, 0, 0], tried).map(({ isBegun }) => isBegun);
  expect(begun).toEqual([true, true, true, false, false, true, true, true, false]);
});
