/** The night's job that makes the report of the day. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { REPORT_WAITS_SECONDS, REPORTS_KEPT_DAYS, REPORTS_MADE_LATE_MAX_DAYS } from '../../src/config.ts';
import { forecastMonth } from '../../src/metrics/cost.ts';
import { UNITS } from '../../src/metrics/prices.ts';
import { readForecast } from '../../src/metrics/read-forecast.ts';
import type { ReportNotice } from '../../src/observability/notice.ts';
import { type DayReport, reportOf as dayReportOf } from '../../src/reports/day-report.ts';
import { readDay } from '../../src/reports/make-report.ts';
import { dayStart, reportDate, reportKey } from '../../src/reports/report-keys.ts';
import { alertChannelsSchema } from '../../src/settings/alert-settings.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { readMetrics } from '../../src/storage/d1/request-metrics.ts';
import type { JobDeps } from '../../src/sync/job.ts';
import { bucketWith, emptyBucket } from '../support/bucket.ts';
import { CELL } from '../support/drawn-metrics.ts';
import { keysIn } from '../support/stored-keys.ts';
import { type Bench, createBench, type Row, syncOf } from './sync-bench.ts';

const { DB: db, STORAGE: bucket } = env;
const DAY = 86_400;
const channel = (name: string, receives: string[]) => ({
  name,
  kind: 'slack',
  url: 'https://hooks.example/x',
  receives,
});
const CHANNELS = alertChannelsSchema.parse(
  JSON.stringify([
    channel('daily', ['report']),
    channel('team', ['report', 'ticket']),
    channel('on-call', ['page']),
  ]),
);

let bench: Bench;
/** Of the day that has ended. */
let date: string;
let start: number;
beforeEach(async () => {
  await emptyBucket();
  bench = await createBench({ projectCount: 1 });
  date = reportDate(bench.now() - DAY);
  start = dayStart(date);
});

const run = (deps: Partial<JobDeps> = {}) =>
  syncOf({ ...bench.deps, alertChannels: CHANNELS, ...deps }).runJob('report');
const reportOf = async (day = date) =>
  (await (await bucket.get(reportKey(day, 'json')))?.json()) as DayReport;
const notices = async () =>
  (await bench.rows('notification')).map(({ channel: name, notice }) => ({
    name,
    notice: JSON.parse(String(notice)) as ReportNotice,
  }));

async function insert(table: string, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const names = Object.keys(row);
    const places = names.map((_, index) => `?${index + 1}`);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`;
    await db
      .prepare(sql)
      .bind(...Object.values(row))
      .run();
  }
}

const investment = (id: string, amount: string, changed: Row = {}): Row => ({
  ...{
    id,
    user_id: 'usr_0001',
    pool_id: 'pool_0001',
    investment_amount: amount,
    token_amount: '1',
    token_price: '1',
  },
  ...{ payment_token: 'USDT', status: 'pending', total_claimed: '0', claimable_amount: '0' },
  ...{ invested_at: start, created_at: start, updated_at: start, ...changed },
});

test('the report has what D1 has of the day, and of no other', async () => {
  const hour = start / 3_600;
  const cells = [
    CELL,
    { ...CELL, client: 'web', count: 5, hour: hour + 23 },
    { ...CELL, operationId: 'job:prices', hour },
    { ...CELL, operationId: 'route:/health', hour, count: 2 },
  ].map((cell) => (cell === CELL ? { ...CELL, hour } : cell));
  const others = [hour - 1, hour + 24].map((other) => ({ ...CELL, hour: other, count: 1_000 }));
  const counts = { uses: [], refusals: [], requests: [...cells, ...others].map(encodedCell) };
  await insert('usage_flush', [{ counts: JSON.stringify(counts) }]);
  await insert('operation', [
    {
      id: CELL.operationId,
      document_id: 'd',
      name: 'Search',
      kind: 'query',
      registered: '{}',
      registered_at: 1,
    },
  ]);
  const times = [start - 1, start, start + DAY - 1, start + DAY];
  await insert(
    'user_account',
    times.map((created_at, at) => ({ id: `usr_${at}`, created_at, last_active_at: created_at })),
  );
  await insert('user_investment_cache', [
    investment('a', '0.000000000000000001'),
    investment('b', '1000000000000.1', { status: 'confirmed', confirmed_at: start + 5 }),
    investment('c', '1000000000000.1', { status: 'confirmed', confirmed_at: start + 6 }),
    investment('d', '7', {
      invested_at: start - DAY,
      status: 'refunded',
      confirmed_at: start - 5,
      updated_at: start + 9,
    }),
    investment('e', '3', { invested_at: start - DAY, status: 'failed', refund_due: 1 }),
    investment('f', '9', { invested_at: start + DAY, payment_token: 'ETH' }),
  ]);
  const ended = { read_count: 10, written_count: 4 };
  await insert('sync_run', [
    { id: '1', job: 'prices', started_at: start, finished_at: start + 4, outcome: 'ok', ...ended },
    {
      id: '2',
      job: 'prices',
      started_at: start + 60,
      finished_at: start + 67,
      outcome: 'failed',
      first_error: 'down',
      ...ended,
    },
    {
      id: '3',
      job: 'prices',
      started_at: start + DAY,
      finished_at: start + DAY,
      outcome: 'failed',
      first_error: 'later',
      ...ended,
    },
  ]);

  expect(await run()).toMatchObject({ outcome: 'ok', written: 1 });
  const report = await reportOf();
  expect(report).toMatchObject({ date, environment: 'development', accounts: { opened: 2, total: 4 } });
  expect(report.requests).toMatchObject({ requests: 10, faults: 3 });
  expect(report.operations).toMatchObject([{ operationId: 'a', operationName: 'Search', requests: 8 }]);
  expect(report.routes).toMatchObject([{ path: '/health', requests: 2 }]);
  expect(report.clients.map(({ client, requests }) => [client, requests])).toEqual([
    ['ios', 5],
    ['web', 5],
  ]);
  expect(report.paymentTokens).toEqual([
    {
      paymentToken: 'USDT',
      investments: { count: 3, amount: '2000000000000.200000000000000001' },
      raised: { count: 2, amount: '2000000000000.2' },
      refunded: { count: 1, amount: '7' },
      refundsDue: { count: 1, amount: '3' },
    },
  ]);
  expect(report.jobs).toEqual([
    {
      ...{ job: 'prices', runs: 2, ok: 1, partial: 0, failed: 1, read: 20, written: 8, skipped: 0 },
      ...{ longestSeconds: 7, lastError: 'down' },
    },
  ]);
  expect(report.cost.dayDollars).toBeGreaterThan(0);
  expect(report.cost.monthForecastDollars).toBeGreaterThanOrEqual(5);
  const page = await (await bucket.get(reportKey(date, 'html')))?.text();
  expect(page).toContain(`<title>Report of ${date}</title>`);
});

test('a day of many names is read without the names of each hour', async () => {
  const hours = Array.from({ length: 24 }, (_, hour) => start / 3_600 + hour);
  const names = Array.from({ length: 60 }, (_, at) => ({ operationId: `op${at % 12}`, version: `1.${at}` }));
  const cells = hours.flatMap((hour) => [
    ...names.map((name) => ({ ...CELL, ...name, hour })),
    { ...CELL, operationId: 'job:prices', hour },
  ]);
  const counts = { uses: [], refusals: [], requests: cells.map(encodedCell) };
  await insert('usage_flush', [{ counts: JSON.stringify(counts) }]);
  const day = await readDay({ db, environment: 'test' }, date, start + DAY);
  expect([day.cells.length, day.hourCells.length]).toEqual([names.length + 1, 2 * hours.length]);
  const report = dayReportOf(day);
  expect(report.clients).toHaveLength(names.length);
  expect(report.requests.requests).toBe(CELL.count * names.length * hours.length);
  expect(report.hours).toEqual(
    hours.map((_, hour) => ({ hour, requests: CELL.count * names.length, faults: names.length })),
  );
});

test('the forecast is that of all cells of the month, although it is read in parts', async () => {
  const monthStart = Date.UTC(2024, 1, 1) / 1000;
  const cells = Array.from({ length: 18 }, (_, day) => [
    { ...CELL, hour: (monthStart + day * DAY) / 3_600, bytes: 10_000 * day },
    { ...CELL, operationId: 'job:prices', client: '', hour: (monthStart + day * DAY) / 3_600 + 5 },
    {
      ...CELL,
      outcome: 'refused' as const,
      cache: 'bypass' as const,
      hour: (monthStart - day * DAY) / 3_600,
    },
  ]).flat();
  const counts = { uses: [], refusals: [], requests: cells.map(encodedCell) };
  await insert('usage_flush', [{ counts: JSON.stringify(counts) }]);
  for (const now of [start + DAY - 1, monthStart + 5_000, monthStart + 7 * DAY]) {
    const all = await readMetrics(db, { from: 0, to: now });
    const { use, bill } = await readForecast(db, now);
    const whole = forecastMonth(all, now);
    expect(use.workerRequests).toBeGreaterThan(0);
    for (const unit of UNITS) expect(use[unit], unit).toBeCloseTo(whole.use[unit] ?? 0, 6);
    expect(bill.total).toBeCloseTo(whole.bill.total, 9);
  }
});

test('each channel for reports is told once, with a link; a report that is there is not made again', async () => {
  await run();
  const made = await bucket.head(reportKey(date, 'json'));
  expect(await run()).toMatchObject({ outcome: 'ok', written: 0 });
  expect((await bucket.head(reportKey(date, 'json')))?.etag).toBe(made?.etag);
  const told = await notices();
  expect(told.map(({ name }) => name).sort()).toEqual(['daily', 'team']);
  for (const { notice } of told) {
    expect(notice).toMatchObject({ id: `report:${date}`, kind: 'report', date });
    expect(notice.url).toMatch(
      new RegExp(`^https://gateway\\.test/reports/${date}\\?expires=\\d+&signature=.+`),
    );
    expect(notice.lines[0]).toBe('No request of this day is recorded.');
  }
});

test('a report whose making was cut off is made again, and told once', async () => {
  const cutOff = bucketWith({
    put: async (key: string, value: string) => {
      if (key.endsWith('.json')) throw new Error('R2 is away');
      return bucket.put(key, value);
    },
  } as Partial<R2Bucket>);
  expect(await run({ storage: cutOff })).toMatchObject({ outcome: 'failed', firstError: 'R2 is away' });
  expect(await keysIn('reports/')).toEqual([reportKey(date, 'html')]);
  expect(await run()).toMatchObject({ outcome: 'ok', written: 1 });
  expect(await notices()).toHaveLength(2);
});

test('nights that failed are made up for, a week at most', async () => {
  const ago = (days: number) => reportDate(bench.now() - days * DAY);
  await bucket.put(reportKey(ago(4), 'json'), '{}');
  expect(await run()).toMatchObject({ written: 3 });
  expect(await keysIn('reports/')).toEqual(
    [3, 2, 1]
      .flatMap((days) => [reportKey(ago(days), 'html'), reportKey(ago(days), 'json')])
      .toSpliced(0, 0, reportKey(ago(4), 'json')),
  );
  await emptyBucket();
  await bucket.put(reportKey(ago(40), 'json'), '{}');
  expect(await run()).toMatchObject({ written: REPORTS_MADE_LATE_MAX_DAYS });
});

test('a report that is too old is deleted', async () => {
  const ago = (days: number) => reportDate(bench.now() - days * DAY);
  for (const days of [REPORTS_KEPT_DAYS + 1, REPORTS_KEPT_DAYS, 1])
    for (const form of ['html', 'json'] as const) await bucket.put(reportKey(ago(days), form), '{}');
  await run();
  expect(await keysIn('reports/')).toEqual(
    [REPORTS_KEPT_DAYS, 1].flatMap((days) => [reportKey(ago(days), 'html'), reportKey(ago(days), 'json')]),
  );
});

test('a clock that jumps ahead deletes a week of reports at most, and keeps no later night from its report', async () => {
  const ago = (days: number) => reportDate(bench.now() - days * DAY);
  for (let days = 2; days < 12; days += 1)
    for (const form of ['html', 'json'] as const) await bucket.put(reportKey(ago(days), form), '{}');
  const ahead = bench.now() * 1000 + 3 * REPORTS_KEPT_DAYS * DAY * 1000;
  expect(await run({ nowMs: () => ahead })).toMatchObject({ outcome: 'ok' });
  expect(await keysIn(reportKey(ago(2), 'json'))).toHaveLength(1);
  expect(await keysIn(reportKey(ago(11), 'json'))).toHaveLength(0);
  expect(await run()).toMatchObject({ outcome: 'ok', written: 1 });
  expect(await keysIn(reportKey(date, 'json'))).toHaveLength(1);
});

test('at midnight it waits for the counts of the last minute, and at no other time', async () => {
  const slept: number[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  await run({ sleep });
  expect(slept).toEqual([]);
  const midnight = (start + 2 * DAY) * 1000 + 5_000;
  expect(await run({ sleep, nowMs: () => midnight })).toMatchObject({ outcome: 'ok', written: 1 });
  expect(slept).toEqual([(REPORT_WAITS_SECONDS - 5) * 1000]);
});
