import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allocate,
  costOfRest,
  parseAmount,
  paymentStep,
  roundedDown,
  tokensFor,
} from '../../../src/investing/rules/allocation.ts';
import { fromUnits, toUnits, UNITS_OF_ONE } from '../../../src/storage/decimal-units.ts';

const digitsOf = (units: bigint) => fromUnits(units).replace('.', '').replace(/^0+/, '').length;
const units = fc.bigInt({ min: 1n, max: 10n ** 30n });
const decimals = fc.integer({ min: 0, max: 18 });

describe('tokens for an amount', () => {
  test.each([
    ['100', '0.5', '200'],
    ['1', '3', '0.333333333333333333'],
    ['0.000001', '1000000000000', '0.000000000000000001'],
    ['0.000001', '2000000000000', '0'],
    ['100000000000000', '3', '33333333333333.3333333333333333'],
  ])('%s at %s are %s', (amount, price, tokens) => {
    expect(fromUnits(tokensFor(toUnits(amount), toUnits(price)))).toBe(tokens);
  });

  test('never cost more than the amount, and one step more would, within 30 digits', () => {
    fc.assert(
      fc.property(units, units, (amount, price) => {
        const tokens = tokensFor(amount, price);
        expect(tokens * price).toBeLessThanOrEqual(amount * UNITS_OF_ONE);
        expect(digitsOf(tokens)).toBeLessThanOrEqual(30);
        const exact = (amount * UNITS_OF_ONE) / price;
        expect(roundedDown(exact)).toBe(tokens);
        if (digitsOf(exact) <= 30) expect((tokens + 1n) * price).toBeGreaterThan(amount * UNITS_OF_ONE);
      }),
    );
  });
});

describe('the last piece', () => {
  test('costs what is left, rounded up to the decimals of the payment token', () => {
    expect(fromUnits(costOfRest(toUnits('1'), toUnits('0.333333333'), 6))).toBe('0.333334');
    expect(fromUnits(costOfRest(toUnits('3'), toUnits('0.5'), 6))).toBe('1.5');
    expect(fromUnits(costOfRest(toUnits('3'), toUnits('0.5'), 0))).toBe('2');
  });

  test('is bought by exactly its cost; more buys nothing, and less never more than there is', () => {
    fc.assert(
      fc.property(units, units, decimals, fc.bigInt({ min: -3n, max: 3n }), (rest, price, places, steps) => {
        const cost = costOfRest(rest, price, places);
        const amount = cost + steps * paymentStep(places);
        fc.pre(amount > 0n);
        const tokens = allocate(amount, { rest, price, decimals: places });
        if (steps === 0n) expect(tokens).toBe(roundedDown(rest));
        if (steps > 0n) expect(tokens).toBeNull();
        if (steps < 0n) expect(tokens).toBeLessThanOrEqual(rest);
        expect(cost % paymentStep(places)).toBe(0n);
        expect(cost * UNITS_OF_ONE).toBeGreaterThanOrEqual(rest * price);
        expect((cost - paymentStep(places)) * UNITS_OF_ONE).toBeLessThan(rest * price);
      }),
    );
  });

  test('nothing is left of nothing', () => {
    expect(allocate(0n, { rest: 0n, price: 1n, decimals: 6 })).toBeNull();
  });
});

describe('an amount', () => {
  test.each(['', '.', '-1', '1e3', '0x10', ' 1', '1,5', '1.0000000000000000001', '1'.repeat(31)])(
    'is not "%s"',
    (text) => expect(parseAmount(text)).toBeNull(),
  );

  test.each([
    ['1', '1'],
    ['1.0', '1'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['00', '0'],
    ['1.00000000000000000000', '1'],
    ['0.000000000000000001', '0.000000000000000001'],
    [`${'0'.repeat(40)}1`, '1'],
  ])('%s is %s', (text, decimal) => expect(fromUnits(parseAmount(text) ?? -1n)).toBe(decimal));
});
