import { expect, test } from 'vitest';
import { BASE_DOLLARS, billOf, dollarsOf, type MonthlyUse, UNIT_PRICES } from '../../../bench/prices.ts';

const NOTHING: MonthlyUse = {
  workerRequests: 0,
  workerCpuMs: 0,
  kvReads: 0,
  kvWrites: 0,
  kvDeletes: 0,
  kvBytes: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  d1Bytes: 0,
};

test('what the plan includes costs the plan and nothing else', () => {
  const included = Object.fromEntries(
    Object.entries(UNIT_PRICES).map(([unit, price]) => [unit, price.included]),
  ) as unknown as MonthlyUse;
  expect(billOf(included)).toEqual({ workers: BASE_DOLLARS, kv: 0, d1: 0, total: BASE_DOLLARS });
});

test('only what is beyond the included part is charged, by the million', () => {
  expect(dollarsOf('kvWrites', 1e6)).toBe(0);
  expect(dollarsOf('kvWrites', 3e6)).toBeCloseTo(10);
  expect(dollarsOf('workerRequests', 50e6)).toBeCloseTo(12);
  expect(dollarsOf('d1RowsRead', 26e9)).toBeCloseTo(1);
});

test('storage is charged by the gigabyte', () => {
  expect(dollarsOf('d1Bytes', 7e9)).toBeCloseTo(1.5);
  expect(dollarsOf('kvBytes', 3e9)).toBeCloseTo(1);
});

test('each product gets its own part of the bill, and the parts make the total', () => {
  const bill = billOf({ ...NOTHING, workerRequests: 20e6, kvReads: 12e6, d1RowsWritten: 53e6 });
  expect(bill.workers).toBeCloseTo(BASE_DOLLARS + 3);
  expect(bill.kv).toBeCloseTo(1);
  expect(bill.d1).toBeCloseTo(3);
  expect(bill.total).toBeCloseTo(BASE_DOLLARS + 7);
});
