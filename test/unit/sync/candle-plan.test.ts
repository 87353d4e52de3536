import { expect, test } from 'vitest';
import { historyRequests } from '../../../src/sync/candle-plan.ts';

const NOW = 1_700_000_000;
const DAY = 86_400;

function plan(held: {
  newestDay?: number | null;
  oldestHour?: number | null;
  recentHours?: number;
}): string[] {
  const coverage = {
    symbol: 'BTC',
    newestDay: NOW - DAY,
    oldestHour: NOW - 34 * DAY,
    recentHours: 24,
    ...held,
  };
  return historyRequests(coverage, NOW).map(({ interval, period }) => `${period}/${interval}`);
}

test('a symbol without candles gets a year of days and a month of hours', () => {
  expect(plan({ newestDay: null, oldestHour: null, recentHours: 0 })).toEqual(['365d/1d', '30d/1h']);
});

test('a symbol that is up to date gets a week of days', () => {
  expect(plan({})).toEqual(['7d/1d']);
});

test('the period reaches back to the newest day held, so that an outage leaves no hole', () => {
  expect(plan({ newestDay: NOW - 6 * DAY })).toEqual(['7d/1d']);
  expect(plan({ newestDay: NOW - 10 * DAY })).toEqual(['30d/1d']);
  expect(plan({ newestDay: NOW - 40 * DAY })).toEqual(['365d/1d']);
});

test('hours sampled before the first night do not keep the month before them out', () => {
  expect(plan({ newestDay: null, oldestHour: NOW - 3_600, recentHours: 1 })).toEqual(['365d/1d', '30d/1h']);
});

test('holes in the last day are filled from a week of hours', () => {
  expect(plan({ recentHours: 23 })).toEqual(['7d/1d', '7d/1h']);
});
