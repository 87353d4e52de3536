import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  costByDay,
  costByOperation,
  costOf,
  forecastMonth,
  forecastReadsFrom,
  type PricedHourCell,
} from '../../../src/metrics/cost.ts';
import { BASE_DOLLARS, billOf } from '../../../src/metrics/prices.ts';
import { REQUEST_CPU } from '../../../src/metrics/request-cpu.ts';
import { noCalls } from '../../../src/observability/call-counts.ts';
import { drawnCell } from '../../support/drawn-metrics.ts';

const seconds = (instant: string) => Date.parse(instant) / 1000;
const hour = (instant: string) => seconds(instant) / 3600;

const cell = (changes: Partial<PricedHourCell> = {}): PricedHourCell => ({
  operationId: 'sha256:a',
  outcome: 'ok',
  cache: 'miss',
  hour: hour('2026-11-26T10:00:00Z'),
  count: 1,
  bytes: 0,
  calls: noCalls(),
  ...changes,
});

const firstHour = hour('2026-10-20T00:00:00Z');
const anyCell = drawnCell({ hours: Array.from({ length: 42 }, (_, day) => firstHour + 24 * day) });

test('a cost is the counted calls times their prices', () => {
  const calls = {
    ...noCalls(),
    d1Queries: 7,
    d1RowsRead: 5e9,
    d1RowsWritten: 3e6,
    kvReads: 4e6,
    kvWrites: 2e6,
    objectCalls: 10e6,
    r2Reads: 5e6,
    r2Writes: 1e6,
    upstreamCalls: 9,
  };
  const { dollars } = costOf([cell({ count: 1e6, outcome: 'refused', cache: 'bypass', calls })]);
  expect(dollars.d1).toBeCloseTo(5 + 3);
  expect(dollars.kv).toBeCloseTo(2 + 10);
  expect(dollars.durableObjects).toBeCloseTo(1.5);
  expect(dollars.r2).toBeCloseTo(1.8 + 4.5);
  expect(dollars.analytics).toBeCloseTo(0.25);
  // A million requests, and the CPU of each.
  const cpuMs = REQUEST_CPU.refused.shortMicroseconds / 1000;
  expect(dollars.workers).toBeCloseTo(0.3 + cpuMs * 0.02, 6);
});

test('a run of a job is no request, writes no point, and costs its calls', () => {
  const { use, dollars } = costOf([
    cell({ operationId: 'job:prices', cache: 'bypass', calls: { ...noCalls(), kvWrites: 1e6 } }),
  ]);
  expect(use).toMatchObject({ workerRequests: 0, workerCpuMs: 0, analyticsPoints: 0 });
  expect(dollars.total).toBeCloseTo(5);
});

test('the costs of operations, and of days, add up to the cost of all', () => {
  fc.assert(
    fc.property(fc.array(anyCell, { maxLength: 30 }), (cells) => {
      const { total } = costOf(cells).dollars;
      for (const parts of [costByOperation(cells), costByDay(cells)])
        expect(parts.reduce((sum, { dollars }) => sum + dollars.total, 0)).toBeCloseTo(total, 6);
    }),
  );
});

test('the dearest operation comes first, with its number of requests', () => {
  const rows = { ...noCalls(), d1RowsRead: 1e9 };
  const costs = costByOperation([
    cell({ count: 2 }),
    cell({ operationId: 'sha256:b', calls: rows, count: 5 }),
    cell({ operationId: 'sha256:b', cache: 'hit', count: 4 }),
  ]);
  expect(costs.map(({ operationId, count }) => [operationId, count])).toEqual([
    ['sha256:b', 9],
    ['sha256:a', 2],
  ]);
});

test('days are those of UTC, in order', () => {
  const days = costByDay([cell(), cell({ hour: hour('2026-11-25T23:00:00Z') })]);
  expect(days.map(({ day }) => day)).toEqual(['2026-11-25', '2026-11-26']);
});

test('the rest of the month is like the mean of the last seven days', () => {
  // Nine days before the end: 100 M rows in each of the 21 full days, so 100 M in each of the others.
  const now = seconds('2026-11-22T00:00:00Z');
  const cells = Array.from({ length: 21 }, (_, day) =>
    cell({ hour: hour('2026-11-01T00:00:00Z') + 24 * day, calls: { ...noCalls(), d1RowsWritten: 100e6 } }),
  );
  const forecast = forecastMonth(cells, now);
  expect(forecast.use.d1RowsWritten).toBeCloseTo(3000e6);
  expect(forecast.bill.d1).toBeCloseTo(3000 - 50);
  expect(forecast.daysOfMean).toBe(7);
});

test('a week of an earlier month tells what the month will be like, and costs nothing in it', () => {
  const now = seconds('2026-11-01T00:00:00Z');
  const cells = Array.from({ length: 7 }, (_, day) =>
    cell({ hour: hour('2026-10-25T00:00:00Z') + 24 * day, calls: { ...noCalls(), d1RowsWritten: 7e6 } }),
  );
  expect(forecastMonth(cells, now).use.d1RowsWritten).toBeCloseTo(30 * 7e6);
  expect(forecastReadsFrom(now)).toBe(seconds('2026-10-25T00:00:00Z'));
  expect(forecastReadsFrom(seconds('2026-11-22T12:30:00Z'))).toBe(seconds('2026-11-01T00:00:00Z'));
});

test('a gateway of two days is judged by two days, and one of a minute by an hour', () => {
  const rows = { ...noCalls(), d1RowsWritten: 10e6 };
  const now = seconds('2026-11-21T00:00:00Z');
  const young = forecastMonth([cell({ hour: hour('2026-11-19T00:00:00Z'), calls: rows })], now);
  expect(young.daysOfMean).toBe(2);
  expect(young.use.d1RowsWritten).toBeCloseTo(10e6 * (1 + 10 / 2));
  const minute = forecastMonth(
    [cell({ hour: hour('2026-11-21T00:00:00Z'), calls: rows })],
    seconds('2026-11-21T00:01:00Z'),
  );
  expect(minute.daysOfMean).toBeCloseTo(1 / 24);
});

test('without counts, and at the end of a month, the forecast is what was used', () => {
  expect(forecastMonth([], seconds('2026-11-26T10:00:00Z')).bill.total).toBe(BASE_DOLLARS);
  fc.assert(
    fc.property(fc.array(anyCell, { maxLength: 20 }), (cells) => {
      const november = cells.filter((drawn) => drawn.hour >= hour('2026-11-01T00:00:00Z'));
      const end = forecastMonth(cells, seconds('2026-12-01T00:00:00Z') - 1e-6);
      expect(end.bill.total).toBeCloseTo(billOf(costOf(november).use).total, 4);
    }),
  );
});
