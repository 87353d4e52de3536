import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { D1_ROWS_WRITTEN } from '../../bench/d1-rows-written.ts';
import { bundledRelease, restRelease } from '../../src/operations/manifest.ts';
import { jsonChunks } from '../../src/storage/d1/json-chunks.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { appendCounts, lateUsesOfDying } from '../../src/storage/d1/operation-usage.ts';
import {
  foldFlushes,
  REFUSAL_ROWS_A_DAY,
  USAGE_ROWS_A_DAY,
} from '../../src/storage/d1/operation-usage-folding.ts';
import { listReleases, liveOperations } from '../../src/storage/d1/release-reads.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import { pendingFlushes, refusalsSeen, TRENDING, total, usesSeen } from '../support/counted-uses.ts';
import { CELL } from '../support/drawn-metrics.ts';
import { CRONS, startGateway } from '../support/gateway.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';
import { drawsOf } from '../support/upstream/random.ts';

let serving: Serving;
let admin: ReturnType<typeof adminOf>;
beforeEach(async () => {
  serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  admin = adminOf(serving.gateway);
});

const rowsOf = async (table: string) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;
const foldAll = async () => {
  for (let folds = 0; folds < 10; folds += 1)
    if (!(await foldFlushes(env.DB, { nowSeconds: NOW })).more) return;
  throw new Error('flushes are left after ten folds');
};

/** Long after every flush of these tests: alerts have read them. */
const NOW = 4_000_000_000;

const use = { operationId: TRENDING, client: 'ios', version: '1', day: 19_772, count: 1 };
const refusal = { reason: 'A', documentId: 'x', client: 'ios', version: '1', day: 19_772, count: 1 };
const useAt = (seconds: number) => ({ ...use, firstSeen: seconds, lastSeen: seconds });

describe('what isolates wrote', () => {
  beforeEach(async () => {
    // The first call stores the operations that the gateway itself carries.
    await admin.get('/releases');
    await env.DB.exec('DELETE FROM usage_flush');
    await appendCounts(env.DB, { usage: [useAt(50)], refusals: [{ ...refusal, lastSeen: 50 }] });
    await appendCounts(env.DB, {
      usage: [useAt(40), { ...useAt(60), client: '' }],
      refusals: [{ ...refusal, lastSeen: 40 }],
    });
    await appendCounts(env.DB, { usage: [{ ...useAt(70), day: use.day + 1 }], refusals: [] });
  });

  const everySeen = async () => [
    await usesSeen(),
    await usesSeen(use.day + 1),
    await refusalsSeen(),
    await listReleases(env.DB),
    (await liveOperations(env.DB, use.day)).filter(({ count }) => count > 0),
    await liveOperations(env.DB, use.day + 1),
    await lateUsesOfDying(env.DB, bundledRelease.client, [bundledRelease.version], 60),
    (await admin.get(`/operations/${encodeURIComponent(TRENDING)}?days=400`)).body,
  ];

  test('reads the same before it is added up and after, and again after that', async () => {
    const before = await everySeen();
    expect(before[0]).toMatchObject([
      { client: 'ios', version: '1', count: 3, firstSeen: 40, lastSeen: 70 },
      { client: null, count: 1 },
    ]);
    expect(before[1]).toMatchObject([{ client: 'ios', count: 1, firstSeen: 70 }]);
    expect(before[2]).toMatchObject([{ reason: 'A', documentId: 'x', count: 2, lastSeen: 50 }]);
    expect(before[3]).toMatchObject([
      { client: bundledRelease.client, lastUsedAt: 70 },
      { client: restRelease.client, lastUsedAt: null },
    ]);
    expect(before[4]).toMatchObject([{ id: TRENDING, count: 4 }]);
    expect(before[6]).toMatchObject([
      { client: 'ios', lastUsedAt: 70 },
      { client: '', lastUsedAt: 60 },
    ]);
    expect(await foldFlushes(env.DB, { nowSeconds: NOW })).toMatchObject({
      flushes: 3,
      malformed: 0,
      more: false,
    });
    expect([await pendingFlushes(), total(await rowsOf('operation_usage'))]).toEqual([0, 4]);
    expect(await foldFlushes(env.DB, { nowSeconds: NOW })).toMatchObject({ flushes: 0, written: 0 });
    expect(await everySeen()).toEqual(before);
    // The request to the admin endpoint was counted, and written before it was answered.
    await foldFlushes(env.DB, { nowSeconds: NOW });
    expect(await everySeen()).toEqual(before);
    await appendCounts(env.DB, { usage: [useAt(30)], refusals: [] });
    await foldFlushes(env.DB, { nowSeconds: NOW });
    expect((await usesSeen())[0]).toMatchObject({ count: 4, firstSeen: 30, lastSeen: 70 });
  });

  test('is not lost, nor counted twice, where it is written while others are added up', async () => {
    const appends = Array.from({ length: 20 }, () =>
      appendCounts(env.DB, { usage: [useAt(80)], refusals: [] }),
    );
    await Promise.all([
      foldFlushes(env.DB, { nowSeconds: NOW }),
      ...appends,
      foldFlushes(env.DB, { nowSeconds: NOW }),
    ]);
    expect(total(await usesSeen())).toBe(24);
    await foldFlushes(env.DB, { nowSeconds: NOW });
    expect(total(await rowsOf('operation_usage'))).toBe(24);
  });

  test('is added up whole or not at all', async () => {
    await env.DB.prepare(
      "CREATE TRIGGER no_refusals BEFORE INSERT ON operation_refusal BEGIN SELECT raise(ABORT, 'full'); END",
    ).run();
    await expect(foldFlushes(env.DB, { nowSeconds: NOW })).rejects.toThrow('full');
    await env.DB.prepare('DROP TRIGGER no_refusals').run();
    expect(await rowsOf('operation_usage')).toEqual([]);
    expect(total(await usesSeen())).toBe(4);
  });

  test('is read and added up beside rows of no known form, and the run tells of those', async () => {
    const insert = env.DB.prepare('INSERT INTO usage_flush (counts) VALUES (?1)');
    const entry: unknown[] = [TRENDING, 'ios', '1', use.day, 1, 50, 50];
    const malformed = [
      '',
      '{"uses": [',
      'null',
      '5',
      '[]',
      '{"uses": []}',
      '{"uses": "text", "refusals": 5}',
      JSON.stringify({ uses: ['text', null, {}, [], [null]], refusals: ['[', 1.5] }),
      JSON.stringify({ uses: [entry.with(0, null), entry.with(4, '1'), entry], refusals: [] }),
    ];
    await env.DB.batch(malformed.map((counts) => insert.bind(counts)));
    expect(total(await usesSeen())).toBe(5);
    expect(await refusalsSeen()).toHaveLength(1);
    await serving.gateway.scheduled(CRONS.hourly);
    expect(await pendingFlushes()).toBe(0);
    expect(total(await rowsOf('operation_usage'))).toBe(5);
    const run = await env.DB.prepare(
      "SELECT outcome, skipped_count FROM sync_run WHERE job = 'cleanup'",
    ).first();
    expect(run).toEqual({ outcome: 'partial', skipped_count: 7 + 7 + 2 });
  });
});

test('the cleanup adds up more than one fold takes', async () => {
  const flush = JSON.stringify({ uses: [[TRENDING, 'ios', '1', use.day, 1, 50, 50]], refusals: [] });
  await env.DB.prepare(
    `INSERT INTO usage_flush (counts)
     WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 5000)
     SELECT ?1 FROM number`,
  )
    .bind(flush)
    .run();
  expect(await foldFlushes(env.DB, { nowSeconds: NOW })).toMatchObject({ flushes: 2_000, more: true });
  await serving.gateway.scheduled(CRONS.hourly);
  // That of the isolate in which the cleanup ran.
  expect(await pendingFlushes()).toBe(1);
  expect(await rowsOf('operation_usage')).toMatchObject([{ count: 5_000 }]);
});

test('a day holds a bounded number of rows, and what is beyond is counted without names', async () => {
  const day = Math.floor(serving.market.startAt / 86_400);
  const usageRow = { operationId: TRENDING, version: '1', day, count: 1, firstSeen: 1, lastSeen: 2 };
  const refusalRow = { reason: 'A', version: '1', day, count: 1, lastSeen: 2 };
  const names = (from: number, count: number) => Array.from({ length: count }, (_, at) => `c${from + at}`);
  for (let from = 0; from < USAGE_ROWS_A_DAY; from += 5_000) {
    await appendCounts(env.DB, {
      usage: names(from, 5_000).map((client) => ({ ...usageRow, client })),
      refusals: [],
    });
  }
  const refused = (from: number, count: number) =>
    names(from, count).map((documentId) => ({ ...refusalRow, client: 'x', documentId }));
  await appendCounts(env.DB, { usage: [], refusals: refused(0, REFUSAL_ROWS_A_DAY) });
  await foldAll();
  const sizes = async () => {
    const count = (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n');
    return [await count('operation_usage'), await count('operation_refusal')];
  };
  expect(await sizes()).toEqual([USAGE_ROWS_A_DAY, REFUSAL_ROWS_A_DAY]);
  await appendCounts(env.DB, {
    usage: ['c0', 'new1', 'new2'].map((client) => ({ ...usageRow, client })),
    refusals: refused(REFUSAL_ROWS_A_DAY - 1, 3),
  });
  await foldAll();
  expect(await sizes()).toEqual([USAGE_ROWS_A_DAY + 1, REFUSAL_ROWS_A_DAY + 1]);
  const nameless = await env.DB.prepare("SELECT count FROM operation_usage WHERE client = ''").first('count');
  expect(nameless).toBe(2);
  const unnamed = "SELECT count FROM operation_refusal WHERE document_id = '' AND client = ''";
  expect(await env.DB.prepare(unnamed).first('count')).toBe(2);
});

test('a day that one fold fills keeps the names that were used most', async () => {
  const clients = Array.from({ length: USAGE_ROWS_A_DAY + 10 }, (_, at) => `c${at}`);
  await appendCounts(env.DB, {
    usage: clients.map((client, at) => ({ ...useAt(50), client, count: at < 10 ? 1 : 2 })),
    refusals: [],
  });
  await foldAll();
  const row = (client: string) =>
    env.DB.prepare('SELECT count FROM operation_usage WHERE client = ?1').bind(client).first('count');
  expect([await row(''), await row('c9'), await row('c10')]).toEqual([10, null, 2]);
});

test('the cleanup deletes uses after 400 days and refusals after 30', async () => {
  const today = Math.floor(serving.market.startAt / 86_400);
  const at = (day: number) => ({ client: '', version: '', day, count: 1, firstSeen: 1, lastSeen: 1 });
  await appendCounts(env.DB, {
    usage: [today - 401, today - 400].map((day) => ({ operationId: TRENDING, ...at(day) })),
    refusals: [today - 31, today - 30].map((day) => ({ reason: 'A', documentId: '', ...at(day) })),
  });
  await serving.gateway.scheduled(CRONS.hourly);
  expect(await rowsOf('operation_usage')).toMatchObject([{ day: today - 400 }]);
  expect(await rowsOf('operation_refusal')).toMatchObject([{ day: today - 30 }]);
});

const FOLDED_TABLES = ['operation_usage', 'request_hour', 'request_day'];

test('hours and days add at most a tenth to the rows that counting writes, by the month of bench/month.ts', async () => {
  // It has 120 isolates with ten requests a minute each. With fewer isolates, hours and days weigh more.
  const [isolates, requestsAMinute] = [12, 20];
  const random = drawsOf(1);
  const pick = (count: number) => Math.floor(count * random());
  const minutes = Array.from({ length: isolates * 60 }, (_, at) =>
    Array.from({ length: requestsAMinute }, () => {
      const hour = CELL.hour + (at % 60 === 0 ? 0 : 1);
      const seen = hour * 3_600;
      const names = { operationId: `operation-${pick(30)}`, client: `app-${pick(3)}`, version: `${pick(2)}` };
      return { ...CELL, ...names, count: 1, hour, firstSeen: seen, lastSeen: seen };
    }),
  );
  const rowsWritten = async (withRequests: boolean) => {
    await env.DB.batch(FOLDED_TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
    const flushes = minutes.map((requests) => {
      const uses = requests.map(({ operationId, client, version, firstSeen, lastSeen }) => [
        operationId,
        client,
        version,
        use.day,
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
    while ((await foldFlushes(env.DB, { nowSeconds: CELL.lastSeen + 86_400, write })).more);
    return rows;
  };
  const [without, withRequests] = [await rowsWritten(false), await rowsWritten(true)];
  expect(await rowsOf('request_hour')).toHaveLength(60);
  expect(withRequests / without).toBeLessThan(1.1);
});

test('the crons of an idle gateway write as many rows as bench/month.ts says', async () => {
  const gateway = startGateway(serving.market);
  const rowsAfter = async (cron: string, afterSeconds: number) => {
    await gateway.advance(afterSeconds);
    gateway.resetCounts();
    await gateway.scheduled(cron);
    return gateway.counts.d1RowsWritten;
  };
  for (const cron of [...FIRST_SYNC, CRONS.hourly]) await gateway.scheduled(cron);
  // The first runs insert rows that later ones change.
  for (const minutes of [60, 1]) await rowsAfter(CRONS.prices, minutes * 60);
  await rowsAfter(CRONS.hourly, 600);
  const minuteCron = await rowsAfter(CRONS.prices, 3_600);
  expect(await rowsAfter(CRONS.prices, 60)).toBe(minuteCron);
  const hourCron = await rowsAfter(CRONS.hourly, 600);
  expect({ minuteCron, hourCron }).toEqual({
    minuteCron: D1_ROWS_WRITTEN.minuteCron,
    hourCron: D1_ROWS_WRITTEN.hourCron,
  });
});
