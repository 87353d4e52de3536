/** The sums of a day's report, over plain values. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutNames } from '../../../src/metrics/read-forecast.ts';
import { noCalls } from '../../../src/observability/call-counts.ts';
import type { MetricsCell } from '../../../src/observability/request-metrics.ts';
import { type DayInputs, type DayReport, reportOf } from '../../../src/reports/day-report.ts';
import { headlines } from '../../../src/reports/headlines.ts';
import { dayStart } from '../../../src/reports/report-keys.ts';
import { reportPage } from '../../../src/reports/report-page.ts';
import type { Traffic } from '../../../src/reports/traffic.ts';
import { drawnCell } from '../../support/drawn-metrics.ts';

const DATE = '2026-11-25';
const FIRST_HOUR = dayStart(DATE) / 3_600;

const inputsWith = (inputs: Partial<DayInputs> = {}): DayInputs => ({
  hourCells: (inputs.cells ?? []).map(withoutNames),
  date: DATE,
  environment: 'staging',
  madeAt: dayStart(DATE) + 86_400 + 120,
  cells: [],
  operationNames: new Map(),
  accounts: { opened: 0, total: 7 },
  paymentTokens: [],
  jobs: [],
  incidents: [],
  monthForecastDollars: 5,
  ...inputs,
});

const ids = fc.constantFrom('sha256:one', 'sha256:two', 'unregistered', 'route:/files/*', 'job:prices');
const cells = fc.array(
  fc
    .tuple(drawnCell(), ids, fc.integer({ min: FIRST_HOUR - 2, max: FIRST_HOUR + 26 }))
    .map(([cell, operationId, hour]): MetricsCell => ({ ...cell, operationId, hour })),
  { maxLength: 40 },
);
const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) =>
  rows.reduce((total, row) => total + of(row), 0);

test('operations and routes add up to all requests of the day, and so do client releases and hours', () => {
  fc.assert(
    fc.property(cells, (drawn) => {
      const report = reportOf(inputsWith({ cells: drawn }));
      const counted = drawn.filter(
        ({ operationId, hour }) =>
          operationId !== 'job:prices' && hour >= FIRST_HOUR && hour < FIRST_HOUR + 24,
      );
      const parts = [[...report.operations, ...report.routes], report.clients];
      for (const name of ['requests', 'faults', 'refused', 'errors', 'bytes'] as const)
        for (const rows of parts) expect(sum<Traffic>(rows, (row) => row[name])).toBe(report.requests[name]);
      expect(sum(report.hours, ({ requests }) => requests)).toBe(report.requests.requests);
      expect(sum(report.hours, ({ faults }) => faults)).toBe(report.requests.faults);
      expect(report.requests.requests).toBe(sum(counted, ({ count }) => count));
      expect(report.requests.faults).toBe(sum(counted, ({ faults }) => faults));
      expect(report.hours).toHaveLength(24);
      expect(sum(report.cost.products, ({ dollars }) => dollars)).toBeCloseTo(report.cost.dayDollars, 12);
    }),
  );
});

test('a report that is made again of the same rows in another order is the same', () => {
  fc.assert(
    fc.property(cells, (drawn) => {
      const [one, other] = [drawn, drawn.toReversed()].map((ordered) =>
        reportOf(inputsWith({ cells: ordered })),
      );
      // Dollars are no whole numbers, whose sums depend on the order.
      expect({ ...one, cost: null }).toEqual({ ...other, cost: null });
      expect(one?.cost.dayDollars).toBeCloseTo(other?.cost.dayDollars ?? 0, 12);
    }),
  );
});

test('a report that is made when the counts by hour have expired shows none', () => {
  const late = { madeAt: dayStart(DATE) + 9 * 86_400, cells: [cell({ count: 7 })] };
  const report = reportOf(inputsWith(late));
  expect([report.hours, report.requests.requests]).toEqual([[], 7]);
  expect(textOf(reportPage(report))).toContain('Counts by hour are kept for seven days.');
});

const cell = (change: Partial<MetricsCell>): MetricsCell => ({
  operationId: 'sha256:one',
  client: 'ios',
  version: '5.1.0',
  hour: FIRST_HOUR,
  outcome: 'ok',
  cache: 'hit',
  firstSeen: dayStart(DATE),
  lastSeen: dayStart(DATE),
  count: 1,
  faults: 0,
  errors: 0,
  bytes: 0,
  durationMs: 0,
  calls: noCalls(),
  histogram: [0, change.count ?? 1],
  ...change,
});

test('the hit rate leaves out what no cache may keep, and percentiles are those of all cells', () => {
  const { requests } = reportOf(
    inputsWith({
      cells: [
        cell({ count: 6 }),
        cell({ cache: 'stale', count: 1 }),
        cell({ cache: 'miss', count: 3, histogram: [10, 3] }),
        cell({ cache: 'bypass', count: 90, histogram: [12, 90], outcome: 'refused' }),
      ],
    }),
  );
  expect(requests).toMatchObject({ requests: 100, refused: 90, hitRate: 0.7, p50Ms: 12, p95Ms: 12 });
});

test('a rate and a percentile of nothing are null', () => {
  const { requests } = reportOf(inputsWith());
  expect(requests).toMatchObject({ requests: 0, hitRate: null, p50Ms: null, p95Ms: null, p99Ms: null });
});

/** What a screen shows of a page. */
const textOf = (page: string) =>
  page.replaceAll(/<style>[\s\S]*?<\/style>|<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

test('a day without rows has a report that says so', () => {
  const report = reportOf(inputsWith());
  expect(headlines(report)[0]).toBe('No request of this day is recorded.');
  const text = textOf(reportPage(report));
  for (const said of [
    'No request of this day is recorded.',
    'No incident.',
    'No investment, payment or refund.',
    'No run of a job is recorded.',
    '0 accounts opened; there are 7.',
  ])
    expect(text).toContain(said);
  expect(text).not.toContain('NaN');
});

test('the page says that its rates are of what reached the Worker', () => {
  expect(textOf(reportPage(reportOf(inputsWith())))).toContain('that reached the Worker');
});

test('the sentences for channels name the figures of the day', () => {
  const report = reportOf(
    inputsWith({
      cells: [
        cell({ count: 1_999 }),
        cell({ faults: 1, cache: 'miss', outcome: 'error', histogram: [200, 1] }),
      ],
      accounts: { opened: 1, total: 8 },
      paymentTokens: [
        {
          paymentToken: 'USDT',
          investments: { count: 2, amount: '2000' },
          raised: { count: 1, amount: '1234567.000000000000000001' },
          refunded: { count: 0, amount: '0' },
          refundsDue: { count: 0, amount: '0' },
        },
      ],
      jobs: [
        {
          job: 'prices',
          ...{ runs: 1_440, ok: 1_438, partial: 1, failed: 1, read: 1, written: 1, skipped: 1 },
          ...{ longestSeconds: 1, lastError: 'down' },
        },
      ],
      incidents: [incident({ endedAt: dayStart(DATE) + 12 * 60 })],
      monthForecastDollars: 46.123,
    }),
  );
  expect(headlines(report)).toEqual([
    '2,000 requests reached the Worker: 0.05% met a fault, p95 0 ms, hit rate 99.95%.',
    '1 incident: slow-operation (12 min).',
    '1 new account, 2 investments; raised 1,234,567.000000000000000001 USDT, refunded nothing.',
    '1,440 runs of jobs; failed or partial: prices (2).',
    expect.stringMatching(/^The day cost \$0\.00\d+; the forecast of the month is \$46\.12\.$/),
  ]);
});

const incident = (change: Partial<DayReport['incidents'][number]> = {}) => ({
  id: 'one',
  rule: 'slow-operation',
  runbook: 'slow-operation',
  severity: 'ticket' as const,
  subject: 'sha256:one',
  summary: 'p95 of Search is 812 ms',
  value: '812 ms',
  threshold: '500 ms',
  worst: null,
  startedAt: dayStart(DATE),
  endedAt: null,
  ...change,
});

test('no name becomes markup, fills the page or turns its direction', () => {
  const names = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '\u202eflipped',
    'a'.repeat(10_000),
  ];
  const page = reportPage(
    reportOf(
      inputsWith({
        cells: names.flatMap((name) => [
          cell({ client: name, version: name }),
          cell({ operationId: name }),
          cell({ operationId: `route:${name}` }),
        ]),
        operationNames: new Map(names.map((name) => [name, name])),
        paymentTokens: names.map((paymentToken) => ({
          paymentToken,
          investments: { count: 1, amount: '1' },
          raised: { count: 1, amount: '1' },
          refunded: { count: 1, amount: '1' },
          refundsDue: { count: 1, amount: '1' },
        })),
        incidents: names.map((name) => incident({ subject: name, summary: name })),
      }),
    ),
  );
  const [, body = ''] = page.split('</head>');
  const tags = new Set([...body.matchAll(/<\/?([a-z]+\d?)/gi)].map(([, tag]) => tag));
  expect([...tags].sort()).toEqual([
    ...[
      'b',
      'bdi',
      'body',
      'div',
      'g',
      'h1',
      'h2',
      'header',
      'html',
      'li',
      'main',
      'p',
      'rect',
      'section',
      'small',
    ],
    ...['span', 'svg', 'table', 'tbody', 'td', 'th', 'thead', 'title', 'tr', 'ul'],
  ]);
  const tagTexts = [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, ''));
  expect(tagTexts.filter((tag) => /\s(on\w+|src|href|style)\b/.test(tag))).toEqual([]);
  expect(body).not.toContain('\u202e');
  expect(textOf(body)).not.toContain('long '.repeat(70));
});

test('a table of many rows is bounded, and its last row sums up the others', () => {
  const report = reportOf(
    inputsWith({
      cells: Array.from({ length: 500 }, (_, index) =>
        cell({ client: `c${index}`, count: 1 + (index < 40 ? 9 : 0) }),
      ),
    }),
  );
  expect(report.clients).toHaveLength(500);
  const text = textOf(reportPage(report));
  expect(text).toContain('460 others 460 53.49%');
});
