/** `docs/analytics.sql` and `/admin/metrics`, held against the log of the one who sent the requests. */
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import analyticsSql from '../../docs/analytics.sql?raw';
import { METRICS_ANSWER_CELLS_MAX } from '../../src/config.ts';
import type { MetricsSummary } from '../../src/metrics/summary.ts';
import { noCalls } from '../../src/observability/call-counts.ts';
import { bucketEndMs, LATENCY_ERROR } from '../../src/observability/latency-histogram.ts';
import { USAGE_FLUSH_SECONDS } from '../../src/operations/usage.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { appendCounts } from '../../src/storage/d1/operation-usage.ts';
import { ADMIN_KEY, adminOf, operationNamed } from '../support/admin.ts';
import { TRENDING } from '../support/counted-uses.ts';
import { documentedQueries } from '../support/documented-queries.ts';
import { CELL } from '../support/drawn-metrics.ts';
import { expectedRows, isHit, percentile, type Row, shareOf, sumOf } from '../support/logged-figures.ts';
import { type LoggedRequest, mixedRequests, SlowD1 } from '../support/mixed-requests.ts';
import { startServing } from '../support/serving-bench.ts';
import { drawsOf } from '../support/upstream/random.ts';

const REQUESTS = 10_000;

const log: LoggedRequest[] = [];
const points: AnalyticsEngineDataPoint[] = [];
let admin: ReturnType<typeof adminOf>;

const rowOf = ({ indexes, blobs, doubles }: AnalyticsEngineDataPoint) => ({
  index1: indexes?.[0],
  ...Object.fromEntries((blobs ?? []).map((blob, at) => [`blob${at + 1}`, blob])),
  ...Object.fromEntries((doubles ?? []).map((double, at) => [`double${at + 1}`, double])),
});

/** As the platform keeps a sample: a row stands for all that are the same. */
function sampled(): object[] {
  return [...Map.groupBy(points, (point) => JSON.stringify(rowOf(point)))].map(([row, same]) => ({
    ...(JSON.parse(row) as object),
    _sample_interval: same.length,
  }));
}

const queries = documentedQueries(analyticsSql);

describe('10,000 mixed requests', () => {
  beforeAll(async () => {
    const random = drawsOf(1);
    const d1 = new SlowD1(() => Math.floor(300 ** random()));
    const dataset = {
      // The request has ended: what is done beside it takes no time of it.
      writeDataPoint(point: AnalyticsEngineDataPoint = {}) {
        d1.isWaitedFor = false;
        points.push(structuredClone(point));
      },
    };
    const vars: Record<string, unknown> = { ADMIN_KEY, ANALYTICS: dataset, DB: d1.binding };
    const { gateway } = await startServing({ vars: vars as Record<string, string> });
    admin = adminOf(gateway);
    expect((await admin.publish('ios', '5.2.0', [await operationNamed('OfIos')])).status).toBe(200);
    // The overlay that the isolate keeps may be a minute old.
    await gateway.advance(USAGE_FLUSH_SECONDS + 1);
    await gateway.fetch('/health');
    points.length = 0;
    const send = mixedRequests({ random, gateway, d1 });
    while (log.length < REQUESTS) log.push(await send());
  }, 180_000);

  describe.each([
    ['each point', () => points.map((point) => ({ ...rowOf(point), _sample_interval: 1 }))],
    ['a sample', sampled],
  ])('docs/analytics.sql over %s', (_name, rows) => {
    const answers: Record<string, Row[]> = {};
    beforeAll(async () => {
      const load = { table: 'com2000_edge_production', rows: rows(), queries: Object.values(queries) };
      const response = await fetch(inject('clickhouseUrl'), { method: 'POST', body: JSON.stringify(load) });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      const lists = JSON.parse(text) as Row[][];
      for (const [at, name] of Object.keys(queries).entries()) answers[name] = lists[at] ?? [];
    });

    test.each(Object.keys(queries))('%s is what the requests were', (name) => {
      const workerVersion = points[0]?.blobs?.[9] as string;
      const expected = expectedRows(log, workerVersion)[name]?.() ?? [];
      const columns = Object.keys(expected[0] ?? {});
      const shown = (answers[name] ?? []).map((row) =>
        Object.fromEntries(columns.map((column) => [column, row[column]])),
      );
      const inOrder = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).sort();
      expect(inOrder(shown)).toEqual(inOrder(expected));
      expect(expected.length).toBeGreaterThan(0);
    });
  });

  test('GET /admin/metrics: the same counts, and latencies within the error of the histogram', async () => {
    const { body } = await admin.get<{
      rows: ({ operationId: string } & MetricsSummary)[];
      otherClients: { client: string; count: number }[];
    }>('/metrics');
    const unnamed = log.filter(({ client }) => client === 'other').length;
    expect(new Set(body.otherClients.map(({ client }) => client))).toEqual(new Set(['<!channel>']));
    expect(sumOf(body.otherClients, ({ count }) => count)).toBe(unnamed);
    const rows = new Map(body.rows.map((row) => [row.operationId, row]));
    for (const [cellId, own] of Map.groupBy(log, (request) => request.cellId)) {
      const kept = own.filter(({ cache }) => cache !== 'bypass');
      const row = rows.get(cellId);
      expect(row).toMatchObject({
        count: own.length,
        faults: own.filter(({ errorCode }) => errorCode === 'INTERNAL_SERVER_ERROR').length,
        errors: sumOf(own, ({ errors }) => errors),
        bytes: sumOf(own, ({ bytes }) => bytes),
        hitRate: kept.length === 0 ? null : shareOf(kept, isHit),
        durationMs: sumOf(own, ({ durationMs }) => durationMs),
        calls: { d1Queries: sumOf(own, ({ d1Queries }) => d1Queries) },
      });
      for (const [shown, exact] of [
        [row?.p50Ms, percentile(own, 0.5)],
        [row?.p95Ms, percentile(own, 0.95)],
        [row?.p99Ms, percentile(own, 0.99)],
      ] as const) {
        expect(shown).toBeGreaterThanOrEqual(exact);
        expect(shown).toBeLessThanOrEqual(exact * (1 + LATENCY_ERROR));
      }
    }
    expect(percentile(log, 0.95)).toBeGreaterThan(0);
  });
});

describe('GET /admin/metrics', () => {
  let startAt: number;
  beforeEach(async () => {
    const { gateway, market } = await startServing({ crons: [], vars: { ADMIN_KEY } });
    admin = adminOf(gateway);
    startAt = market.startAt;
    const hour = Math.floor(startAt / 3_600);
    const at = (hours: number) => ({ ...CELL, operationId: TRENDING, hour: hour - hours });
    await appendCounts(env.DB, {
      usage: [],
      refusals: [],
      requests: [
        { ...at(0), cache: 'hit', outcome: 'ok', count: 9, histogram: [0, 9] },
        { ...at(1), client: 'web', version: '7', count: 3, histogram: [100, 3] },
        { ...at(1), operationId: 'route:/files/*', cache: 'bypass', count: 1, histogram: [5, 1] },
        { ...at(50), count: 100 },
      ],
    });
  });
  const rows = async (query: string) => {
    const { status, body } = await admin.get<{ rows: object[] }>(`/metrics?operation=${TRENDING}&${query}`);
    expect(status).toBe(200);
    return body.rows;
  };

  test('shows the operations of the last day, with their names, rates and latencies', async () => {
    const { body } = await admin.get<{ counted: string; rows: { operationId: string }[] }>('/metrics');
    expect(body.counted).toContain('requests that reached the Worker');
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

  test('refuses more groups than it has room for, and adds up as many requests', async () => {
    const [, , , , ...facts] = encodedCell(CELL);
    const cells = Array.from({ length: 500 }, (_, at) => ['ios', `1.${at}`, ...facts]);
    const rowsOfHour = Math.floor(METRICS_ANSWER_CELLS_MAX / 500) + 1;
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rowsOfHour})
       INSERT INTO request_hour (hour, operation_id, cells) SELECT ?1, 'operation' || i, ?2 FROM n`,
    )
      .bind(Math.floor(startAt / 3_600) - 1, JSON.stringify(cells))
      .run();
    const refused = await admin.get('/metrics?by=operation,client,hour');
    expect(refused).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    const { body } = await admin.get<{ rows: { client: string; count: number }[] }>(
      '/metrics?by=client,hour',
    );
    expect(body.rows).toContainEqual(
      expect.objectContaining({ client: 'ios', version: '1.7', count: rowsOfHour * CELL.count }),
    );
  });
});
