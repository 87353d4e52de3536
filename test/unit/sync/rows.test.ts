import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonChunks } from '../../../src/storage/d1/json-chunks.ts';
import { progressPercent } from '../../../src/storage/progress-percent.ts';
import { foldHour } from '../../../src/sync/prices.ts';
import { projectRow } from '../../../src/sync/projects.ts';
import { projectRecord } from '../../../src/upstream/main-api-records.ts';
import { projectJson } from '../upstream-clients/records.ts';

describe('the progress of a pool', () => {
  test.each([
    ['250', '1000', 25],
    ['1', '3', 33.333_333_333_333_336],
    ['0', '0', 0],
    ['5', '0.000', 0],
    ['1500', '1000', 100],
    ['0.000000000000000001', '999999999999.999999999999999999', 1e-28],
    ['999999999999999999999999999999', '999999999999999999999999999999', 100],
    ['.5', '1.', 50],
  ])('of %s sold of %s', (sold, total, percent) => {
    expect(progressPercent(sold, total)).toBeCloseTo(percent, 10);
  });

  test('lies between 0 and 100 for every amount', () => {
    const amount = fc.tuple(fc.nat(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`);
    fc.assert(
      fc.property(amount, amount, (sold, total) => {
        const percent = progressPercent(sold, total);
        expect(percent >= 0 && percent <= 100).toBe(true);
      }),
    );
  });
});

describe('a project row', () => {
  const row = (changes: object) => projectRow(projectRecord.parse(projectJson(changes)));

  test('holds its symbol in upper case and what search reads folded', () => {
    expect(row({ name: 'ÜBER Coin', symbol: 'übr' })).toMatchObject({
      symbol: 'ÜBR',
      name_folded: 'über coin',
      symbol_folded: 'übr',
      search_text: expect.stringContaining('über coin'),
    });
  });

  test('holds lists as JSON, in their order', () => {
    expect(row({ tags: ['b', 'a"c'] }).tags).toBe('["b","a\\"c"]');
  });

  test('holds the same social counts as the same text', () => {
    const counts = row({
      social: { reddit_subscribers: 1, twitter_followers: 2, github_stars: null },
    }).social;
    expect(counts).toBe(row({ social: { twitter_followers: 2, unknown: 5, reddit_subscribers: 1 } }).social);
    expect(counts).toBe('{"reddit_subscribers":1,"twitter_followers":2}');
    expect(row({ social: {} }).social).toBeNull();
  });
});

describe('JSON chunks', () => {
  test('hold every item in order, each chunk within its bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 })), (items) => {
        const chunks = jsonChunks(items, 120);
        expect(chunks.flatMap((chunk) => JSON.parse(chunk) as string[])).toEqual(items);
        for (const chunk of chunks) {
          const alone = (JSON.parse(chunk) as string[]).length === 1;
          expect(alone || new TextEncoder().encode(chunk).length <= 120).toBe(true);
        }
      }),
    );
  });

  test('are none for no items', () => {
    expect(jsonChunks([])).toEqual([]);
  });
});

test('an hour holds the first, highest, lowest and last price of each symbol', () => {
  const prices = [5, 9, 2, 4].map((priceUsd) => [{ symbol: 'BTC', priceUsd }]);
  const hour = prices.reduce(foldHour, { ETH: [1, 1, 1, 1] });
  expect(hour).toEqual({ BTC: [5, 9, 2, 4], ETH: [1, 1, 1, 1] });
});
