import { afterEach, expect, test, vi } from 'vitest';
import {
  HUB_PUBLISH_TIMEOUT_MS,
  PRICE_FEED_FETCH_TIMEOUT_MS,
  PRICE_FEED_FETCHES_AT_ONCE,
} from '../../../src/config.ts';
import { current, PriceFeedBench } from '../../support/price-feed-bench.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a hub learns the current prices when it begins to watch, and then what changes of what it watches', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  bench.price('ETH', 2, 10);
  expect(current(await bench.watch('a', ['BTC', 'ETH']))).toEqual([
    ['BTC', 1],
    ['ETH', 2],
  ]);
  await bench.feed.watch('b', ['ETH']);
  await bench.poll();
  bench.price('BTC', 3, 11);
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 3]] }]);
  expect(await bench.poll()).toEqual([]);
});

test('all that is watched is asked for in one call, and nothing while nobody watches', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  bench.price('ETH', 2, 10);
  await bench.watch('a', ['BTC']);
  await bench.watch('b', ['BTC', 'ETH']);
  bench.asked.length = 0;
  await bench.poll();
  expect(bench.asked).toEqual([['BTC', 'ETH']]);
  expect(bench.alarm).not.toBeNull();
  await bench.feed.watch('a', []);
  expect(bench.alarm).not.toBeNull();
  await bench.feed.watch('b', []);
  expect(bench.alarm).toBeNull();
  await bench.poll();
  expect(bench.asked).toHaveLength(1);
  expect(bench.alarm).toBeNull();
});

test('a price never goes back in time, and that the source looked again is no news', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  await bench.feed.watch('a', ['BTC']);
  await bench.poll();
  bench.price('BTC', 2, 9);
  expect(await bench.poll()).toEqual([]);
  bench.price('BTC', 1, 11);
  expect(await bench.poll()).toEqual([]);
});

test('what a hub could not take comes with the next poll, as the latest value', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  await bench.feed.watch('a', ['BTC']);
  await bench.poll();
  bench.deafHubs.add('a');
  bench.price('BTC', 2, 11);
  expect(await bench.poll()).toEqual([]);
  bench.price('BTC', 3, 12);
  expect(await bench.poll()).toEqual([]);
  bench.deafHubs.clear();
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 3]] }]);
});

test('a hub that does not answer keeps the others waiting for so long, and is told with the next poll', async () => {
  vi.useFakeTimers();
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  await bench.feed.watch('a', ['BTC']);
  await bench.feed.watch('b', ['BTC']);
  await bench.poll();
  expect(vi.getTimerCount()).toBe(0);
  bench.stuckHubs.add('a');
  bench.price('BTC', 2, 11);
  const polling = bench.poll();
  await vi.advanceTimersByTimeAsync(HUB_PUBLISH_TIMEOUT_MS);
  expect(await polling).toEqual([{ hubId: 'b', prices: [['BTC', 2]] }]);
  bench.stuckHubs.clear();
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 2]] }]);
});

test('a restart forgets neither who watches nor what is owed, and issues no position twice', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  await bench.feed.watch('a', ['BTC']);
  await bench.poll();
  bench.deafHubs.add('a');
  bench.price('BTC', 2, 11);
  await bench.poll();
  bench.deafHubs.clear();
  bench.feed = bench.started();
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 2]] }]);
  bench.feed = bench.started();
  bench.price('BTC', 3, 12);
  await bench.poll();
  expect(bench.positions).toEqual([...bench.positions].sort((x, y) => x - y));
  expect(bench.positions.at(-1)).toBeGreaterThan(bench.positions.at(-2) ?? 0);
});

test('while the price API fails all stays as it was, and the next alarm is set', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  await bench.feed.watch('a', ['BTC']);
  await bench.poll();
  bench.isDown = true;
  expect(await bench.poll()).toEqual([]);
  expect(bench.alarm).not.toBeNull();
  bench.isDown = false;
  bench.price('BTC', 2, 11);
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 2]] }]);
});

test('a poll asks before it writes anything, for the platform would hold the call back until that is stored', async () => {
  const bench = new PriceFeedBench();
  await bench.watch('hub', ['BTC']);
  const asked = bench.asked.length;
  const seen: number[] = [];
  const { storage } = bench;
  const setAlarm = storage.setAlarm.bind(storage);
  vi.spyOn(storage, 'setAlarm').mockImplementation((atMs) => {
    seen.push(bench.asked.length - asked, storage.rowsWritten);
    return setAlarm(atMs);
  });
  storage.rowsWritten = 0;
  await bench.poll();
  expect(seen).toEqual([1, 0]);
});

test('a poll writes one row, or none where nothing has changed', async () => {
  const bench = new PriceFeedBench();
  for (const symbol of ['BTC', 'ETH', 'SOL']) bench.price(symbol, 1, 10);
  await bench.feed.watch('a', ['BTC', 'ETH', 'SOL']);
  await bench.poll();
  bench.storage.rowsWritten = 0;
  await bench.poll();
  expect(bench.storage.rowsWritten).toBe(0);
  for (const symbol of ['BTC', 'ETH', 'SOL']) bench.price(symbol, 2, 11);
  await bench.poll();
  expect(bench.storage.rowsWritten).toBe(1);
});

test('a hub that begins to watch waits for no price API, and a subscriber for so long', async () => {
  vi.useFakeTimers();
  const bench = new PriceFeedBench();
  bench.price('BTC', 2, 11);
  bench.isSilent = true;
  const loaded = new Map([['BTC', { symbol: 'BTC', priceUsd: 1, lastUpdate: 10 }]]);
  const watched = await bench.feed.watch('a', ['BTC'], loaded);
  expect(current(watched)).toEqual([['BTC', 1]]);
  expect(watched.topics).toMatchObject([{ topic: 'BTC', isDue: true }]);
  const refreshing = bench.feed.refreshed(['BTC']);
  await vi.advanceTimersByTimeAsync(PRICE_FEED_FETCH_TIMEOUT_MS);
  expect(current(await refreshing)).toEqual([['BTC', 1]]);
  expect(vi.getTimerCount()).toBe(0);
  bench.isSilent = false;
  await bench.poll();
  expect(bench.feed.prices()).toMatchObject([{ symbol: 'BTC', priceUsd: 2 }]);
});

test('a price API that does not answer for symbols of others keeps nobody from a price', async () => {
  vi.useFakeTimers();
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  bench.isSilent = true;
  await bench.feed.watch('a', ['X1']);
  await bench.feed.watch('b', ['X1', 'X2']);
  bench.isSilent = false;
  expect(current(await bench.watch('c', ['BTC']))).toEqual([['BTC', 1]]);
  await vi.advanceTimersByTimeAsync(PRICE_FEED_FETCH_TIMEOUT_MS);
});

test('symbols that are asked for while all calls of the price API are running share the next one', async () => {
  vi.useFakeTimers();
  const bench = new PriceFeedBench();
  bench.isSilent = true;
  const symbols = Array.from({ length: 50 }, (_, at) => `X${at}`);
  for (const [at] of symbols.entries()) await bench.feed.watch('a', symbols.slice(0, at + 1));
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.asked).toHaveLength(PRICE_FEED_FETCHES_AT_ONCE);
  bench.isSilent = false;
  await vi.advanceTimersByTimeAsync(PRICE_FEED_FETCH_TIMEOUT_MS);
  expect(bench.asked).toHaveLength(PRICE_FEED_FETCHES_AT_ONCE + 1);
  expect(new Set(bench.asked.flat())).toEqual(new Set(symbols));
  expect(bench.asked.flat()).toHaveLength(symbols.length);
});

test('a price that comes after the limit is delivered as soon as it comes', async () => {
  vi.useFakeTimers();
  const bench = new PriceFeedBench();
  const answer = Promise.withResolvers<void>();
  bench.held = answer.promise;
  bench.price('BTC', 2, 11);
  const loaded = new Map([['BTC', { symbol: 'BTC', priceUsd: 1, lastUpdate: 10 }]]);
  await bench.feed.watch('a', ['BTC'], loaded);
  await vi.advanceTimersByTimeAsync(PRICE_FEED_FETCH_TIMEOUT_MS);
  expect(bench.told).toEqual([]);
  answer.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.told).toEqual([{ hubId: 'a', prices: [['BTC', 2]] }]);
});

test('a hub that changes its symbols does not have the log written, and a restart loses neither', async () => {
  const bench = new PriceFeedBench();
  const padding = Array.from({ length: 200 }, (_, at) => `P${at}`);
  for (const symbol of padding) bench.price(symbol, 1, 10);
  await bench.watch('a', padding);
  await bench.poll();
  bench.isDown = true;
  const exec = vi.spyOn(bench.storage.sql, 'exec');
  const loaded = new Map([['BTC', { symbol: 'BTC', priceUsd: 1, lastUpdate: 10 }]]);
  const { position } = await bench.feed.watch('b', ['BTC'], loaded, 1);
  const written = exec.mock.calls
    .flatMap(([, ...values]) => values)
    .map(String)
    .join('').length;
  expect(written).toBeLessThan(500);
  bench.feed = bench.started();
  const states = await bench.feed.watch('b', ['BTC'], new Map(), 2);
  expect(current(states)).toEqual([['BTC', 1]]);
  expect(states.position).toBe(position);
});

test('a price whose time is refused is delivered with the last good time, if there is one', async () => {
  const bench = new PriceFeedBench();
  bench.price('BTC', 1, 10);
  await bench.watch('a', ['BTC', 'NEW']);
  await bench.poll();
  bench.prices.clear();
  for (const symbol of ['BTC', 'NEW']) bench.undated.set(symbol, { symbol, price: 2, priceUsd: 2 });
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 2]] }]);
  expect(bench.feed.prices()).toMatchObject([{ symbol: 'BTC', priceUsd: 2, lastUpdate: 10 }]);
  bench.undated.clear();
  bench.price('BTC', 3, 11);
  expect(await bench.poll()).toEqual([{ hubId: 'a', prices: [['BTC', 3]] }]);
});
