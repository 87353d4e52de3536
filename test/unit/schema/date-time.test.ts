import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schema } from '../../../schema/schema.ts';

const dateTime = schema.getType('DateTime') as unknown as { coerceOutputValue(unixSeconds: number): string };
const written = (unixSeconds: number) => dateTime.coerceOutputValue(unixSeconds);

const YEAR_0 = -62_167_219_200;
const YEAR_9999_END = 253_402_300_799;

test('an instant is written to the second, however often and among however many others', () => {
  const instant = fc.double({ min: YEAR_0, max: YEAR_9999_END, noNaN: true });
  fc.assert(
    fc.property(instant, (unixSeconds) => {
      const text = written(unixSeconds);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Date.parse(text) === Math.floor(unixSeconds) * 1000).toBe(true);
      expect(written(unixSeconds)).toBe(text);
    }),
    { numRuns: 10_000 },
  );
});

test('what is no instant is refused each time', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e15]) {
    expect(() => written(value)).toThrow(RangeError);
    expect(() => written(value)).toThrow(RangeError);
  }
});

const read = (text: string) =>
  (schema.getType('DateTime') as unknown as { coerceInputValue(text: string): number }).coerceInputValue(
    text,
  );

test('a given instant keeps its milliseconds, and lies between two of them if it has more digits', () => {
  const start = 1_700_000_000;
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(digits, (fraction) => {
      const seconds = read(`2023-11-14T22:13:20.${fraction}Z`) - start;
      const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
      const isExact = /^\d{0,3}0*$/.test(fraction);
      expect(seconds).toBeCloseTo((milliseconds + (isExact ? 0 : 0.5)) / 1000, 6);
      expect(seconds > 0).toBe(/[1-9]/.test(fraction));
      expect(seconds).toBeLessThan(1);
    }),
  );
});
