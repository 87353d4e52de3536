import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BASE_DOLLARS,
  billOf,
  dollarsOf,
  listPriceOf,
  PRODUCTS,
  UNIT_PRICES,
  UNITS,
  type Use,
} from '../../../src/metrics/prices.ts';

const included: Use = Object.fromEntries(UNITS.map((unit) => [unit, UNIT_PRICES[unit].included]));
const anyUse = fc.record(Object.fromEntries(UNITS.map((unit) => [unit, fc.integer({ min: 0, max: 1e12 })])), {
  requiredKeys: [],
});

test('what the plan includes costs the plan and nothing else', () => {
  const bill = billOf(included);
  expect(bill.total).toBe(BASE_DOLLARS);
  expect(bill.workers).toBe(BASE_DOLLARS);
});

test('only what is beyond the included part is charged, by the million', () => {
  expect(dollarsOf('kvWrites', 1e6)).toBe(0);
  expect(dollarsOf('kvWrites', 3e6)).toBeCloseTo(10);
  expect(dollarsOf('workerRequests', 50e6)).toBeCloseTo(12);
  expect(dollarsOf('d1RowsRead', 26e9)).toBeCloseTo(1);
  expect(dollarsOf('analyticsPoints', 50e6)).toBeCloseTo(10);
  expect(dollarsOf('objectRequests', 2e6)).toBeCloseTo(0.15);
  expect(dollarsOf('emails', 4_000)).toBeCloseTo(0.35);
  expect(dollarsOf('imageTransformations', 6_000)).toBeCloseTo(0.5);
});

test('storage is charged by the gigabyte', () => {
  expect(dollarsOf('d1Bytes', 7e9)).toBeCloseTo(1.5);
  expect(dollarsOf('kvBytes', 3e9)).toBeCloseTo(1);
  expect(dollarsOf('r2Bytes', 100e9)).toBeCloseTo(1.35);
});

test('each product gets its own part of the bill, and the parts make the total', () => {
  const bill = billOf({ workerRequests: 20e6, kvReads: 12e6, d1RowsWritten: 53e6, r2Writes: 2e6 });
  expect(bill.workers).toBeCloseTo(BASE_DOLLARS + 3);
  expect(bill.kv).toBeCloseTo(1);
  expect(bill.d1).toBeCloseTo(3);
  expect(bill.r2).toBeCloseTo(4.5);
  expect(bill.total).toBeCloseTo(BASE_DOLLARS + 11.5);
});

test('a list price includes nothing, and is at least the bill less the plan', () => {
  expect(listPriceOf({ kvWrites: 1e6 }).kv).toBeCloseTo(5);
  fc.assert(
    fc.property(anyUse, (use) => {
      const [list, bill] = [listPriceOf(use), billOf(use)];
      for (const product of PRODUCTS)
        expect(list[product]).toBeGreaterThanOrEqual(
          bill[product] - (product === 'workers' ? BASE_DOLLARS : 0) - 1e-6,
        );
    }),
  );
});
