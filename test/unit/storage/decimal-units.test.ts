import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUnits, sortableUnits, toUnits, UNITS_OF_ONE } from '../../../src/storage/decimal-units.ts';

const amounts = fc.bigInt({ min: 0n, max: 10n ** 48n - 1n });

describe('amounts in units', () => {
  test('are the same amounts as decimals, to the last digit', () => {
    fc.assert(
      fc.property(amounts, fc.boolean(), (size, isNegative) => {
        const units = isNegative ? -size : size;
        expect(toUnits(fromUnits(units))).toBe(units);
        expect(new Big(fromUnits(units)).times(UNITS_OF_ONE.toString()).toFixed()).toBe(units.toString());
      }),
    );
  });

  test('of two ways to write an amount are equal', () => {
    for (const text of ['1', '1.0', '1.', '01', '01.000000000000000000'])
      expect(toUnits(text)).toBe(UNITS_OF_ONE);
    expect(toUnits('.5')).toBe(toUnits('0.50'));
    expect(fromUnits(toUnits('.50'))).toBe('0.5');
    expect(fromUnits(toUnits('-0'))).toBe('0');
  });

  test('compare as text as they do as numbers', () => {
    fc.assert(
      fc.property(amounts, amounts, (left, right) => {
        expect(sortableUnits(left) < sortableUnits(right)).toBe(left < right);
      }),
    );
    expect(() => sortableUnits(-1n)).toThrow(RangeError);
    expect(() => sortableUnits(10n ** 60n)).toThrow(RangeError);
  });
});
