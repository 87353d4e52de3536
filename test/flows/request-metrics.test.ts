import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { MetricsCell } from '../../src/observability/request-metrics.ts';
import { FlushDays, readFlushDays } from '../../src/storage/d1/flush-days.ts';
import { FLUSH_PAGE_BYTES, readFlushes } from '../../src/storage/d1/flushes.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { foldFlushes } from '../../src/storage/d1/operation-usage-folding.ts';
import { readMetrics, TooManyCellsError } from '../../src/storage/d1/request-metrics.ts';
import { expiredHoursDelete } from '../../src/storage/d1/request-rollups.ts';
import { ROLLUP_PAGE_BYTES } from '../../src/storage/d1/rollup-pages.ts';
import { CELL, drawnCell, drawnFacts, factsOf, sortedCells } from '../support/drawn-metrics.ts';
import { mergedCells } from '../support/merged-cells.ts';
import {
  appendFacts,
  appendRequests,
  byDay,
  emptyCounts,
  fillRollups,
  rowsOf,
  within,
} from '../support/request-rows.ts';
import { observed, withBatch } from '../support/watched-d1.ts';

const DAY = 19_774;
const NOW = (DAY + 2) * 86_400;
/** Two days and a bit of the third: the first hours of `DAY`, noon, and the first hours of the next days. */
const HOURS = [0, 1, 12, 24, 25, 48].map((hour) => DAY * 24 + hour);

beforeEach(emptyCounts);

const fold = () => foldFlushes(env.DB, { nowSeconds: NOW });
const everything = { from: 0, to: NOW + 86_400 };

test('readers see what isolates wrote, whenever it is added up', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.array(drawnCell({ hours: HOURS }), { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constant('fold' as const) },
  );
  const hour = fc.integer({ min: HOURS[0] ?? 0, max: (HOURS.at(-1) ?? 0) + 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.tuple(hour, hour), async (steps, hours) => {
      await emptyCounts();
      for (const cells of steps) await (cells === 'fold' ? fold() : appendRequests(cells));
      const written = steps.filter((cells) => cells !== 'fold').flat();
      expect(sortedCells(await readMetrics(env.DB, everything))).toEqual(byDay(written));
      const [from, to] = [Math.min(...hours) * 3_600, Math.max(...hours) * 3_600];
      expect(sortedCells(await readMetrics(env.DB, { from, to }))).toEqual(byDay(within(written, from, to)));
      expect(sortedCells(await readMetrics(env.DB, { from, to, byHour: true }))).toEqual(
        sortedCells(mergedCells(within(written, from, to))),
      );
      const ofClient = await readMetrics(env.DB, { ...everything, operationId: 'a', client: 'ios' });
      expect(sortedCells(ofClient)).toEqual(
        byDay(written.filter(({ operationId, client }) => operationId === 'a' && client === 'ios')),
      );
    }),
    { numRuns: 25 },
  );
});

test('days have the clients and sockets of their flushes, whenever they are added up', async () => {
  const STEPS_MAX = 8;
  const step = fc.oneof(
    { weight: 3, arbitrary: drawnFacts() },
    { weight: 1, arbitrary: fc.constant('fold' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: STEPS_MAX }), async (steps) => {
      await emptyCounts();
      const days = new FlushDays();
      for (const [at, drawn] of steps.entries()) {
        if (drawn === 'fold') {
          await fold();
          continue;
        }
        // Two states of a hub at the same second have no order: each step has a second of its own.
        const flush = { ...drawn, writtenAt: drawn.writtenAt - (drawn.writtenAt % STEPS_MAX) + at };
        days.add(flush);
        await appendFacts(flush);
      }
      const { otherClients, live } = await readFlushDays(env.DB, everything);
      const { others, live: expected } = days.total();
      const hubs = Object.values(expected.hubs);
      expect(live).toEqual({
        opened: expected.opened,
        events: expected.events,
        resumes: expected.resumes,
        gaps: expected.gaps,
        closes: expected.closes,
        sockets: hubs.reduce((sum, { sockets }) => sum + sockets, 0),
        operations: hubs.reduce((sum, { operations }) => sum + operations, 0),
      });
      expect(new Set(otherClients)).toEqual(new Set(others));
    }),
    { numRuns: 25 },
  );
  expect(await readFlushDays(env.DB, { from: 0, to: 86_400 })).toMatchObject({
    otherClients: [],
    live: { opened: 0 },
  });
});

describe('a fold', () => {
  const times = (count: number) => factsOf(Array.from({ length: count }, () => CELL));
  const seen = async () => factsOf(await readMetrics(env.DB, everything));

  test('counts each flush once, also where folds, readers and isolates meet', async () => {
    const write = () => appendRequests([CELL]);
    for (let at = 0; at < 5; at += 1) await write();
    const folds = await Promise.all([fold(), write(), fold(), seen(), fold(), write()]);
    expect([times(5), times(6), times(7)]).toContainEqual(folds[3]);
    expect(await seen()).toEqual(times(7));
    await fold();
    await fold();
    expect(await seen()).toEqual(times(7));
    expect(await rowsOf('request_hour')).toHaveLength(1);
  });

  test('that was repeated after another one took its flushes writes nothing', async () => {
    await appendRequests([CELL]);
    const batches: D1PreparedStatement[][] = [];
    const late = foldFlushes(env.DB, {
      nowSeconds: NOW,
      write: async (statements) => {
        batches.push(statements);
        await fold();
        return env.DB.batch(statements);
      },
    });
    expect(await late).toEqual({ flushes: 0, written: 0, malformed: 0, more: true });
    await expect(env.DB.batch(batches[0] ?? [])).rejects.toThrow('NOT NULL');
    expect(await seen()).toEqual(times(1));
  });

  test('that comes between two reads of a reader makes it read again', async () => {
    await appendRequests([CELL]);
    const db = withBatch(env.DB, async (statements) => {
      await fold();
      return env.DB.batch(statements);
    });
    expect(factsOf(await readMetrics(db, everything))).toEqual(times(1));
  });

  test('is done whole or not at all', async () => {
    await appendRequests([CELL]);
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
    await appendRequests([CELL], NOW - 3_600);
    await appendRequests([CELL], NOW - 599);
    await appendRequests([CELL], NOW - 3_600);
    expect(await fold()).toMatchObject({ flushes: 1, more: false });
    expect(await readFlushes(env.DB, 0, 10)).toHaveLength(2);
    expect(await seen()).toEqual(times(3));
    expect(await foldFlushes(env.DB, { nowSeconds: NOW + 1 })).toMatchObject({ flushes: 2 });
    await appendRequests([CELL], NOW + 86_400);
    expect(await fold()).toMatchObject({ flushes: 1 });
    expect(await seen()).toEqual(times(4));
  });

  test('gives no id of a flush again', async () => {
    let lastId = 0;
    for (let at = 0; at < 4; at += 1) {
      await appendRequests([CELL]);
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
    expect(await fold()).toMatchObject({ flushes: 3, malformed: 3 + 1 + 1 });
    expect(await seen()).toEqual(times(1));
  });
});

test('hours expire by whole days after seven of them, and days stay', async () => {
  const cells = HOURS.map((hour) => ({ ...CELL, hour }));
  await appendRequests(cells);
  await fold();
  const week = NOW + 6 * 86_400;
  await expiredHoursDelete(env.DB, week).run();
  const left = (await rowsOf('request_hour')).map(({ hour }) => hour);
  expect(left).toEqual(HOURS.filter((hour) => hour >= (DAY + 1) * 24));
  expect(sortedCells(await readMetrics(env.DB, everything))).toEqual(byDay(cells));
  // Of a day without hours, a part counts as the whole.
  const afterNoon = { from: (DAY * 24 + 13) * 3_600, to: (DAY * 24 + 25) * 3_600 };
  const expected = [
    ...byDay(cells.filter(({ hour }) => hour < (DAY + 1) * 24)),
    ...cells.filter(({ hour }) => hour === (DAY + 1) * 24),
  ];
  expect(await readMetrics(env.DB, { ...afterNoon, byHour: true })).toEqual(expect.arrayContaining(expected));
  expect(factsOf(await readMetrics(env.DB, afterNoon)).count).toBe(factsOf(expected).count);
  // A flush of an isolate that slept for a week counts in its day.
  await appendRequests(cells);
  await foldFlushes(env.DB, { nowSeconds: week });
  expect((await rowsOf('request_hour')).map(({ hour }) => hour)).toEqual(left);
  expect(factsOf(await readMetrics(env.DB, everything)).count).toBe(2 * factsOf(cells).count);
});

describe('rows of more than a page', () => {
  /** Each table has rows of several pages. */
  const [CELLS_A_ROW, ROWS] = [400, 60];
  const fill = () => fillRollups({ day: DAY, rows: ROWS, cellsOfEach: CELLS_A_ROW });
  /** Tells the bytes of each answer. */
  const measured = (bytes: number[]) =>
    withBatch(env.DB, async (statements) => {
      const results = await env.DB.batch(statements);
      bytes.push(JSON.stringify(results.map((result) => result.results)).length);
      return results;
    });
  const span = { from: DAY * 86_400, to: (DAY + 1) * 86_400 };

  test.each([true, false])('are read whole, page by page (by hour: %s)', async (byHour) => {
    await fill();
    const bytes: number[] = [];
    const cells = await readMetrics(measured(bytes), { ...span, byHour });
    expect(cells).toHaveLength(CELLS_A_ROW * ROWS);
    expect(factsOf(cells).count).toBe(CELLS_A_ROW * ROWS * CELL.count);
    expect(bytes.length).toBeGreaterThan(2);
    // Quotes are escaped, and the last row may exceed a page.
    expect(Math.max(...bytes)).toBeLessThan(1.3 * ROLLUP_PAGE_BYTES);
  });

  test('are no more cells than a reader holds, or the read is given up', async () => {
    await fill();
    const cellsMax = CELLS_A_ROW * ROWS;
    const byHour = true;
    expect(await readMetrics(env.DB, { ...span, byHour, cellsMax })).toHaveLength(cellsMax);
    await expect(readMetrics(env.DB, { ...span, byHour, cellsMax: cellsMax - 1 })).rejects.toThrow(
      TooManyCellsError,
    );
    const simplified = (cell: MetricsCell) => ({ ...cell, operationId: '', client: '', version: '' });
    expect(await readMetrics(env.DB, { ...span, byHour, simplified, cellsMax: 24 })).toHaveLength(24);
  });

  test('are read again if hours expire meanwhile', async () => {
    await fill();
    let reads = 0;
    const db = withBatch(env.DB, async (statements) => {
      reads += 1;
      if (reads === 2) await env.DB.exec('DELETE FROM request_hour');
      return env.DB.batch(statements);
    });
    expect(factsOf(await readMetrics(db, { ...span, byHour: true })).count).toBe(
      CELLS_A_ROW * ROWS * CELL.count,
    );
  });
});

test('new flushes are read page by page, without their uses', async () => {
  const uses = Array.from({ length: 500 }, (_, at) => ['a'.repeat(80), 'ios', `1.${at}`, DAY, 1, 1, 1]);
  const requests = Array.from({ length: 300 }, () => encodedCell(CELL));
  const flushes = 40;
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${flushes})
     INSERT INTO usage_flush (counts) SELECT ?1 FROM n`,
  )
    .bind(JSON.stringify({ uses, refusals: [], requests }))
    .run();
  await env.DB.prepare("INSERT INTO usage_flush (counts) VALUES ('no JSON')").run();
  const bytes: number[] = [];
  const db = observed(env.DB, (rows) => {
    const text = JSON.stringify(rows);
    expect(text).not.toContain('uses');
    bytes.push(text.length);
  });
  let read = 0;
  for (let after = 0; ; ) {
    const page = await readFlushes(db, after, 100);
    const last = page.at(-1);
    if (last === undefined) break;
    read += page.length;
    after = last.flushId;
    for (const flush of page) expect(flush.requests).toHaveLength(flush.malformed === 0 ? 300 : 0);
  }
  expect(read).toBe(flushes + 1);
  expect(bytes.length).toBeGreaterThan(3);
  expect(Math.max(...bytes)).toBeLessThan(1.3 * FLUSH_PAGE_BYTES);
});
