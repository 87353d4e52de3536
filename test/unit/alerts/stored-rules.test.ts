/** Rules about jobs, outboxes, money and sizes: each fires when it should, not otherwise, and ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALERT_RULES } from '../../../src/alerts/alert-rules.ts';
import type { Observed, ObservedJob } from '../../../src/alerts/observed.ts';
import type { AlertRuleName, AlertThresholds } from '../../../src/settings/alert-thresholds.ts';
import { watchGateway } from '../../support/watched-gateway.ts';

function watchOnly(names: readonly AlertRuleName[], thresholds: AlertThresholds = {}) {
  const rules = ALERT_RULES.filter(({ name }) => names.includes(name));
  const gateway = watchGateway({ thresholds, rules });
  const events = () => gateway.decisions.map(({ event, subject }) => `${event} ${subject}`.trim());
  return { gateway, events };
}

describe('sync', () => {
  const run = (
    name: string,
    startedAt: number | null,
    outcome: ObservedJob['outcome'] = 'ok',
  ): ObservedJob => ({
    ...{ name, intervalSeconds: 300, startedAt, outcome },
    firstError: outcome === 'failed' ? 'main API: 503' : null,
  });

  test('a job that is late, fails or is partial for three intervals makes a ticket of its own, and ends', () => {
    const { gateway, events } = watchOnly(['sync']);
    const jobs = (broken: boolean): ObservedJob[] => [
      run('late', 1),
      run('failed', gateway.now, broken ? 'failed' : 'ok'),
      run('partial', gateway.now, broken ? 'partial' : 'ok'),
      run('well', gateway.now),
      run('never', null, null),
    ];
    gateway.minutes(16, () => ({ jobs: jobs(false) }));
    expect(gateway.decisions).toEqual([]);
    gateway.look({ jobs: jobs(true) });
    expect(events().toSorted()).toEqual(['fired late', 'fired never']);
    gateway.minutes(16, () => ({ jobs: jobs(true) }));
    expect(events().slice(2).toSorted()).toEqual(['fired failed', 'fired partial']);
    expect(gateway.decisions.map(({ summary }) => summary).join()).toContain('failed: main API: 503');
    const allComplete = () => ({
      jobs: jobs(false).map((job) => ({ ...job, startedAt: gateway.now, outcome: 'ok' as const })),
    });
    gateway.minutes(20, allComplete);
    expect(events()).toHaveLength(4);
    gateway.look(allComplete());
    expect(events().slice(4).toSorted()).toEqual(
      ['failed', 'late', 'never', 'partial'].map((name) => `resolved ${name}`),
    );
  });

  test('a job of which one run in several is complete fires once and does not end between', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 5, 15, 60),
        fc.integer({ min: 2, max: 12 }),
        fc.constantFrom<ObservedJob['outcome']>('failed', 'partial'),
        (intervalMinutes, completeEvery, otherwise) => {
          const { gateway, events } = watchOnly(['sync']);
          const jobAt = (minute: number): ObservedJob => {
            const runs = Math.floor(minute / intervalMinutes);
            const outcome = runs % completeEvery === 0 ? 'ok' : otherwise;
            return { ...run('flaky', runs, outcome), intervalSeconds: intervalMinutes * 60 };
          };
          const minutes = 3 * completeEvery * intervalMinutes;
          for (let minute = 0; minute < minutes; minute += 1) gateway.look({ jobs: [jobAt(minute)] });
          const isLate = completeEvery * intervalMinutes - 1 > 3 * intervalMinutes;
          const fires = isLate ? ['fired flaky'] : [];
          expect(events()).toEqual(fires);
          for (let minute = 0; minute <= Math.max(10, 4 * intervalMinutes); minute += 1)
            gateway.look({ jobs: [{ ...jobAt(0), startedAt: -minute - 1 }] });
          expect(events()).toEqual(fires.flatMap((fired) => [fired, 'resolved flaky']));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a job of the night ends hours after it is complete, and not days', () => {
    const { gateway, events } = watchOnly(['sync']);
    const nightly = (startedAt: number) => ({ ...run('nightly', startedAt), intervalSeconds: 86_400 });
    gateway.minutes(3 * 1_440 + 2, () => ({ jobs: [nightly(1)] }));
    expect(events()).toEqual(['fired nightly']);
    gateway.minutes(6 * 60 + 1, () => ({ jobs: [nightly(2)] }));
    expect(events()).toEqual(['fired nightly', 'resolved nightly']);
  });

  test('a clock that jumps by a week makes no job late', () => {
    const { gateway, events } = watchOnly(['sync']);
    for (const afterSeconds of [60, 604_800, 60, -604_800, 60, 60])
      gateway.look({ jobs: [run('nightly', 1)] }, afterSeconds);
    expect(events()).toEqual([]);
  });
});

describe('outboxes', () => {
  test('a row that waits for five minutes makes a ticket, for half an hour a page, and both end', () => {
    const { gateway, events } = watchOnly(['outbox', 'outbox-page']);
    const outboxes = (waitingSeconds: number): Partial<Observed> => ({
      outboxes: [
        { poolId: 'pool_1', since: gateway.now + 60 - waitingSeconds },
        { poolId: 'pool_2', since: gateway.now },
      ],
    });
    for (let waiting = 0; waiting <= 2_400; waiting += 60) gateway.look(outboxes(waiting));
    expect(gateway.decisions).toMatchObject([
      { event: 'fired', severity: 'ticket', rule: 'outbox', value: '6 minutes', threshold: '5 minutes' },
      { event: 'fired', severity: 'page', rule: 'outbox-page', runbook: 'outbox', value: '31 minutes' },
    ]);
    gateway.minutes(5, () => outboxes(0));
    expect(events()).toEqual([...Array(2).fill('fired pool_1'), ...Array(2).fill('resolved pool_1')]);
  });
});

describe('ledgers', () => {
  test('one that disagrees pages at once, and ends a while after its last notice is a day old', () => {
    const { gateway, events } = watchOnly(['ledger-disagrees']);
    const notices = [{ poolId: 'pool_1', kind: 'ledger_differs', notices: 1 }];
    expect(gateway.look({ notices })).toMatchObject([
      { event: 'fired', severity: 'page', subject: 'pool_1', value: '1 notice in a day' },
    ]);
    gateway.minutes(20, () => ({ notices: [] }));
    gateway.minutes(20, () => ({ notices: null }));
    expect(events()).toHaveLength(1);
    gateway.minutes(20, () => ({ notices: [] }));
    expect(events()).toEqual(['fired pool_1', 'resolved pool_1']);
  });
});

describe('payments', () => {
  test('of which more than 5 % of an hour fail make a ticket, and end', () => {
    const { gateway, events } = watchOnly(['transactions']);
    let confirmed = 1_000;
    let failed = 500;
    const payments = () => ({ payments: [{ hour: 1, confirmed, failed }] });
    gateway.look(payments());
    confirmed += 15;
    failed += 4;
    gateway.look(payments());
    expect(gateway.decisions).toEqual([]);
    failed += 1;
    expect(gateway.look(payments())).toMatchObject([
      { event: 'fired', value: '75.0 % of payments', summary: '5 of 20 payments failed in the last hour.' },
    ]);
    gateway.minutes(75, payments);
    expect(events()).toEqual(['fired', 'resolved']);
    confirmed += 1_000;
    gateway.minutes(5, payments);
    failed += 50;
    gateway.minutes(5, payments);
    expect(gateway.decisions).toHaveLength(2);
  });

  test('each hour counts once, also when the next one begins', () => {
    const { gateway } = watchOnly(['transactions']);
    const hours = (...failed: number[]) => ({
      payments: failed.map((count, at) => ({ hour: at + 1, confirmed: 0, failed: count })),
    });
    for (const observed of [hours(0), hours(10), hours(10, 5), { payments: null }, hours(10, 9)])
      gateway.look(observed);
    expect(gateway.decisions).toEqual([]);
    expect(gateway.look(hours(10, 10))).toMatchObject([{ event: 'fired' }]);
  });
});

test('a clock that jumps ahead or back counts no payment twice', () => {
  const { gateway } = watchOnly(['transactions']);
  const hours = (...numbers: number[]) => ({
    payments: numbers.map((hour) => ({ hour, confirmed: 10, failed: hour === 10 ? 30 : 0 })),
  });
  gateway.look(hours(8, 9, 10));
  for (const [observed, afterSeconds] of [
    [hours(), 4 * 3_600],
    [hours(8, 9, 10), -4 * 3_600],
    [hours(9, 10), 3_600],
    [hours(8, 9, 10), -3_600],
  ] as const)
    gateway.look(observed, afterSeconds);
  expect(gateway.decisions).toEqual([]);
});

describe('registrations', () => {
  const opened = (count: number) => () => ({ accounts: { opened: count, lastRowId: 1 } });

  test('of less than 100 an hour, where more than 200 are usual, make a ticket, and end', () => {
    const { gateway, events } = watchOnly(['registrations']);
    gateway.minutes(60 * 26, opened(5));
    gateway.minutes(60, opened(2));
    expect(gateway.decisions).toEqual([]);
    gateway.minutes(40, opened(0));
    expect(gateway.decisions).toMatchObject([{ event: 'fired', threshold: '100 new accounts an hour' }]);
    gateway.minutes(120, opened(5));
    expect(events()).toEqual(['fired', 'resolved']);
  });

  test('are silent where few are usual, and on the first day', () => {
    const { gateway } = watchOnly(['registrations']);
    gateway.minutes(60 * 20, opened(5));
    gateway.minutes(120, opened(0));
    const { gateway: small } = watchOnly(['registrations']);
    small.minutes(60 * 30, opened(3));
    small.minutes(120, opened(0));
    expect([...gateway.decisions, ...small.decisions]).toEqual([]);
  });
});

describe('parts that are asked for once an hour', () => {
  test('few of many who registered invest: a ticket of the pool, which ends when they do', () => {
    const { gateway, events } = watchOnly(['participation']);
    const pools = (participating: number) => ({
      pools: [
        { poolId: 'few', registered: 100, participating },
        { poolId: 'small', registered: 49, participating: 0 },
        { poolId: 'well', registered: 100, participating: 5 },
      ],
    });
    expect(gateway.look(pools(4))).toMatchObject([{ event: 'fired', subject: 'few' }]);
    gateway.minutes(10);
    gateway.look({ pools: null });
    expect(gateway.decisions).toHaveLength(1);
    gateway.look(pools(5));
    gateway.minutes(3 * 60);
    expect(events()).toEqual(['fired few', 'resolved few']);
  });

  test('a forecast above the budget makes a ticket, and ends below it', () => {
    const { gateway, events } = watchOnly(['bill'], { bill: 100 });
    const look = (forecastDollars: number | null) => gateway.minutes(61, () => ({ forecastDollars }));
    look(100);
    look(null);
    expect(gateway.decisions).toEqual([]);
    look(101);
    expect(gateway.decisions).toMatchObject([{ value: '101.00 dollars a month' }]);
    for (let hours = 0; hours < 7; hours += 1) look(90);
    expect(events()).toEqual(['fired', 'resolved']);
  });

  test('each database that is almost full makes a ticket, and ends', () => {
    const { gateway, events } = watchOnly(['storage-size']);
    const sizes = (bytes: number) => ({
      sizes: [
        { name: 'D1', bytes: 1e9, maxBytes: 10e9 },
        { name: 'the ledger of pool_1', bytes, maxBytes: 10e9 },
      ],
    });
    gateway.look(sizes(8e9));
    gateway.minutes(60);
    expect(gateway.decisions).toEqual([]);
    gateway.look(sizes(8.1e9));
    gateway.minutes(60);
    gateway.look(sizes(1e9));
    gateway.minutes(3 * 60);
    expect(events()).toEqual(['fired the ledger of pool_1', 'resolved the ledger of pool_1']);
  });
});

test('what is at its edge, below it one hour and above it the next, makes one ticket', () => {
  const { gateway, events } = watchOnly(['participation', 'storage-size']);
  for (let hour = 0; hour < 12; hour += 1) {
    const isBroken = hour % 2 === 0;
    gateway.look({
      pools: [{ poolId: 'few', registered: 100, participating: isBroken ? 4 : 5 }],
      sizes: [{ name: 'D1', bytes: isBroken ? 81 : 79, maxBytes: 100 }],
    });
    gateway.minutes(59);
  }
  expect(events()).toEqual(['fired few', 'fired D1']);
});

test('where nothing can be read, no alert changes', () => {
  const gateway = watchGateway();
  const jobs = [
    { name: 'late', intervalSeconds: 60, startedAt: 1, outcome: 'ok', firstError: null },
  ] as const;
  gateway.minutes(10, () => ({ jobs, outboxes: [{ poolId: 'pool_1', since: 0 }] }));
  expect(gateway.decisions).toHaveLength(2);
  const unread = { flushes: null, jobs: null, outboxes: null, notices: null, accounts: null, payments: null };
  expect(gateway.minutes(60, () => ({ ...unread, pools: null, sizes: null, forecastDollars: null }))).toEqual(
    [],
  );
});
