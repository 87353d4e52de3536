import { describe, expect, test } from 'vitest';
import type { PriceRecord, PriceSnapshot } from '../../../src/storage/kv/prices.ts';
import { type MergeInput, mergePrices } from '../../../src/sync/merge-prices.ts';
import type { UpstreamPriceRecord } from '../../../src/upstream/price-api-records.ts';

const NOW = 1_700_000_000;
const DAY = 86_400;

const held = (symbol: string, priceUsd: number, lastUpdate: number): PriceRecord => ({
  symbol,
  priceUsd,
  lastUpdate,
});
const arrived = (symbol: string, priceUsd: number, lastUpdate: number) =>
  ({ symbol, price: priceUsd, priceUsd, lastUpdate }) as UpstreamPriceRecord;

function snapshot(...prices: PriceRecord[]): PriceSnapshot {
  return {
    asOf: NOW - 60,
    rates: {},
    prices: Object.fromEntries(prices.map((price) => [price.symbol, price])),
  };
}

function merge(input: Partial<MergeInput>, ...received: UpstreamPriceRecord[]) {
  return mergePrices({
    previous: null,
    symbols: ['BTC'],
    received: new Map(received.map((record) => [record.symbol, record])),
    refused: new Set(),
    rates: {},
    asOf: NOW,
    ...input,
  });
}

describe('a price snapshot', () => {
  test('takes what arrived, in dollars alone', () => {
    const { snapshot: next, current, changed } = merge({}, arrived('BTC', 100, NOW));
    expect(next).toEqual({ asOf: NOW, rates: {}, prices: { BTC: held('BTC', 100, NOW) }, absentSince: {} });
    expect(current).toEqual([{ symbol: 'BTC', priceUsd: 100 }]);
    expect(changed).toBe(1);
  });

  test('has a greater time than the last one, also if the clock was set back: it is its generation', () => {
    const previous = { ...snapshot(held('BTC', 100, NOW)), asOf: NOW };
    const { snapshot: next } = merge({ previous, asOf: NOW - 3_600 }, arrived('BTC', 101, NOW - 3_600));
    expect(next).toMatchObject({ asOf: NOW + 1, prices: { BTC: { priceUsd: 101 } } });
  });

  test('holds the synced symbols alone', () => {
    const { snapshot: next } = merge({ previous: snapshot(held('OLD', 1, NOW)) }, arrived('ETH', 5, NOW));
    expect(next.prices).toEqual({});
  });

  test('never goes back in time', () => {
    const previous = snapshot(held('BTC', 100, NOW));
    const { snapshot: next, current, changed } = merge({ previous }, arrived('BTC', 90, NOW - 1));
    expect(next.prices.BTC).toEqual(held('BTC', 100, NOW));
    expect(current).toEqual([]);
    expect(changed).toBe(0);
  });

  test('lets a price that claims to be of the future give way', () => {
    const previous = snapshot(held('BTC', 100, NOW + DAY));
    expect(merge({ previous }, arrived('BTC', 90, NOW)).snapshot.prices.BTC).toEqual(held('BTC', 90, NOW));
  });

  test('takes another price of the same second', () => {
    const previous = snapshot(held('BTC', 100, NOW));
    expect(merge({ previous }, arrived('BTC', 101, NOW)).snapshot.prices.BTC?.priceUsd).toBe(101);
  });

  test('counts a price that stayed as it was as current, not as changed', () => {
    const { current, changed } = merge(
      { previous: snapshot(held('BTC', 100, NOW)) },
      arrived('BTC', 100, NOW),
    );
    expect(current).toHaveLength(1);
    expect(changed).toBe(0);
  });

  test('keeps the last good price of a bad record for as long as it is bad', () => {
    const previous = snapshot(held('BTC', 100, NOW - 30 * DAY));
    const { snapshot: next, current } = merge({ previous, refused: new Set(['BTC']) });
    expect(next.prices.BTC).toEqual(held('BTC', 100, NOW - 30 * DAY));
    expect(next.absentSince).toEqual({});
    expect(current).toEqual([]);
  });

  test('keeps a symbol that upstream no longer knows for a day, counted from when it went missing', () => {
    const longUntraded = snapshot(held('BTC', 100, NOW - 5 * DAY));
    const first = merge({ previous: longUntraded }).snapshot;
    expect(first.prices.BTC?.priceUsd).toBe(100);
    expect(first.absentSince).toEqual({ BTC: NOW });

    const dayLater = merge({ previous: first, asOf: NOW + DAY }).snapshot;
    expect(dayLater.prices.BTC?.priceUsd).toBe(100);
    expect(dayLater.absentSince).toEqual({ BTC: NOW });

    expect(merge({ previous: dayLater, asOf: NOW + DAY + 1 }).snapshot.prices).toEqual({});
  });

  test('forgets that a symbol was missing when it comes back', () => {
    const missing = merge({ previous: snapshot(held('BTC', 100, NOW)) }).snapshot;
    const back = merge({ previous: missing, asOf: NOW + 60 }, arrived('BTC', 101, NOW + 60)).snapshot;
    expect(back.absentSince).toEqual({});
  });

  test('is not confused by a symbol that objects know', () => {
    expect(merge({ previous: snapshot(), symbols: ['__proto__', 'constructor'] }).snapshot.prices).toEqual(
      {},
    );
  });
});
