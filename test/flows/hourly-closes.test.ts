import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ClosesMemory, createCandleLoader } from '../../src/loaders/candles.ts';
import { BoundedMemory } from '../../src/storage/bounded-memory.ts';
import { syncDailyCandles } from '../../src/sync/daily-candles.ts';
import { syncHourlyCandles } from '../../src/sync/hourly-candles.ts';
import type { PriceApi } from '../../src/upstream/price-api.ts';
import { countedD1, noCounts } from '../support/counted-bindings.ts';
import { createBench } from './sync-bench.ts';

const HOUR = 3_600;
const DAY = 86_400;
/** The periods of `Price.history`, in seconds. */
const PERIODS = [HOUR, DAY, 7 * DAY, 30 * DAY] as const;
const MIDNIGHT = Date.UTC(2026, 10, 4) / 1000;

let symbols: string[];

beforeAll(async () => {
  const bench = await createBench({ projectCount: 3 });
  await bench.sync.runJob('projects');
  const listed = env.DB.prepare(`SELECT DISTINCT symbol FROM project_cache WHERE status <> 'delisted'`);
  symbols = (await listed.all<{ symbol: string }>()).results.map(({ symbol }) => symbol);
});

const emptied = () =>
  env.DB.batch(
    ['candle', 'hourly_closes', 'hour_in_progress'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
beforeEach(emptied);

type Close = [symbol: string, time: number, close: number];

const run = (startedAt: number) => ({
  startedAt,
  newestUpdatedAt: null,
  lease: {
    write: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    keep: async () => undefined,
  },
});

/** What the price API says of these hours, as the nightly run takes it in. */
async function nightly(closes: readonly Close[], nowSeconds: number): Promise<void> {
  const history: PriceApi['history'] = async (asked, _period, interval) => {
    const own = interval === '1h' ? closes.filter(([symbol]) => symbol === asked) : [];
    const records = own.map(([, time, close]) => ({ time, open: 1, high: 1, low: 1, close, volume: null }));
    return { records, skipped: [] };
  };
  await syncDailyCandles({ db: env.DB, priceApi: { history } as PriceApi }, run(nowSeconds));
}

/** What the minutes of these hours left, as the hourly run makes candles of it. */
async function hourly(closes: readonly Close[], nowSeconds: number): Promise<void> {
  const byHour = Map.groupBy(closes, ([, time]) => time - (time % HOUR));
  const sampled = env.DB.prepare('INSERT INTO hour_in_progress VALUES (?1, ?2)');
  if (byHour.size > 0) {
    await env.DB.batch(
      [...byHour].map(([hour, own]) => {
        const candles = Object.fromEntries(own.map(([symbol, , close]) => [symbol, [1, 1, 1, close]]));
        return sampled.bind(hour, JSON.stringify(candles));
      }),
    );
  }
  await syncHourlyCandles(env.DB, run(nowSeconds));
}

/** The closes of the candles that began within the period and the hour before it: what a history is. */
async function closesOfCandles(symbol: string, periodSeconds: number, nowSeconds: number) {
  const { results } = await env.DB.prepare(
    `SELECT time, close FROM candle WHERE symbol = ?1 AND interval = '1h' AND time > ?2 ORDER BY time`,
  )
    .bind(symbol, nowSeconds - periodSeconds - HOUR)
    .all<{ time: number; close: number }>();
  return results;
}

/** What an isolate remembers, and what `candles` stands at. */
interface Known {
  closesMemory: ClosesMemory;
  candlesGeneration: number | null;
}
const nothingKnown = (): Known => ({
  closesMemory: new ClosesMemory(new BoundedMemory(10_000_000)),
  candlesGeneration: null,
});

async function expectHistories(nowSeconds: number, known: Known): Promise<void> {
  const loader = createCandleLoader({ db: env.DB, nowMs: nowSeconds * 1000, ...known });
  for (const period of PERIODS) {
    const found = await Promise.all(symbols.map((symbol) => loader.closes(symbol, period)));
    const expected = await Promise.all(symbols.map((symbol) => closesOfCandles(symbol, period, nowSeconds)));
    expect(found, `${period} s until ${nowSeconds}`).toEqual(expected);
  }
}

/** Around midnight as often as elsewhere. */
const clock = fc.oneof(
  fc.constantFrom(-1, 0, 1, HOUR - 1, HOUR, HOUR + 1, DAY - 1).map((seconds) => MIDNIGHT + seconds),
  fc.integer({ min: MIDNIGHT, max: MIDNIGHT + DAY }),
);
const close = fc.double({ min: 1e-12, max: 1e12, noNaN: true, noDefaultInfinity: true });
/** Whole hours mostly; days before `MIDNIGHT`, with gaps. */
const closesBefore = fc.array(
  fc.tuple(
    fc.nat(),
    fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 34 * 24 }).map((hours) => MIDNIGHT - hours * HOUR) },
      { weight: 1, arbitrary: fc.integer({ min: MIDNIGHT - 3 * DAY, max: MIDNIGHT - HOUR }) },
    ),
    close,
  ),
  { maxLength: 80 },
);
const named = (drawn: readonly [number, number, number][]): Close[] =>
  drawn.map(([index, time, value]) => [symbols[index % symbols.length] ?? '', time, value]);

test('a history is the closes of the candles there are, whichever run wrote them and when', async () => {
  const steps = fc.array(fc.record({ by: fc.constantFrom(nightly, hourly), closes: closesBefore }), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.array(clock, { minLength: 1, maxLength: 3 }), async (taken, clocks) => {
      await emptied();
      const known = { closesMemory: new ClosesMemory(new BoundedMemory(10_000_000)), candlesGeneration: 0 };
      for (const { by, closes } of taken) {
        await by(named(closes), MIDNIGHT);
        known.candlesGeneration += 1;
        for (const nowSeconds of clocks) {
          await expectHistories(nowSeconds, nothingKnown());
          await expectHistories(nowSeconds, known);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('the migration brings the closes of the candles that were there before it', async () => {
  const fillings = env.TEST_MIGRATIONS.flatMap(({ name, queries }) =>
    name.startsWith('0010_') ? queries.filter((query) => query.includes('INSERT INTO hourly_closes')) : [],
  );
  expect(fillings).toHaveLength(1);
  await fc.assert(
    fc.asyncProperty(closesBefore, async (closes) => {
      await emptied();
      await nightly(named(closes), MIDNIGHT);
      const days = () => env.DB.prepare('SELECT * FROM hourly_closes ORDER BY symbol, day').all();
      const { results: maintained } = await days();
      await env.DB.prepare('DELETE FROM hourly_closes').run();
      await env.DB.prepare(fillings[0] ?? '').run();
      expect((await days()).results).toEqual(maintained);
    }),
    { numRuns: 20 },
  );
});

test('a history reads a row for each day that it touches', async () => {
  const hours = Array.from({ length: 34 * 24 }, (_, hour) => MIDNIGHT - (hour + 1) * HOUR);
  await nightly(
    symbols.flatMap((symbol) => hours.map((time): Close => [symbol, time, 1])),
    MIDNIGHT,
  );
  const rowsRead = async (period: number) => {
    const counts = noCounts();
    const db = countedD1(env.DB, counts);
    const loader = createCandleLoader({ db, nowMs: MIDNIGHT * 1000, ...nothingKnown() });
    const found = await Promise.all(symbols.map((symbol) => loader.closes(symbol, period)));
    expect(found.map((points) => points.length)).toEqual(symbols.map(() => period / HOUR));
    return counts.d1RowsRead;
  };
  // Beside the days, the list of symbols is read.
  const hour = await rowsRead(HOUR);
  expect(await rowsRead(7 * DAY)).toBe(hour + symbols.length * 7);
  expect(await rowsRead(30 * DAY)).toBe(hour + symbols.length * 30);
});
