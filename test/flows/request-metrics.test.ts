import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { noCalls } from '../../src/observability/call-counts.ts';
import { bucketEndMs } from '../../src/observability/latency-histogram.ts';
import { mergedCells } from '../../src/observability/merged-cells.ts';
import type { MetricsCell } from '../../src/observability/request-metrics.ts';
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { foldFlushes } from '../../src/storage/d1/operation-usage-folding.ts';
import { readMetrics } from '../../src/storage/d1/request-metrics.ts';
import { expiredHoursDelete } from '../../src/storage/d1/request-rollups.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import { TRENDING } from '../support/counted-uses.ts';
import { CELL, drawnCell, factsOf, sortedCells } from '../support/drawn-metrics.ts';
import { startServing } from '../support/serving-bench.ts';
import { TABLES } from '../support/tables.ts';

const DAY = 19_772;
const NOW = (DAY + 2) * 86_400;
/** Two days and a bit of the third: the first hours of `DAY`, noon, and the first hours of the next days. */
const HOURS = [0, 1, 12, 24, 25, 48].map((hour) => DAY * 24 + hour);

const clear = async () =>
  env.DB.batch(
    TABLES.filter((table) => /^(usage_flush|operation_|request_)/.test(table)).map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
beforeEach(clear);

const append = (cells: readonly MetricsCell[], writtenAt = 0) =>
  env.DB.prepare('INSERT INTO usage_flush (counts, written_at) VALUES (?1, ?2)')
    .bind(JSON.stringify({ uses: [], refusals: [], requests: cells.map(encodedCell) }), writtenAt)
    .run();
const fold = () => foldFlushes(env.DB, { nowSeconds: NOW });
const rowsOf = async (table: string) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;

const everything = { from: 0, to: NOW + 86_400 };
const ofDays = (cells: readonly MetricsCell[]) =>
  sortedCells(mergedCells(cells.map((cell) => ({ ...cell, hour: Math.floor(cell.hour / 24) * 24 }))));
const within = (cells: readonly MetricsCell[], from: number, to: number) =>
  cells.filter(({ hour }) => (hour + 1) * 3_600 > from && hour * 3_600 < to);

test('readers see what isolates wrote, whenever it is added up', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.array(drawnCell({ hours: HOURS }), { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constant('fold' as const) },
  );
  const hour = fc.integer({ min: HOURS[0] ?? 0, max: (HOURS.at(-1) ?? 0) + 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.tuple(hour, hour), async (steps, hours) => {
      await clear();
      for (const cells of steps) await (cells === 'fold' ? fold() : append(cells));
      const written = steps.filter((cells) => cells !== 'fold').flat();
      expect(sortedCells(await readMetrics(env.DB, everything))).toEqual(ofDays(written));
      const [from, to] = [Math.min(...hours) * 3_600, Math.max(...hours) * 3_600];
      expect(sortedCells(await readMetrics(env.DB, { from, to }))).toEqual(ofDays(within(written, from, to)));
      expect(sortedCells(await readMetrics(env.DB, { from, to, byHour: true }))).toEqual(
        sortedCells(mergedCells(within(written, from, to))),
      );
      const ofClient = await readMetrics(env.DB, { ...everything, operationId: 'a', client: 'ios' });
      expect(sortedCells(ofClient)).toEqual(
        ofDays(written.filter(({ operationId, client }) => operationId === 'a' && client === 'ios')),
      );
    }),
    { numRuns: 25 },
  );
});

describe('a fold', () => {
  const times = (count: number) => factsOf(Array.from({ length: count }, () => CELL));
  const seen = async () => factsOf(await readMetrics(env.DB, everything));

  test('counts each flush once, also where folds, readers and isolates meet', async () => {
    for (let at = 0; at < 5; at += 1) await append([CELL]);
    const folds = await Promise.all([fold(), append([CELL]), fold(), seen(), fold(), append([CELL])]);
    expect([times(5), times(6), times(7)]).toContainEqual(folds[3]);
    expect(await seen()).toEqual(times(7));
    await fold();
    await fold();
    expect(await seen()).toEqual(times(7));
    expect(await rowsOf('request_hour')).toHaveLength(1);
  });

  test('that was repeated after another one took its flushes writes nothing', async () => {
    await append([CELL]);
    const batches: D1PreparedStatement[][] = [];
    const late = foldFlushes(env.DB, {
      nowSeconds: NOW,
      write: async (statements) => {
        batches.push(statements);
        await fold();
        return env.DB.batch(statements);
      },
    });
    expect(await late).toEqual({ flushes: 0, written: 0, unsound: 0, more: true });
    await expect(env.DB.batch(batches[0] ?? [])).rejects.toThrow('NOT NULL');
    expect(await seen()).toEqual(times(1));
  });

  test('that comes between two reads of a reader makes it read again', async () => {
    await append([CELL]);
    let reads = 0;
    const db = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: async (statements: D1PreparedStatement[]) => {
        reads += 1;
        await fold();
        return env.DB.batch(statements);
      },
    };
    expect(factsOf(await readMetrics(db as unknown as D1Database, everything))).toEqual(times(1));
    expect(reads).toBe(2);
  });

  test('is done whole or not at all', async () => {
    await append([CELL]);
    await env.DB.prepare(
      "CREATE TRIGGER no_days BEFORE INSERT ON request_day BEGIN SELECT raise(ABORT, 'full'); END",
    ).run();
    await expect(fold()).rejects.toThrow('full');
    await env.DB.prepare('DROP TRIGGER no_days').run();
    expect(await rowsOf('request_hour')).toEqual([]);
    expect(await seen()).toEqual(times(1));
    await fold();
    expect(await seen()).toEqual(times(1));
  });

  test('leaves flushes that alerts may still read, and those behind them', async () => {
    await append([CELL], NOW - 3_600);
    await append([CELL], NOW - 599);
    await append([CELL], NOW - 3_600);
    expect(await fold()).toMatchObject({ flushes: 1, more: false });
    expect(await readFlushes(env.DB, 0, 10)).toHaveLength(2);
    expect(await seen()).toEqual(times(3));
    expect(await foldFlushes(env.DB, { nowSeconds: NOW + 1 })).toMatchObject({ flushes: 2 });
    await append([CELL], NOW + 86_400);
    expect(await fold()).toMatchObject({ flushes: 1 });
    expect(await seen()).toEqual(times(4));
  });

  test('gives no id of a flush again', async () => {
    let lastId = 0;
    for (let at = 0; at < 4; at += 1) {
      await append([CELL]);
      const [flush, ...others] = await readFlushes(env.DB, lastId, 10);
      expect([flush?.requests, others]).toEqual([[CELL], []]);
      lastId = flush?.flushId ?? 0;
      await fold();
      expect((await readFlushes(env.DB, 0, 10)).map(({ requests }) => requests)).toEqual([[]]);
    }
  });

  test('adds up what has the form of a cell, and reports the rest', async () => {
    const requests = [encodedCell(CELL), encodedCell(CELL).with(8, 'many'), 'text', null];
    const insert = env.DB.prepare('INSERT INTO usage_flush (counts) VALUES (?1)');
    await env.DB.batch([
      insert.bind(JSON.stringify({ uses: [], refusals: [], requests })),
      insert.bind(JSON.stringify({ uses: [], refusals: [], requests: 5 })),
      insert.bind('{"requests": ['),
    ]);
    expect(await seen()).toEqual(times(1));
    expect(await fold()).toMatchObject({ flushes: 3, unsound: 3 + 1 + 1 });
    expect(await seen()).toEqual(times(1));
  });
});

test('hours expire by whole days after seven of them, and days stay', async () => {
  const cells = HOURS.map((hour) => ({ ...CELL, hour }));
  await append(cells);
  await fold();
  const week = NOW + 6 * 86_400;
  await expiredHoursDelete(env.DB, week).run();
  const left = (await rowsOf('request_hour')).map(({ hour }) => hour);
  expect(left).toEqual(HOURS.filter((hour) => hour >= (DAY + 1) * 24));
  expect(sortedCells(await readMetrics(env.DB, everything))).toEqual(ofDays(cells));
  // Of a day without hours, a part counts as the whole.
  const afterNoon = { from: (DAY * 24 + 13) * 3_600, to: (DAY * 24 + 25) * 3_600 };
  const expected = [
    ...ofDays(cells.filter(({ hour }) => hour < (DAY + 1) * 24)),
    ...cells.filter(({ hour }) => hour === (DAY + 1) * 24),
  ];
  expect(await readMetrics(env.DB, { ...afterNoon, byHour: true })).toEqual(expect.arrayContaining(expected));
  expect(factsOf(await readMetrics(env.DB, afterNoon)).count).toBe(factsOf(expected).count);
  // A flush of an isolate that slept for a week counts in its day.
  await append(cells);
  await foldFlushes(env.DB, { nowSeconds: week });
  expect((await rowsOf('request_hour')).map(({ hour }) => hour)).toEqual(left);
  expect(factsOf(await readMetrics(env.DB, everything)).count).toBe(2 * factsOf(cells).count);
});

describe('GET /admin/metrics', () => {
  let admin: ReturnType<typeof adminOf>;
  let startAt: number;
  beforeEach(async () => {
    const serving = await startServing({ crons: [], vars: { ADMIN_KEY } });
    admin = adminOf(serving.gateway);
    startAt = serving.market.startAt;
    const hour = Math.floor(startAt / 3_600);
    const at = (hours: number) => ({ ...CELL, operationId: TRENDING, hour: hour - hours });
    await append([
      { ...at(0), cache: 'hit', outcome: 'ok', count: 9, histogram: [0, 9] },
      { ...at(1), client: 'web', version: '7', count: 3, histogram: [100, 3] },
      { ...at(1), operationId: 'route:/files/*', cache: 'bypass', count: 1, histogram: [5, 1] },
      { ...at(50), count: 100 },
    ]);
  });
  const rows = async (query: string) => {
    const { status, body } = await admin.get<{ rows: object[] }>(`/metrics?operation=${TRENDING}&${query}`);
    expect(status).toBe(200);
    return body.rows;
  };

  test('shows the operations of the last day, with their names, rates and latencies', async () => {
    const { body } = await admin.get<{ rows: { operationId: string }[] }>('/metrics');
    const [trending, ...others] = body.rows.filter(
      ({ operationId }) => !operationId.startsWith('route:/admin'),
    );
    expect(trending).toEqual({
      operationId: TRENDING,
      operationName: 'Trending',
      count: 12,
      faults: 2 * CELL.faults,
      errors: 2 * CELL.errors,
      hitRate: 0.75,
      p50Ms: 0,
      p95Ms: bucketEndMs(100),
      p99Ms: bucketEndMs(100),
      durationMs: 2 * CELL.durationMs,
      bytes: 2 * CELL.bytes,
      calls: { ...noCalls(), d1Queries: 4, d1RowsRead: 80, upstreamCalls: 2 },
    });
    expect(others).toMatchObject([
      { operationId: 'route:/files/*', operationName: null, count: 1, hitRate: null },
    ]);
  });

  test('groups by what it is asked for, of any time', async () => {
    expect(await rows('by=cache,outcome')).toMatchObject([
      { cache: 'hit', outcome: 'ok', count: 9, hitRate: 1 },
      { cache: 'miss', outcome: 'partial', count: 3, hitRate: 0 },
    ]);
    expect(await rows('by=client')).toMatchObject([
      { client: 'ios', version: '1', count: 9 },
      { client: 'web', version: '7', count: 3 },
    ]);
    expect(await rows('by=client&client=web')).toMatchObject([{ client: 'web', count: 3 }]);
    const iso = (hours: number) => new Date((Math.floor(startAt / 3_600) - hours) * 3_600_000).toISOString();
    expect(await rows('by=hour')).toMatchObject([
      { hour: iso(0), count: 9 },
      { hour: iso(1), count: 3 },
    ]);
    const whole = await rows(`by=day&from=${startAt - 10 * 86_400}&to=${encodeURIComponent(iso(-1))}`);
    expect(whole).toContainEqual(expect.objectContaining({ day: iso(50).slice(0, 10), count: 100 }));
  });

  test('refuses what it cannot read', async () => {
    const queries = [
      'by=name',
      'by=',
      'from=yesterday',
      'from=20&to=20',
      'from=0',
      `by=hour&from=${startAt - 4 * 86_400}`,
    ];
    for (const query of queries)
      expect(await admin.get(`/metrics?${query}`)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });
});
