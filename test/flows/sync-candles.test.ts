import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { HistoryInterval, PriceApi } from '../../src/upstream/price-api.ts';
import { referenceAverage, referenceMacd, referenceRsi } from '../unit/sync/reference-indicators.ts';
import { type Bench, createBench, type Row, syncOf } from './sync-bench.ts';

const DAY = 86_400;

async function syncedBench(market: Row = {}): Promise<Bench> {
  const bench = await createBench({ projectCount: 12, ...market });
  await bench.sync.runJob('projects');
  bench.d1Calls();
  await bench.calls();
  return bench;
}

async function candles(bench: Bench, symbol: string, interval: string): Promise<Row[]> {
  return (await bench.rows('candle', 'time')).filter(
    (row) => row.symbol === symbol && row.interval === interval,
  );
}

async function listedSymbols(): Promise<string[]> {
  const query = env.DB.prepare(`SELECT DISTINCT symbol FROM project_cache WHERE status <> 'delisted'`);
  return (await query.all<{ symbol: string }>()).results.map(({ symbol }) => symbol);
}

async function indicators(bench: Bench, symbol: string) {
  const row = (await bench.rows('price_indicator', 'symbol')).find((each) => each.symbol === symbol);
  return row === undefined ? null : JSON.parse(String(row.indicators));
}

describe('the night’s candles', () => {
  test('are a year of days and a month of hours the first time, and whole ones alone', async () => {
    const bench = await syncedBench();
    const symbols = await listedSymbols();
    const result = await bench.sync.runJob('daily-candles');
    expect(result).toMatchObject({ outcome: 'ok', skipped: 0, read: symbols.length * (365 + 720) });
    expect(result.written).toBe(result.read + symbols.length);
    expect((await bench.calls()).byRoute).toEqual({ 'price-history': symbols.length * 2 });
    expect(bench.d1Calls()).toBe(7);

    const days = await candles(bench, 'BTC', '1d');
    const hours = await candles(bench, 'BTC', '1h');
    const today = bench.now() - (bench.now() % DAY);
    expect(days.map(({ time }) => time)).toEqual(
      Array.from({ length: 365 }, (_, day) => today - (365 - day) * DAY),
    );
    expect(hours).toHaveLength(720);
    expect(Number(hours.at(-1)?.time)).toBe(bench.now() - (bench.now() % 3_600) - 3_600);
  });

  test('are counted without the rows that triggers write', async () => {
    const bench = await syncedBench();
    await env.DB.exec(
      'CREATE TRIGGER noted AFTER INSERT ON candle BEGIN UPDATE sync_run SET read_count = read_count; END',
    );
    const result = await bench.sync.runJob('daily-candles').finally(() => env.DB.exec('DROP TRIGGER noted'));
    expect(result.written).toBe(result.read + (await listedSymbols()).length);
  });

  test('are a week of days the next night, and only candles that are new are written', async () => {
    const bench = await syncedBench();
    await bench.sync.runJob('daily-candles');
    expect(await bench.sync.runJob('daily-candles')).toMatchObject({ outcome: 'ok', written: 0 });

    const days = (await candles(bench, 'BTC', '1d')).length;
    await bench.advance(DAY);
    await bench.calls();
    expect((await bench.sync.runJob('daily-candles')).outcome).toBe('ok');
    const { last } = await bench.calls();
    expect(
      last.filter(({ query }) => query.interval === '1d').every(({ query }) => query.period === '7d'),
    ).toBe(true);
    expect(await candles(bench, 'BTC', '1d')).toHaveLength(days + 1);
  });

  test('have no hole after an outage of two weeks', async () => {
    const bench = await syncedBench();
    await bench.sync.runJob('daily-candles');
    await bench.advance(14 * DAY);
    await bench.sync.runJob('daily-candles');
    const times = (await candles(bench, 'BTC', '1d')).map(({ time }) => Number(time));
    expect(times).toHaveLength(365 + 14);
    expect(times.slice(1).every((time, index) => time - Number(times[index]) === DAY)).toBe(true);
  });

  test('lose exactly the candle that is bad', async () => {
    const bench = await syncedBench();
    const symbols = await listedSymbols();
    const today = bench.now() - (bench.now() % DAY);
    await bench.fault('price-history', 'bad-record', { recordId: String(today - 3 * DAY) });
    const result = await bench.sync.runJob('daily-candles');
    expect(result.outcome).toBe('partial');
    // Midnight three days ago begins an hour too.
    expect(result.skipped).toBe(symbols.length * 2);
    expect(await candles(bench, 'BTC', '1d')).toHaveLength(364);
    await bench.clearFaults();
    expect((await bench.sync.runJob('daily-candles')).outcome).toBe('ok');
    expect(await candles(bench, 'BTC', '1d')).toHaveLength(365);
  });

  test('of one symbol whose history fails cost that symbol alone', async () => {
    const bench = await syncedBench();
    const requests = (await listedSymbols()).length * 2;
    await bench.fault('price-history', 'wrong-shape', { times: 1 });
    const result = await bench.sync.runJob('daily-candles');
    expect(result.outcome).toBe('partial');
    expect(result.firstError).toMatch(
      /^history of ".*": price API \/prices\/:symbol\/history: the answer is not a list$/,
    );
    expect([(requests / 2) * (365 + 720) - 365, (requests / 2) * (365 + 720) - 720]).toContain(result.read);
    await bench.sync.runJob('daily-candles');
    for (const symbol of await listedSymbols()) expect(await candles(bench, symbol, '1d')).toHaveLength(365);
  });

  test('stay as they are while the price API is down, which is left alone after a dozen failures', async () => {
    const bench = await syncedBench({ projectCount: 60 });
    await bench.sync.runJob('daily-candles');
    const before = await env.DB.prepare('SELECT count(*) AS held, sum(close) AS sum FROM candle').first();
    await bench.advance(DAY);
    await bench.calls();
    await bench.fault('price-history', '503');
    expect(await bench.sync.runJob('daily-candles')).toMatchObject({ outcome: 'failed', written: 0 });
    // Six calls are under way at most when the twelfth fails; each is sent three times.
    expect((await bench.calls()).byRoute['price-history']).toBeLessThanOrEqual(17 * 3);
    expect(await env.DB.prepare('SELECT count(*) AS held, sum(close) AS sum FROM candle').first()).toEqual(
      before,
    );
    await bench.clearFaults();
    expect((await bench.sync.runJob('daily-candles')).outcome).toBe('ok');
  });

  test('are never asked for more than six at once', async () => {
    const bench = await syncedBench();
    let running = 0;
    let most = 0;
    const sync = syncOver(bench, async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return [];
    });
    expect((await sync.runJob('daily-candles')).outcome).toBe('ok');
    expect(most).toBe(6);
  });

  test('leave out the day and the hour that have not ended', async () => {
    const bench = await syncedBench({ projectCount: 1 });
    const sync = syncOver(bench, async (interval) => {
      const seconds = interval === '1d' ? DAY : 3_600;
      const current = bench.now() - (bench.now() % seconds);
      return [current - seconds, current];
    });
    await sync.runJob('daily-candles');
    expect((await bench.rows('candle', 'interval')).map(({ interval, time }) => [interval, time])).toEqual([
      ['1d', bench.now() - (bench.now() % DAY) - DAY],
      ['1h', bench.now() - (bench.now() % 3_600) - 3_600],
    ]);
  });
});

/** A sync whose price API gives candles that begin at the times given. */
function syncOver(bench: Bench, timesOf: (interval: HistoryInterval) => Promise<number[]>) {
  const history: PriceApi['history'] = async (_symbol, _period, interval) => {
    const times = await timesOf(interval);
    return {
      records: times.map((time) => ({ time, open: 1, high: 1, low: 1, close: 1, volume: null })),
      skipped: [],
    };
  };
  return syncOf({ ...bench.deps, priceApi: { history } as PriceApi });
}

describe('indicators', () => {
  test('of bitcoin agree with an independent computation over its stored closes', async () => {
    const bench = await syncedBench();
    await bench.sync.runJob('daily-candles');
    const closes = (await candles(bench, 'BTC', '1d')).map(({ close }) => Number(close));
    const { rsi, macd, movingAverages, support, resistance } = await indicators(bench, 'BTC');
    const expected = referenceMacd(closes, 'mean');
    expect(Math.abs(rsi - Number(referenceRsi(closes)))).toBeLessThan(1e-6);
    expect(Math.abs(macd.value - Number(expected?.value))).toBeLessThan(1e-6);
    expect(Math.abs(macd.signal - Number(expected?.signal))).toBeLessThan(1e-6);
    expect(Math.abs(macd.histogram - Number(expected?.histogram))).toBeLessThan(1e-6);
    for (const days of [7, 25, 50, 200]) {
      expect(Math.abs(movingAverages[`ma${days}`] - Number(referenceAverage(closes, days)))).toBeLessThan(
        1e-6,
      );
    }
    expect(support).toBe(Math.min(...closes.slice(-30)));
    expect(resistance).toBe(Math.max(...closes.slice(-30)));
  });

  test('are stored for every listed symbol, and none where there are no closes', async () => {
    const bench = await syncedBench();
    await env.DB.prepare(`UPDATE project_cache SET symbol = 'NOBODY-KNOWS' WHERE symbol = 'BTC'`).run();
    expect((await bench.sync.runJob('daily-candles')).outcome).toBe('ok');
    const stored = (await bench.rows('price_indicator', 'symbol')).map(({ symbol }) => symbol);
    expect(stored.sort()).toEqual(
      (await listedSymbols()).filter((symbol) => symbol !== 'NOBODY-KNOWS').sort(),
    );
  });

  test('are null where closes are too few', async () => {
    const bench = await syncedBench();
    await bench.sync.runJob('daily-candles');
    const kept = bench.now() - 20 * DAY;
    await env.DB.prepare(`DELETE FROM candle WHERE interval = '1d' AND time < ?1`).bind(kept).run();
    await bench.sync.runJob('daily-candles');
    expect(await indicators(bench, 'BTC')).toMatchObject({
      macd: null,
      support: null,
      movingAverages: { ma25: null },
    });
  });
});
