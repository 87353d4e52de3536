import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OTHER_CLIENTS_WATCHED } from '../../../src/config.ts';
import { addedDays, FlushDays } from '../../../src/storage/d1/flush-days.ts';
import { drawnFacts } from '../../support/drawn-metrics.ts';

const dayOf = (flushes: Parameters<FlushDays['add']>[0][]) => {
  const days = new FlushDays();
  for (const flush of flushes) days.add(flush);
  return days.total();
};
const inOrder = ({ others, live }: ReturnType<typeof dayOf>) => ({
  others: others.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
  live,
});

/** Two states of a hub at the same second have no order. */
const flushesOfOneDay = fc.uniqueArray(drawnFacts(), {
  selector: ({ writtenAt }) => writtenAt,
  maxLength: 12,
});

test('days add up to the same, whatever their order and however they are put together', () => {
  fc.assert(
    fc.property(flushesOfOneDay, fc.nat(12), (flushes, at) => {
      const [first, second] = [dayOf(flushes.slice(0, at)), dayOf(flushes.slice(at))];
      expect(inOrder(addedDays(first, second))).toEqual(inOrder(dayOf(flushes)));
      expect(inOrder(addedDays(second, first))).toEqual(inOrder(dayOf(flushes)));
    }),
  );
});

test('a day keeps a bounded number of clients, the most frequent ones', () => {
  const named = (from: number, count: number) => ({
    writtenAt: 0,
    live: null,
    others: Array.from({ length: 100 }, (_, at) => ({ client: `c${from + at}`, version: '', count })),
  });
  const { others } = dayOf([named(0, 1), named(100, 2), named(200, 3), named(0, 1)]);
  expect(others).toHaveLength(OTHER_CLIENTS_WATCHED);
  expect(others.slice(0, 100).every(({ count }) => count === 3)).toBe(true);
  expect(others.slice(100).every(({ count }) => count === 2)).toBe(true);
});
