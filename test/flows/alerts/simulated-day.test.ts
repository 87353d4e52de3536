/**
 * A day of traffic with three incidents, by the jobs of the minute, the hour and the night on a clock that is driven: the
 * messages that a receiver gets, and the report.
 */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { createSendNotice } from '../../../src/alerts/send-notice.ts';
import { LATENCY_ERROR } from '../../../src/observability/latency-histogram.ts';
import type { AlertNotice, ReportNotice } from '../../../src/observability/notice.ts';
import type { DayReport } from '../../../src/reports/day-report.ts';
import { headlines } from '../../../src/reports/headlines.ts';
import { reportKey } from '../../../src/reports/report-keys.ts';
import { encodedCell } from '../../../src/storage/d1/metrics-cells.ts';
import type { JobDeps } from '../../../src/sync/job.ts';
import { JOBS } from '../../../src/sync/jobs.ts';
import { runJobs } from '../../../src/sync/run-jobs.ts';
import { type AlertInbox, openInbox } from '../../support/alert-inbox.ts';
import { emptyBucket } from '../../support/bucket.ts';
import {
  MINUTES_A_DAY,
  SimulatedDay,
  type SimulatedRequest,
  unknownId,
} from '../../support/simulated-day.ts';
import { type Bench, createBench } from '../sync-bench.ts';

const { DB: db, STORAGE: bucket } = env;
/** The rules' clock goes on by two minutes at most from one look to the next. */
const STEP_MINUTES = 2;
const DATE = '2026-11-25';
const START = Date.parse(DATE) / 1000;

const operation = (name: string, share: number, isPrivate = false) => ({
  ...{ id: `sha256:${name}`, name, share, isPrivate },
  kind: isPrivate ? ('mutation' as const) : ('query' as const),
});
const OPERATIONS = [
  operation('MarketList', 0.5),
  operation('Search', 0.3),
  operation('MyInvestments', 0.12, true),
  operation('InvestInPool', 0.08, true),
];
const IOS = { client: 'ios', version: '5.2.0', share: 0.4 };
const ANDROID = { client: 'android', version: '5.1.0', share: 0.3 };
const WEB = { client: 'web', version: '2026.11', share: 0.3 };
const isOf = ({ client }: SimulatedRequest, app: typeof IOS) => client === app.client;

const hour = (hours: number, minutes = 0) => hours * 60 + minutes;
const INCIDENTS = {
  failures: {
    ...{ from: hour(9), to: hour(9, 40) },
    spoil: (request: SimulatedRequest) =>
      request.operationId === 'sha256:InvestInPool' && isOf(request, IOS)
        ? ({ outcome: 'error', isFault: true } as const)
        : null,
  },
  slowness: {
    ...{ from: hour(14), to: hour(14, 30) },
    spoil: (request: SimulatedRequest, chance: number) =>
      request.operationId === 'sha256:MarketList' && isOf(request, WEB)
        ? ({ cache: 'miss', durationMs: 900 + Math.floor(chance * 600) } as const)
        : null,
  },
  unknownIds: {
    ...{ from: hour(20), to: hour(20, 45) },
    spoil: (request: SimulatedRequest, chance: number) =>
      isOf(request, ANDROID) && chance < 0.1 ? unknownId : null,
  },
};
const UNKNOWN_ID = `sha256:${'0'.repeat(64)}`;
/** In the order of their messages. A failure that is short uses up the error budget of days all the same. */
const FIRED = [
  { of: 'failures', rule: 'error-budget-ticket', worst: ['InvestInPool', 'ios', '5.2.0'], overAfterHours: 8 },
  { of: 'failures', rule: 'error-budget-fast', worst: ['InvestInPool', 'ios', '5.2.0'], overAfterHours: 1 },
  { of: 'slowness', rule: 'slow-operation', worst: ['MarketList', 'web', '2026.11'], overAfterHours: 1 },
  {
    of: 'unknownIds',
    rule: 'refused-operations',
    worst: [UNKNOWN_ID, 'android', '5.1.0'],
    overAfterHours: 1,
  },
] as const;

test('messages name the rule, operation and client release of each incident, and the report adds up', async () => {
  await emptyBucket();
  const bench = await createBench({ projectCount: 1 });
  bench.advanceSync(START - bench.now());
  for (const { id, name, kind } of OPERATIONS)
    await db
      .prepare(
        `INSERT INTO operation (id, document_id, name, kind, registered, registered_at) VALUES (?1, ?1, ?2, ?3, '{}', 1)`,
      )
      .bind(id, name, kind)
      .run();
  const inbox = openInbox();
  const incidents = Object.values(INCIDENTS);
  const day = new SimulatedDay({
    operations: OPERATIONS,
    apps: [IOS, ANDROID, WEB],
    incidents,
    startedAt: START,
  });
  await simulate(bench, inbox, day);

  const notices = (await inbox.taken('webhook')).map(({ notice }) => notice as AlertNotice | ReportNotice);
  const alerts = notices.filter((notice) => notice.kind === 'alert');
  expectAlerts(alerts);

  const report = (await (await bucket.get(reportKey(DATE, 'json')))?.json()) as DayReport;
  expectSums(report, day.log);
  expect(report.incidents.map(({ rule, startedAt, endedAt }) => [rule, startedAt, endedAt])).toEqual(
    alerts
      .filter(({ event }) => event === 'resolved')
      .toSorted((one, other) => one.startedAt - other.startedAt)
      .map(({ rule, startedAt, endedAt }) => [rule, startedAt, endedAt]),
  );
  const [told, ...others] = notices.filter((notice) => notice.kind === 'report');
  expect([told?.date, told?.lines, others]).toEqual([DATE, headlines(report), []]);
  expect(told?.lines[1]).toMatch(/^4 incidents: error-budget-ticket \(7 h \d+ min\), error-budget-fast \(/);
});

async function simulate(bench: Bench, inbox: AlertInbox, day: SimulatedDay): Promise<void> {
  const deps: JobDeps = {
    ...bench.deps,
    alertChannels: inbox.channels.filter(({ kind }) => kind === 'webhook'),
    sendNotice: createSendNotice({
      fetch,
      email: env.ALERT_EMAIL,
      environment: 'staging',
      origin: 'https://gateway.test',
      nowMs: bench.deps.nowMs,
    }),
  };
  const run = (...names: string[]) =>
    runJobs(
      JOBS.filter(({ name }) => names.includes(name)),
      deps,
    );
  const simulated = ['alerts', 'cleanup', 'report'];
  const otherJobs = JSON.stringify(JOBS.map(({ name }) => name).filter((name) => !simulated.includes(name)));
  for (let minute = 0; minute < MINUTES_A_DAY; minute += STEP_MINUTES) {
    const counts = countsOf(day, minute);
    bench.advanceSync(STEP_MINUTES * 60);
    const now = bench.now();
    await db.batch([
      db.prepare('INSERT INTO usage_flush (counts, written_at) VALUES (?1, ?2)').bind(counts, now),
      // No other job runs here, and the last run of each is always new and complete.
      db
        .prepare(
          `INSERT OR REPLACE INTO sync_run (id, job, started_at, finished_at, outcome)
           SELECT 'of ' || value, value, ?1, ?1, 'ok' FROM json_each(?2)`,
        )
        .bind(now, otherJobs),
    ]);
    await run('alerts', ...((minute + STEP_MINUTES) % 60 === 0 ? ['cleanup'] : []));
  }
  await run('report');
  await run('alerts');
}

/** The row that an isolate writes. */
function countsOf(day: SimulatedDay, minute: number): string {
  const cells = day.minutes(minute, minute + STEP_MINUTES);
  const refusals = cells
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ client, version, hour: inHour, count, lastSeen }) => [
      ...['PERSISTED_QUERY_NOT_FOUND', UNKNOWN_ID, client, version],
      ...[Math.floor(inHour / 24), count, lastSeen],
    ]);
  return JSON.stringify({ uses: [], refusals, requests: cells.map(encodedCell) });
}

function expectAlerts(alerts: readonly AlertNotice[]): void {
  const fired = alerts.filter(({ event }) => event === 'fired');
  expect(fired.map(({ rule }) => rule)).toEqual(FIRED.map(({ rule }) => rule));
  expect(alerts).toHaveLength(2 * FIRED.length);
  for (const [at, { of, rule, worst, overAfterHours }] of FIRED.entries()) {
    const [begin, end] = [START + INCIDENTS[of].from * 60, START + INCIDENTS[of].to * 60];
    const first = fired[at] as AlertNotice;
    const { operationId = '', operationName = '', client, version } = first.worst ?? {};
    expect([operationName || operationId, client, version], rule).toEqual(worst);
    expect(first.startedAt, rule).toBeGreaterThan(begin);
    expect(first.startedAt, rule).toBeLessThan(end);
    const over = alerts.filter(
      ({ event, incidentId }) => event === 'resolved' && incidentId === first.incidentId,
    );
    expect(over, rule).toMatchObject([{ startedAt: first.startedAt }]);
    expect(over[0]?.endedAt, rule).toBeGreaterThan(end);
    expect(over[0]?.endedAt, rule).toBeLessThan(end + overAfterHours * 3_600);
  }
}

function expectSums(report: DayReport, log: readonly SimulatedRequest[]): void {
  const count = (isCounted: (request: SimulatedRequest) => boolean) => log.filter(isCounted).length;
  const countsBy = (keyOf: (request: SimulatedRequest) => string | number) =>
    Object.fromEntries([...Map.groupBy(log, keyOf)].map(([key, { length }]) => [key, length]));
  const { requests, operations, clients, hours } = report;
  const hits = count(({ cache }) => cache === 'hit');
  expect(requests).toMatchObject({
    requests: log.length,
    faults: count(({ isFault }) => isFault),
    refused: count(({ outcome }) => outcome === 'refused'),
    errors: count(({ outcome }) => outcome !== 'ok'),
    bytes: log.reduce((sum, { bytes }) => sum + bytes, 0),
    hitRate: hits / (hits + count(({ cache }) => cache === 'miss')),
  });
  const durations = log.map(({ durationMs }) => durationMs).sort((one, other) => one - other);
  for (const [share, shown] of [
    [0.5, requests.p50Ms],
    [0.95, requests.p95Ms],
    [0.99, requests.p99Ms],
  ] as const) {
    const exact = durations[Math.ceil(share * durations.length) - 1] ?? 0;
    expect(shown).toBeGreaterThanOrEqual(exact);
    expect(shown).toBeLessThanOrEqual(exact * (1 + LATENCY_ERROR));
  }
  expect(Object.fromEntries(operations.map((row) => [row.operationId, row.requests]))).toEqual(
    countsBy(({ operationId }) => operationId),
  );
  expect(Object.fromEntries(clients.map((row) => [`${row.client} ${row.version}`, row.requests]))).toEqual(
    countsBy(({ client, version }) => `${client} ${version}`),
  );
  expect(Object.fromEntries(hours.map((row) => [row.hour, row.requests]))).toEqual(
    countsBy(({ seconds }) => Math.floor((seconds - START) / 3_600)),
  );
}
