import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { type Bench, createBench } from './sync-bench.ts';

/** A market whose projects are synced and whose clock stands at the beginning of an hour. */
async function benchAtFullHour(market = {}): Promise<Bench> {
  const bench = await createBench(market);
  await bench.advance(3_600 - (bench.now() % 3_600));
  await bench.sync.runJob('projects');
  bench.d1Calls();
  await bench.calls();
  return bench;
}

describe('the minute’s sync', () => {
  test('does nothing while no project is known', async () => {
    const bench = await createBench();
    expect(await bench.sync.runJob('prices')).toMatchObject({ outcome: 'ok', read: 0, written: 0 });
    expect(await bench.snapshot()).toBeNull();
    expect((await bench.calls()).byRoute).toEqual({});
  });

  test('writes every listed symbol into one value, with one call for the prices and one a currency', async () => {
    const bench = await benchAtFullHour({ projectCount: 200 });
    const result = await bench.sync.runJob('prices');
    expect(result).toMatchObject({ outcome: 'ok', skipped: 0, firstError: null });
    expect((await bench.calls()).byRoute).toEqual({ 'prices-batch': 1, prices: 5 });
    expect(bench.d1Calls()).toBe(4);

    const listed = await env.DB.prepare(
      `SELECT DISTINCT symbol FROM project_cache WHERE status <> 'delisted' ORDER BY symbol`,
    ).all<{ symbol: string }>();
    const { asOf, prices } = await bench.snapshot();
    expect(asOf).toBe(bench.now());
    expect(Object.keys(prices).sort()).toEqual(listed.results.map(({ symbol }) => symbol).sort());
    expect(result.written).toBe(listed.results.length);
    for (const [symbol, price] of Object.entries(prices)) {
      expect(price).toMatchObject({ symbol, priceUsd: expect.any(Number), lastUpdate: expect.any(Number) });
      expect(price).not.toHaveProperty('price');
    }
    expect((await env.PRICES_KV.list()).keys.map(({ name }) => name)).toEqual(['prices']);
  });

  test('has a price of every project although one symbol is odd, which then is the symbol without its blanks', async () => {
    const bench = await benchAtFullHour({ projectCount: 8 });
    const symbols = (await bench.rows('project_cache')).map(({ symbol }) => String(symbol));
    const [blank = '', none = '', comma = '', ...rest] = symbols;
    const rename = env.DB.prepare('UPDATE project_cache SET symbol = ?2 WHERE symbol = ?1');
    await env.DB.batch([
      rename.bind(blank, `${blank} `),
      rename.bind(none, '\t'),
      rename.bind(comma, `${comma},${comma}`),
    ]);
    expect(await bench.sync.runJob('prices')).toMatchObject({ outcome: 'ok', written: 6, firstError: null });
    expect(Object.keys((await bench.snapshot()).prices).sort()).toEqual([blank, ...rest].sort());
  });

  test('leaves delisted projects out', async () => {
    const bench = await benchAtFullHour();
    await bench.sync.runJob('prices');
    await env.DB.prepare(`UPDATE project_cache SET status = 'delisted' WHERE symbol = 'ETH'`).run();
    await bench.sync.runJob('prices');
    expect(Object.keys((await bench.snapshot()).prices)).not.toContain('ETH');
  });

  test('tells every currency by bitcoin’s price in it', async () => {
    const bench = await benchAtFullHour();
    await bench.sync.runJob('prices');
    const { rates, prices } = await bench.snapshot();
    expect(Object.keys(rates).sort()).toEqual(['BTC', 'CNY', 'ETH', 'EUR', 'GBP', 'JPY', 'KRW', 'USD']);
    expect(rates.USD).toBe(1);
    expect(rates.BTC).toBe(1 / Number(prices.BTC?.priceUsd));
    expect(rates.ETH).toBe(1 / Number(prices.ETH?.priceUsd));
    // What the simulated market says a dollar is, within the few tenths of a percent by which it drifts.
    for (const [currency, units] of [
      ['EUR', 0.9278],
      ['GBP', 0.7936],
      ['JPY', 150.19],
      ['CNY', 7.1936],
      ['KRW', 1335.4],
    ] as const) {
      expect(Math.abs(Number(rates[currency]) / units - 1)).toBeLessThan(0.01);
    }
  });

  test('knows the rates where neither bitcoin nor ether is listed', async () => {
    const bench = await benchAtFullHour();
    await env.DB.prepare(`DELETE FROM project_cache WHERE symbol IN ('BTC', 'ETH')`).run();
    await bench.sync.runJob('prices');
    const { rates, prices } = await bench.snapshot();
    expect(Object.keys(rates)).toHaveLength(8);
    expect(prices).not.toHaveProperty('BTC');
  });

  test('keeps the last rates while they cannot be told', async () => {
    const bench = await benchAtFullHour();
    await bench.sync.runJob('prices');
    const before = await bench.snapshot();
    await bench.advance(600);
    await bench.fault('prices', '500');
    const result = await bench.sync.runJob('prices');
    expect(result).toMatchObject({ outcome: 'partial', skipped: 0 });
    expect(result.firstError).toMatch(/^rate of [A-Z]{3}: price API \/prices: HTTP 500$/);
    const after = await bench.snapshot();
    expect(after.rates).toEqual({ ...before.rates, BTC: after.rates.BTC, ETH: after.rates.ETH });
    expect(after.prices.BTC).not.toEqual(before.prices.BTC);
  });

  test('never takes a price back in time', async () => {
    const bench = await benchAtFullHour();
    await bench.sync.runJob('prices');
    const snapshot = await bench.snapshot();
    // The market's prices are of every fifth second.
    const newer = { symbol: 'BTC', priceUsd: 1, lastUpdate: bench.now() + 62 };
    await env.PRICES_KV.put(
      'prices',
      JSON.stringify({ ...snapshot, prices: { ...snapshot.prices, BTC: newer } }),
    );
    await bench.advance(63);
    await bench.sync.runJob('prices');
    expect((await bench.snapshot()).prices.BTC).toEqual(newer);
  });

  test('writes a snapshot anew that does not parse, and says so', async () => {
    const bench = await benchAtFullHour();
    await env.PRICES_KV.put('prices', '{"asOf":');
    const result = await bench.sync.runJob('prices');
    expect(result).toMatchObject({
      outcome: 'partial',
      firstError: 'the last price snapshot was unreadable',
    });
    expect((await bench.snapshot()).prices.BTC).toBeDefined();
    await bench.advance(60);
    expect((await bench.sync.runJob('prices')).outcome).toBe('ok');
  });
});

describe('hourly candles', () => {
  test('hold the first, highest, lowest and last price of the minutes', async () => {
    const bench = await benchAtFullHour();
    const hourStart = bench.now();
    const seen: number[] = [];
    for (let minute = 0; minute < 60; minute += 5) {
      await bench.sync.runJob('prices');
      seen.push(Number((await bench.snapshot()).prices.BTC?.priceUsd));
      await bench.advance(300);
    }
    expect(await bench.rows('hour_in_progress', 'hour_start')).toHaveLength(1);
    const symbols = Object.keys((await bench.snapshot()).prices).length;

    bench.d1Calls();
    expect(await bench.sync.runJob('hourly-candles')).toMatchObject({
      outcome: 'ok',
      read: 1,
      written: symbols,
    });
    expect(bench.d1Calls()).toBe(3);
    const candles = await bench.rows('candle', 'symbol, time');
    expect(candles).toHaveLength(symbols);
    expect(candles.find(({ symbol }) => symbol === 'BTC')).toEqual({
      symbol: 'BTC',
      interval: '1h',
      time: hourStart,
      open: seen[0],
      high: Math.max(...seen),
      low: Math.min(...seen),
      close: seen.at(-1),
      volume: null,
    });
    expect(await bench.rows('hour_in_progress', 'hour_start')).toEqual([]);
    expect(await bench.sync.runJob('hourly-candles')).toMatchObject({ outcome: 'ok', read: 0, written: 0 });
  });

  test('are written for every hour that ended, and the hour that runs goes on', async () => {
    const bench = await benchAtFullHour();
    const hourStart = bench.now();
    for (let hour = 0; hour < 3; hour += 1) {
      await bench.sync.runJob('prices');
      if (hour < 2) await bench.advance(3_600);
    }
    await bench.advance(60);
    expect(await bench.sync.runJob('hourly-candles')).toMatchObject({ read: 2 });
    const times = (await bench.rows('candle', 'time'))
      .filter(({ symbol }) => symbol === 'BTC')
      .map(({ time }) => time);
    expect(times).toEqual([hourStart, hourStart + 3_600]);
    expect(await bench.rows('hour_in_progress', 'hour_start')).toMatchObject([
      { hour_start: hourStart + 7_200 },
    ]);
  });

  test('of a whole hour are not replaced by a late sample of it', async () => {
    const bench = await benchAtFullHour();
    await bench.sync.runJob('prices');
    await bench.advance(3_600);
    await bench.sync.runJob('hourly-candles');
    const before = await bench.rows('candle', 'symbol');
    await env.DB.prepare('INSERT INTO hour_in_progress VALUES (?1, ?2)')
      .bind(bench.now() - 3_600, JSON.stringify({ BTC: [1, 1, 1, 1] }))
      .run();
    expect(await bench.sync.runJob('hourly-candles')).toMatchObject({ written: 0 });
    expect(await bench.rows('candle', 'symbol')).toEqual(before);
  });
});
