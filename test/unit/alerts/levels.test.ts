/** Each rule on one drawn level that goes on: it fires where the level is beyond its threshold, and nowhere else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALERT_RULES } from '../../../src/alerts/alert-rules.ts';
import type { AlertState } from '../../../src/alerts/alert-state.ts';
import type { Observed } from '../../../src/alerts/observed.ts';
import {
  bucketEndMs,
  LatencyHistogram,
  latencyBucket,
} from '../../../src/observability/latency-histogram.ts';
import { ALERT_DEFAULT_THRESHOLDS, type AlertRuleName } from '../../../src/settings/alert-thresholds.ts';
import { type WatchedGateway, watchGateway } from '../../support/watched-gateway.ts';

interface RuleLevels {
  levels: fc.Arbitrary<number>;
  /** What a look finds at a level, the `minute`th since it began. */
  at(gateway: WatchedGateway, level: number, minute: number): Partial<Observed>;
  isBeyond(level: number, threshold: number): boolean;
  /** Long enough for every window and hold. */
  minutes: number;
  /** Until it is over, in minutes; half an hour if it is not given. */
  endsWithin?: number;
  /** The state before the level begins. */
  before?: () => AlertState;
}

const perMille = fc.integer({ min: 0, max: 1_000 });
const seenMs = (level: number) => bucketEndMs(latencyBucket(level));
const isolateOf = (state: { d1Ms?: number; share?: number }) => {
  const d1 = new LatencyHistogram();
  d1.add(state.d1Ms ?? 0, 100);
  return { isolate: { d1: d1.sparse(), memoryBytes: (state.share ?? 0) * 1_000, memoryMaxBytes: 1_000 } };
};

const burn = (levels: fc.Arbitrary<number>, endsWithin: number): RuleLevels => ({
  levels,
  endsWithin,
  at: (gateway, level) =>
    gateway.requests({ count: 10_000 - level }, { count: level, faults: level, outcome: 'error' }),
  isBeyond: (level, threshold) => level / 10_000 / 0.001 >= threshold,
  minutes: 8,
  before: watchedQuiet,
});

/** The long windows are judged when their short ones have been watched. */
function watchedQuiet(): AlertState {
  quiet ??= watchedFor(6 * 60);
  return quiet;
}
let quiet: AlertState | undefined;

function watchedFor(minutes: number, observed: Partial<Observed> = {}): AlertState {
  const gateway = watchGateway({ thresholds: {}, rules: [] });
  gateway.minutes(minutes, () => observed);
  return gateway.state;
}

/** Their messages say of which requests the rate is. */
const REQUEST_RATES: ReadonlySet<AlertRuleName> = new Set([
  'error-budget-fast',
  'error-budget-slow',
  'error-budget-ticket',
  'slow-operation',
  'cache-hit-rate',
  'refused-operations',
]);

/** A day and an hour in which five accounts a minute were opened. */
let usualRegistrations: AlertState | undefined;
function watchedRegistrations(): AlertState {
  usualRegistrations ??= watchedFor(25 * 60, { accounts: { opened: 5, lastRowId: 1 } });
  return usualRegistrations;
}

const RULES: Record<AlertRuleName, RuleLevels> = {
  'error-budget-fast': burn(fc.integer({ min: 0, max: 300 }), 30),
  'error-budget-slow': burn(fc.integer({ min: 0, max: 120 }), 60),
  'error-budget-ticket': burn(fc.integer({ min: 0, max: 30 }), 9 * 60),
  'slow-operation': {
    levels: fc.integer({ min: 0, max: 3_000 }),
    at: (gateway, level) => gateway.requests({ count: 100, takesMs: level }),
    isBeyond: (level, threshold) => seenMs(level) > threshold,
    minutes: 15,
  },
  'cache-hit-rate': {
    levels: perMille,
    at: (gateway, level) =>
      gateway.requests({ count: level, cache: 'hit' }, { count: 1_000 - level, cache: 'miss' }),
    isBeyond: (level, threshold) => level / 1_000 < threshold,
    minutes: 35,
  },
  sync: {
    levels: fc.integer({ min: 1, max: 40 }),
    at: (_, level, minute) => ({
      jobs: [
        {
          ...{ name: 'pools', intervalSeconds: 300, firstError: null, startedAt: minute },
          outcome: minute >= level && minute > 0 ? 'ok' : 'partial',
        },
      ],
    }),
    // The look at which it is well again finds nothing any more.
    isBeyond: (level, threshold) => ((level - 1) * 60) / 300 > threshold,
    minutes: 60,
  },
  outbox: {
    levels: fc.integer({ min: 0, max: 1_200 }),
    at: (gateway, level) => ({ outboxes: [{ poolId: 'pool', since: gateway.now + 60 - level }] }),
    isBeyond: (level, threshold) => level > threshold,
    minutes: 25,
  },
  'outbox-page': {
    levels: fc.integer({ min: 0, max: 3_600 }),
    at: (gateway, level) => ({ outboxes: [{ poolId: 'pool', since: gateway.now + 60 - level }] }),
    isBeyond: (level, threshold) => level > threshold,
    minutes: 65,
  },
  'ledger-disagrees': {
    levels: fc.integer({ min: 0, max: 3 }),
    at: (_, level) => ({
      notices: level === 0 ? [] : [{ poolId: 'pool', kind: 'ledger_differs', notices: level }],
    }),
    isBeyond: (level, threshold) => level >= threshold,
    endsWithin: 40,
    minutes: 1,
  },
  transactions: {
    levels: fc.integer({ min: 0, max: 100 }),
    at: (_, level, minute) => ({
      payments: [{ hour: 1, confirmed: minute * level, failed: minute * (100 - level) }],
    }),
    isBeyond: (level, threshold) => level / 100 < threshold,
    endsWithin: 75,
    minutes: 5,
  },
  registrations: {
    levels: fc.integer({ min: 0, max: 5 }),
    at: (_, level) => ({ accounts: { opened: level, lastRowId: 1 } }),
    isBeyond: (level, threshold) => level * 60 < threshold,
    endsWithin: 80,
    minutes: 75,
    before: watchedRegistrations,
  },
  participation: {
    levels: fc.integer({ min: 0, max: 100 }),
    at: (_, level) => ({ pools: [{ poolId: 'pool', registered: 100, participating: level }] }),
    isBeyond: (level, threshold) => level / 100 < threshold,
    endsWithin: 4 * 60,
    minutes: 1,
  },
  'refused-operations': {
    levels: fc.integer({ min: 0, max: 50 }),
    at: (gateway, level) => {
      const refused = { operationId: 'unregistered', outcome: 'refused' } as const;
      const refusal = { reason: 'PERSISTED_QUERY_NOT_FOUND', documentId: 'x', client: 'ios', version: '5.2' };
      const refusals = [{ ...refusal, day: 1, count: level, lastSeen: gateway.now }];
      const cells = [{ count: 1_000 - level }, { ...refused, count: level }];
      return gateway.found(gateway.flush(cells, { refusals }));
    },
    isBeyond: (level, threshold) => level / 1_000 > threshold,
    minutes: 10,
  },
  bill: {
    levels: fc.integer({ min: 0, max: 200 }),
    at: (_, level) => ({ forecastDollars: level }),
    isBeyond: (level, threshold) => level > threshold,
    endsWithin: 7 * 60,
    minutes: 65,
  },
  'storage-size': {
    levels: perMille,
    at: (_, level) => ({ sizes: [{ name: 'D1', bytes: level, maxBytes: 1_000 }] }),
    isBeyond: (level, threshold) => level / 1_000 > threshold,
    endsWithin: 4 * 60,
    minutes: 1,
  },
  'd1-slow': {
    levels: fc.integer({ min: 0, max: 5_000 }),
    at: (gateway, level) => gateway.found(gateway.flush([], isolateOf({ d1Ms: level }))),
    isBeyond: (level, threshold) => seenMs(level) > threshold,
    minutes: 15,
  },
  'isolate-memory': {
    levels: perMille,
    at: (gateway, level) => gateway.found(gateway.flush([], isolateOf({ share: level / 1_000 }))),
    isBeyond: (level, threshold) => level / 1_000 > threshold,
    minutes: 15,
  },
};

function watchLevel(name: AlertRuleName): WatchedGateway {
  const gateway = watchGateway({ thresholds: {}, rules: ALERT_RULES.filter((rule) => rule.name === name) });
  gateway.state = RULES[name].before?.() ?? gateway.state;
  return gateway;
}

/** Everything is well again. */
const WELL: Partial<Observed> = { pools: [], sizes: [], forecastDollars: 1 };
const UNREAD: Partial<Observed> = {
  ...{ flushes: null, jobs: null, outboxes: null, notices: null, accounts: null, payments: null },
  ...{ pools: null, sizes: null, forecastDollars: null },
};

test.each(ALERT_RULES.map(({ name }) => name))(
  '%s fires beyond its threshold alone, once, and ends once',
  (name) => {
    const { levels, at, isBeyond, minutes, endsWithin = 30 } = RULES[name];
    fc.assert(
      fc.property(levels, (level) => {
        const gateway = watchLevel(name);
        let minute = 0;
        const step = () => {
          const observed = at(gateway, level, minute);
          minute += 1;
          return observed;
        };
        gateway.minutes(minutes, step);
        const isFired = isBeyond(level, ALERT_DEFAULT_THRESHOLDS[name]);
        const fired = gateway.decisions.filter(({ event }) => event === 'fired');
        expect(fired.map(({ rule }) => rule)).toEqual(isFired ? [name] : []);
        // Until what the rule looks at can be read again, its alerts stay as they are.
        expect(gateway.minutes(70, () => UNREAD)).toEqual([]);
        gateway.look({ accounts: { opened: 70 * 5, lastRowId: 1 } });
        gateway.minutes(endsWithin, () => ({ ...WELL, accounts: { opened: 5, lastRowId: 1 } }));
        expect(gateway.decisions.map(({ event }) => event)).toEqual(isFired ? ['fired', 'resolved'] : []);
        if (REQUEST_RATES.has(name))
          for (const { summary } of fired) expect(summary).toContain('that reached the Worker');
      }),
      { numRuns: 12 },
    );
  },
);
