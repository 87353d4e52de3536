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
