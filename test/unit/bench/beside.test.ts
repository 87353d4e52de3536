import { expect, test } from 'vitest';
import { compared, type Round } from '../../../bench/beside/measure-beside.ts';

/** Rounds of three turns by their CPU microseconds. */
const roundsOf = (...turns: [number, number, number][]): Round[] =>
  turns.map(([own, other, again]) => [
    { cpuMicroseconds: own, perSecond: null },
    { cpuMicroseconds: other, perSecond: null },
    { cpuMicroseconds: again, perSecond: null },
  ]);

test('a working tree that needs a tenth less CPU has a ratio above 1', () => {
  const { ratio, verdict } = compared(roundsOf([90, 100, 90], [91, 100, 89], [90, 100, 90]));
  expect(ratio.median).toBeCloseTo(100 / 90);
  expect(verdict).toBe('met');
});

test('the commit is compared with the turns around it, so a slower machine cancels out', () => {
  const { ratio } = compared(roundsOf([100, 110, 120], [200, 220, 240]));
  expect(ratio.median).toBeCloseTo(1, 1);
});

test('a working tree that needs more is accepted only where it differs from itself as much', () => {
  const quiet: [number, number, number] = [100, 90, 100];
  expect(compared(roundsOf(quiet, quiet, quiet)).verdict).toBe('missed');
  const noisy: [number, number, number] = [85, 90, 115];
  expect(compared(roundsOf(noisy, noisy, noisy)).verdict).toBe('within the noise');
});

test('without a rate there is no ratio of rates', () => {
  expect(compared(roundsOf([1, 1, 1])).rateRatio).toBeNull();
});
