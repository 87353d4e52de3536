import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeIndicators } from '../../../src/sync/indicators.ts';
import { bitcoinCloses, madeUpCloses } from './bitcoin-closes.ts';
import { referenceAverage, referenceMacd, referenceRsi } from './reference-indicators.ts';

/** Equal to 1e-6, and null in the same places. */
function expectEqual(actual: number | null | undefined, expected: number | null | undefined): void {
  if (typeof actual !== 'number' || typeof expected !== 'number') expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-6);
}

function expectReference(closes: readonly number[], seed: 'first value' | 'mean'): void {
  const { rsi, macd, movingAverages } = computeIndicators(closes);
  const expected = referenceMacd(closes, seed);
  expectEqual(rsi, referenceRsi(closes));
  expectEqual(macd?.value, expected?.value);
  expectEqual(macd?.signal, expected?.signal);
  expectEqual(macd?.histogram, expected?.histogram);
  expectEqual(movingAverages.ma7, referenceAverage(closes, 7));
  expectEqual(movingAverages.ma25, referenceAverage(closes, 25));
  expectEqual(movingAverages.ma50, referenceAverage(closes, 50));
  expectEqual(movingAverages.ma200, referenceAverage(closes, 200));
}

describe('indicators', () => {
  test.each([
    ['bitcoin', bitcoinCloses()],
    ['a made-up coin', madeUpCloses()],
  ])(
    'over a year of %s agree with an independent computation, whatever the seed of its averages',
    (_, closes) => {
      for (let end = 365; end <= closes.length; end += 97) {
        const year = closes.slice(end - 365, end);
        expectReference(year, 'first value');
        expectReference(year, 'mean');
      }
    },
  );

  test('agree with an independent computation for every number of closes', () => {
    const closes = bitcoinCloses();
    for (let days = 0; days <= 260; days += 1) expectReference(closes.slice(0, days), 'first value');
  });

  test('agree with an independent computation for generated closes', () => {
    const close = fc.double({ min: 0.01, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(close, { maxLength: 80 }), (closes) => expectReference(closes, 'first value')),
      { numRuns: 200 },
    );
  });

  test('of the worked example in Wilder’s method come out as published', () => {
    // The closes and the result of StockCharts' "RSI" spreadsheet, days 1 to 15.
    const closes = [
      44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
      46.0328, 45.614, 46.282, 46.282,
    ];
    expect(computeIndicators(closes).rsi).toBeCloseTo(70.53, 2);
    expect(computeIndicators([...closes, 46.0028]).rsi).toBeCloseTo(66.32, 2);
  });

  test('are null one close short of what each needs', () => {
    const closes = madeUpCloses(200);
    const at = (days: number) => computeIndicators(closes.slice(0, days));
    expect([at(14).rsi, at(15).rsi]).toEqual([null, expect.any(Number)]);
    expect([at(33).macd, at(34).macd]).toEqual([null, expect.any(Object)]);
    expect([at(6).movingAverages.ma7, at(7).movingAverages.ma7]).toEqual([null, expect.any(Number)]);
    expect([at(199).movingAverages.ma200, at(200).movingAverages.ma200]).toEqual([null, expect.any(Number)]);
    expect([at(29).support, at(30).support]).toEqual([null, expect.any(Number)]);
  });

  test('take support and resistance from the last 30 closes', () => {
    const closes = [1, 1_000, ...Array.from({ length: 30 }, (_, day) => 100 + day)];
    expect(computeIndicators(closes)).toMatchObject({ support: 100, resistance: 129 });
  });

  test('of a price that never falls show the highest RSI', () => {
    expect(computeIndicators(Array.from({ length: 40 }, (_, day) => 10 + day)).rsi).toBe(100);
  });
});

test('are finite numbers or null for all closes that the price API may send', () => {
  const close = fc.oneof(
    fc.constantFrom(0, 5e-324, 1e-300, 1, 1e300),
    fc.double({ min: 0, max: 1e300, noNaN: true }),
  );
  const numbersIn = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [value];
  fc.assert(
    fc.property(fc.array(close, { minLength: 200, maxLength: 220 }), (closes) => {
      for (const value of numbersIn(computeIndicators(closes)))
        expect(value === null || Number.isFinite(value)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
