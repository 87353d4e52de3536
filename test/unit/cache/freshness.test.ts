import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageSeconds, freshnessOf } from '../../../src/cache/freshness.ts';

const POLICY = {
  maxAgeSeconds: 60,
  staleWhileRevalidateSeconds: 60,
  staleIfErrorSeconds: 300,
  scope: 'public' as const,
  tags: ['candles', 'prices'],
};
const at = (
  seconds: number,
  generations = [3, 5],
  current: Record<string, number> = { candles: 3, prices: 5 },
) => freshnessOf({ executedAtMs: 1_000_000, generations }, POLICY, current, 1_000_000 + seconds * 1_000);

test.each([
  [0, 'fresh'],
  [59.999, 'fresh'],
  [60, 'stale'],
  [119.999, 'stale'],
  [120, 'last-resort'],
  [359.999, 'last-resort'],
  [360, 'expired'],
  [1e9, 'expired'],
  [-1, 'fresh'],
  // The clocks of two isolates differ a little.
  [-60, 'fresh'],
  // A clock that was set back: the answer's age is not known.
  [-61, 'stale'],
  [-3_600, 'stale'],
  [-1e9, 'stale'],
])('%d s after it was executed an answer is %s', (seconds, freshness) => {
  expect(at(seconds)).toBe(freshness);
});

test.each([
  [{ candles: 4, prices: 5 }, 'stale'],
  [{ candles: 3, prices: 6 }, 'stale'],
  [{ candles: 2, prices: 4 }, 'fresh'],
  [{ projects: 9, pools: 9, candles: 3, prices: 5 }, 'fresh'],
  [{}, 'fresh'],
])('with its generations at 3 and 5 and the tags at %j it is %s', (current, freshness) => {
  expect(at(10, [3, 5], current)).toBe(freshness);
});

test('a tag that changed for the first time makes what was made before stale', () => {
  expect(at(10, [0, 0], { prices: 1 })).toBe('stale');
});

test('a change makes nothing live longer, and time makes nothing fresher', () => {
  const order = ['fresh', 'stale', 'last-resort', 'expired'];
  const generations = fc.tuple(fc.nat(3), fc.nat(3));
  const tags = fc.record({ candles: fc.nat(3), prices: fc.nat(3) }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), generations, tags, (seconds, more, seen, current) => {
      const now = order.indexOf(at(seconds, seen, current));
      expect(order.indexOf(at(seconds + more, seen, current))).toBeGreaterThanOrEqual(now);
      expect(now).toBeGreaterThanOrEqual(order.indexOf(at(seconds, seen, {})));
    }),
  );
});

test('ages are whole seconds, rounded down, and never below 0', () => {
  const age = (ms: number) => ageSeconds({ executedAtMs: 1_000_000 }, 1_000_000 + ms);
  expect([age(0), age(999), age(1_000), age(59_999), age(-5_000)]).toEqual([0, 0, 1, 59, 0]);
});
