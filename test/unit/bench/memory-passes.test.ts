import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFlat, isGrowing, JUDGED_PASSES } from '../../../bench/memory-passes.ts';

const MIB = 1024 * 1024;
const GROWTH = 1.02;
const passesOf = (bytesOf: (pass: number) => number, passes = JUDGED_PASSES) =>
  Array.from({ length: passes }, (_, pass) => Math.round(bytesOf(pass)));
/** Of each pass, up or down. */
const noise = (most: number, passes: number) =>
  fc.array(fc.double({ min: -most, max: most, noNaN: true }), { minLength: passes, maxLength: passes });

test('a leak of 3 MiB a pass grows, in a process of 200 MiB whose peaks differ by 2 MiB', () => {
  fc.assert(
    fc.property(noise(MIB, JUDGED_PASSES), (noises) => {
      const peaks = passesOf((pass) => (200 + 3 * pass) * MIB + (noises[pass] ?? 0));
      expect(isGrowing(peaks, GROWTH)).toBe(true);
    }),
  );
});

test('memory that rises or falls once does not grow, whenever that is', () => {
  const drawn = fc.integer({ min: JUDGED_PASSES, max: 3 * JUDGED_PASSES }).chain((passes) =>
    fc.record({
      passes: fc.constant(passes),
      noises: noise(0.009, passes),
      at: fc.integer({ min: 0, max: passes }),
      height: fc.double({ min: 0.5, max: 3, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(drawn, ({ passes, noises, at, height }) => {
      const peakOf = (pass: number) => 190 * MIB * (pass < at ? 1 : height) * (1 + (noises[pass] ?? 0));
      expect(isGrowing(passesOf(peakOf, passes), GROWTH)).toBe(false);
    }),
  );
});

test('a warm-up is not judged', () => {
  const measured = [177, 196, 207, 198, 198, 199, 198, 195, 195, 195, 195, 195];
  expect(isGrowing(measured, GROWTH)).toBe(false);
  expect(isGrowing([1, 100, 180, ...measured.slice(3)], GROWTH)).toBe(false);
});

test('memory is flat if neither the peaks nor what is held grow', () => {
  const flat = passesOf(() => 190 * MIB);
  const leak = passesOf((pass) => (30 + pass) * MIB);
  const both = (peaks: number[], held: number[]) =>
    peaks.map((peakBytes, pass) => ({ peakBytes, heldBytes: held[pass] ?? 0 }));
  expect(isFlat(both(flat, flat))).toBe(true);
  expect(isFlat(both(flat, leak))).toBe(false);
  expect(isFlat(both(leak, flat))).toBe(false);
});

test('too few passes are refused', () => {
  expect(() =>
    isGrowing(
      passesOf(() => MIB, JUDGED_PASSES - 1),
      GROWTH,
    ),
  ).toThrow(RangeError);
});
