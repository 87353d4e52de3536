/** Probabilities of counts, against their definition in whole numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chanceOfAtLeast,
  chanceOfMore,
  type Period,
  type Proportion,
} from '../../../scripts/deploy/judge/exact-tests.ts';

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

/** The ways in which each count of the marked requests can be the new version's, times odds to the power of the count. */
function waysOf(oldShare: Proportion, newShare: Proportion, odds: bigint): bigint[] {
  const marked = oldShare.marked + newShare.marked;
  return Array.from({ length: marked + 1 }, (_, count) =>
    count > newShare.of || marked - count > oldShare.of
      ? 0n
      : choose(newShare.of, count) * choose(oldShare.of, marked - count) * odds ** BigInt(count),
  );
}

function expectedChance(periods: readonly Period[], odds: bigint): number {
  let ways = [1n];
  for (const { oldShare, newShare } of periods) {
    const added = waysOf(oldShare, newShare, odds);
    const sums = new Array<bigint>(ways.length + added.length - 1).fill(0n);
    for (const [count, way] of ways.entries())
      for (const [more, other] of added.entries())
        sums[count + more] = (sums[count + more] ?? 0n) + way * other;
    ways = sums;
  }
  const seen = periods.reduce((sum, { newShare }) => sum + newShare.marked, 0);
  const all = ways.reduce((sum, way) => sum + way, 0n);
  return quotient(
    ways.slice(seen).reduce((sum, way) => sum + way, 0n),
    all,
  );
}

describe('the chance that so many of the marked requests are of one version', () => {
  test('is that of all ways to draw them in each period, at these odds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ oldShare: share, newShare: share }), { maxLength: 4 }),
        fc.constantFrom(1, 2, 7),
        (periods, odds) => {
          const expected = expectedChance(periods, BigInt(odds));
          expect(Math.abs(chanceOfMore(periods, odds) - expected)).toBeLessThan(1e-9 * expected + 1e-24);
        },
      ),
    );
  });

  test('becomes less with each further marked request of that version, and with each unmarked one of the other', () => {
    fc.assert(
      fc.property(share, share, fc.constantFrom(1, 1.5), (oldShare, newShare, odds) => {
        const chance = chanceOfMore([{ oldShare, newShare }], odds) * (1 + 1e-9);
        const worse = { marked: newShare.marked + 1, of: newShare.of + 1 };
        const better = { ...oldShare, of: oldShare.of + 1 };
        expect(chanceOfMore([{ oldShare, newShare: worse }], odds)).toBeLessThanOrEqual(chance);
        expect(chanceOfMore([{ oldShare: better, newShare }], odds)).toBeLessThanOrEqual(chance);
      }),
    );
  });

  test('holds for millions of requests', () => {
    const half = { marked: 5_000, of: 5_000_000 };
    const chanceOf = (marked: number) =>
      chanceOfMore([{ oldShare: half, newShare: { marked, of: 5_000_000 } }]);
    expect(chanceOf(5_000)).toBeCloseTo(0.5, 2);
    expect(chanceOf(5_600)).toBeLessThan(1e-8);
    expect(chanceOf(5_000_000)).toBe(0);
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
      const chance = chanceOfAtLeast([{ share: { marked, of }, probability: percent / 100 }]);
      expect(Math.abs(chance - expected)).toBeLessThan(1e-9 * expected + 1e-24);
    }),
  );
  const chanceOf = (marked: number, probability: number) =>
    chanceOfAtLeast([{ share: { marked, of: 10 }, probability }]);
  expect([chanceOf(0, 0), chanceOf(1, 0), chanceOf(1, 1)]).toEqual([1, 0, 1]);
});
