import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../../src/storage/token-bucket.ts';

const BUDGET = { burst: 5, perSecond: 2 };

test('never lets more through than its burst and what has come in since, however often it is asked', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 700 }), { maxLength: 200 }), (pausesMs) => {
      const bucket = new TokenBucket(BUDGET);
      let [nowMs, spent] = [1_000, 0];
      for (const pauseMs of pausesMs) {
        nowMs += pauseMs;
        if (bucket.spend(nowMs)) spent += 1;
        expect(spent).toBeLessThanOrEqual(BUDGET.burst + ((nowMs - 1_000) / 1000) * BUDGET.perSecond);
      }
    }),
  );
});

test('lets one through as soon as it has come in, and no more than the burst after a long rest', () => {
  const bucket = new TokenBucket(BUDGET);
  const throughAt = (nowMs: number) =>
    Array.from({ length: 9 }, () => bucket.spend(nowMs)).filter(Boolean).length;
  expect(throughAt(0)).toBe(5);
  expect(throughAt(499)).toBe(0);
  expect(throughAt(500)).toBe(1);
  expect(throughAt(90_000)).toBe(5);
});

test('goes on where the clock is set back', () => {
  const bucket = new TokenBucket(BUDGET);
  for (let time = 0; time < 5; time += 1) bucket.spend(3_600_000);
  expect(bucket.spend(0)).toBe(false);
  expect(bucket.spend(500)).toBe(true);
});

test('has again what is given back, up to its burst', () => {
  const bucket = new TokenBucket(BUDGET);
  bucket.giveBack();
  for (let time = 0; time < 5; time += 1) expect(bucket.spend(0)).toBe(true);
  expect(bucket.spend(0)).toBe(false);
  bucket.giveBack();
  expect(bucket.spend(0)).toBe(true);
});
