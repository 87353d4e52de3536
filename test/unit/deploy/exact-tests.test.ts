/** Probabilities of counts, against their definition in whole numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chanceOfAtLeast, chanceOfMore } from '../../../scripts/deploy/judge/exact-tests.ts';

function choose(of: number, taken: number): bigint {
  let result = 1n;
  for (let index = 0; index < taken; index += 1) result = (result * BigInt(of - index)) / BigInt(index + 1);
  return taken < 0 || taken > of ? 0n : result;
}

const SCALE = 10n ** 60n;
const quotient = (part: bigint, whole: bigint) => Number((part * SCALE) / whole) / Number(SCALE);
const share = fc
  .tuple(fc.nat(60), fc.nat(60))
  .map(([one, other]) => ({ marked: Math.min(one, other), of: Math.max(one, other) }));

describe('the chance that so many of the marked requests are of one version', () => {
  test('is the sum over all ways to draw them', () => {
    fc.assert(
      fc.property(share, share, (before, now) => {
        const marked = before.marked + now.marked;
        let ways = 0n;
        for (let count = now.marked; count <= Math.min(marked, now.of); count += 1)
          ways += choose(now.of, count) * choose(before.of, marked - count);
        const expected = quotient(ways, choose(before.of + now.of, marked));
        expect(chanceOfMore(before, now)).toBeCloseTo(expected, 12);
        expect(Math.abs(chanceOfMore(before, now) / expected - 1)).toBeLessThan(1e-9);
      }),
    );
  });

  test('becomes less with each further marked request of that version, and with each unmarked one of the other', () => {
    fc.assert(
      fc.property(share, share, (before, now) => {
        const chance = chanceOfMore(before, now) * (1 + 1e-9);
        expect(chanceOfMore(before, { marked: now.marked + 1, of: now.of + 1 })).toBeLessThanOrEqual(chance);
        expect(chanceOfMore({ ...before, of: before.of + 1 }, now)).toBeLessThanOrEqual(chance);
      }),
    );
  });

  test('is exact for millions of requests', () => {
    const half = { marked: 50_000, of: 50_000_000 };
    expect(chanceOfMore(half, half)).toBeCloseTo(0.5, 2);
    expect(chanceOfMore(half, { marked: 52_000, of: 50_000_000 })).toBeLessThan(1e-9);
    expect(chanceOfMore(half, { marked: 50_000_000, of: 50_000_000 })).toBe(0);
  });
});

test('the chance of so many marked requests is the sum of the binomial terms', () => {
  fc.assert(
    fc.property(share, fc.integer({ min: 1, max: 99 }), ({ marked, of }, percent) => {
      let ways = 0n;
      for (let count = marked; count <= of; count += 1)
        ways +=
          choose(of, count) * BigInt(percent) ** BigInt(count) * BigInt(100 - percent) ** BigInt(of - count);
      const expected = quotient(ways, 100n ** BigInt(of));
      const chance = chanceOfAtLeast({ marked, of }, percent / 100);
      expect(Math.abs(chance - expected)).toBeLessThan(1e-9 * expected + 1e-39);
    }),
  );
  expect(chanceOfAtLeast({ marked: 0, of: 10 }, 0)).toBe(1);
  expect(chanceOfAtLeast({ marked: 1, of: 10 }, 0)).toBe(0);
  expect(chanceOfAtLeast({ marked: 1, of: 10 }, 1)).toBe(1);
});
