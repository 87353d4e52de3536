import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { noCalls } from '../../src/observability/call-counts.ts';
import { LatencyHistogram, latencyBucket } from '../../src/observability/latency-histogram.ts';
import { mergedCells } from '../../src/observability/merged-cells.ts';
import type { MetricsCell } from '../../src/observability/request-metrics.ts';
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { jsonChunks } from '../../src/storage/d1/json-chunks.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { foldFlushes } from '../../src/storage/d1/operation-usage-folding.ts';
import { readMetrics } from '../../src/storage/d1/request-metrics.ts';
import { expiredHoursDelete } from '../../src/storage/d1/request-rollups.ts';
import { drawnCell, factsOf, sortedCells } from '../support/drawn-metrics.ts';
import { TABLES } from '../support/tables.ts';
import { drawsOf } from '../support/upstream/random.ts';

const DAY = 19_772;
const NOW = (DAY + 2) * 86_400;
/** Two days and a bit of the third: the first hours of `DAY`, noon, and the first hours of the next days. */
const HOURS = [0, 1, 12, 24, 25, 48].map((hour) => DAY * 24 + hour);

const CELL: MetricsCell = {
  operationId: 'a',
  client: 'ios',
  version: '1',
  hour: DAY * 24,
  outcome: 'partial',
  cache: 'miss',
  firstSeen: DAY * 86_400 + 5,
  lastSeen: DAY * 86_400 + 50,
  count: 3,
  faults: 1,
  errors: 4,
  bytes: 5_000,
  durationMs: 152,
  calls: { ...noCalls(), d1Queries: 2, d1RowsRead: 40, upstreamCalls: 1 },
  histogram: LatencyHistogram.of([1, 2, latencyBucket(150), 1]).sparse(),
};

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

test('hours and days add at most a tenth to the rows that counting writes, by the month of bench/month.ts', async () => {
  // It has 120 isolates with ten requests a minute each. With fewer isolates, hours and days weigh more.
  const [isolates, requestsAMinute] = [12, 20];
  const random = drawsOf(1);
  const pick = (count: number) => Math.floor(count * random());
  const minutes = Array.from({ length: isolates * 60 }, (_, at) =>
    Array.from({ length: requestsAMinute }, () => {
      const hour = DAY * 24 + (at % 60 === 0 ? 0 : 1);
      const seen = hour * 3_600;
      const names = { operationId: `operation-${pick(30)}`, client: `app-${pick(3)}`, version: `${pick(2)}` };
      return { ...CELL, ...names, count: 1, hour, firstSeen: seen, lastSeen: seen };
    }),
  );
  const rowsWritten = async (withRequests: boolean) => {
    await clear();
    const flushes = minutes.map((requests) => {
      const uses = requests.map(({ operationId, client, version, firstSeen, lastSeen }) => [
        operationId,
        client,
        version,
        DAY,
        1,
        firstSeen,
        lastSeen,
      ]);
      const counts = { uses, refusals: [], ...(withRequests ? { requests: requests.map(encodedCell) } : {}) };
      return JSON.stringify(counts);
    });
    let rows = 0;
    const write = async (statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch(statements);
      for (const { meta } of results) rows += meta.rows_written;
      return results;
    };
    const insert = env.DB.prepare('INSERT INTO usage_flush (counts) SELECT value FROM json_each(?1)');
    await write(jsonChunks(flushes).map((chunk) => insert.bind(chunk)));
    while ((await foldFlushes(env.DB, { nowSeconds: NOW, write })).more);
    return rows;
  };
  const [without, withRequests] = [await rowsWritten(false), await rowsWritten(true)];
  expect(await rowsOf('request_hour')).toHaveLength(60);
  expect(withRequests / without).toBeLessThan(1.1);
});
