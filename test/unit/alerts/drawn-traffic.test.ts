/** All rules on drawn traffic and by a drawn clock. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observed } from '../../../src/alerts/observed.ts';
import {
  BUDGET_RULES,
  eventsOf,
  failing,
  WATCH_START,
  watchGateway,
  watchOnly,
} from '../../support/watched-gateway.ts';

/** Jumps between looks, of hours and days, back and ahead. */
const drawnClock = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 57, max: 63 }) },
    { weight: 1, arbitrary: fc.integer({ min: -7 * 86_400, max: 7 * 86_400 }) },
  ),
  { minLength: 90, maxLength: 90 },
);

/** What a look finds beside requests. */
const business = (minute: number): Partial<Observed> => ({
  jobs: [{ name: 'pools', intervalSeconds: 300, firstError: null, startedAt: minute, outcome: 'partial' }],
  outboxes: [{ poolId: 'pool', since: WATCH_START }],
  notices: [{ poolId: 'pool', kind: 'ledger_differs', notices: 1 }],
  accounts: { opened: 5, lastRowId: minute },
  payments: [{ hour: Math.floor(minute / 60), confirmed: minute, failed: 2 * minute }],
  pools: [{ poolId: 'pool', registered: 100, participating: minute % 100 }],
  sizes: [{ name: 'D1', bytes: minute, maxBytes: 100 }],
  forecastDollars: minute,
});

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}

describe('whatever the traffic and the clock', () => {
  test('healthy traffic raises no alert', () => {
    fc.assert(
      fc.property(
        drawnClock,
        fc.array(fc.tuple(fc.nat(5_000), fc.nat(400)), { minLength: 90, maxLength: 90 }),
        (steps, traffic) => {
          const gateway = watchGateway();
          for (const [at, step] of steps.entries()) {
            const [count = 0, takesMs = 0] = traffic[at] ?? [];
            const requests = gateway.requests(
              { count, takesMs: Math.min(takesMs, 400), faults: Math.floor(count * 0.0005) },
              { count: Math.floor(count / 8), cache: 'miss', client: 'web', takesMs: 3 },
            );
            gateway.look(requests, step);
          }
          expect(gateway.decisions).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('an outage of half an hour raises each page once and ends it once, whatever the clock does', () => {
    fc.assert(
      fc.property(
        drawnClock,
        fc.integer({ min: 100, max: 100_000 }),
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        (steps, count, share) => {
          const gateway = watchOnly(BUDGET_RULES);
          const look = (faults: number, step = 60) =>
            gateway.look(gateway.requests(...failing(count, faults)), step);
          gateway.minutes(6 * 60, () => gateway.requests(...failing(count, 0)));
          for (const step of steps.slice(0, 30)) look(0, step);
          expect(gateway.decisions).toEqual([]);
          for (const step of steps.slice(30, 60)) look(Math.ceil(count * share), step);
          expect(eventsOf(gateway).toSorted()).toEqual(
            BUDGET_RULES.map((rule) => `fired ${rule}`).toSorted(),
          );
          for (let minute = 0; minute < 9 * 60; minute += 1) look(0, steps[minute]);
          expect(eventsOf(gateway).slice(3).toSorted()).toEqual(
            BUDGET_RULES.map((rule) => `resolved ${rule}`).toSorted(),
          );
        },
      ),
      { numRuns: 10 },
    );
  });

  test('a look leaves the state before as it was', () => {
    const gateway = watchGateway();
    for (let minute = 0; minute < 3 * 60; minute += 1) {
      deepFreeze(gateway.state);
      const flushes = gateway.requests(...failing(1_000, minute), { count: 9, takesMs: 7_000 });
      gateway.look({ ...flushes, ...business(minute) }, minute % 2 === 0 ? 60 : 20);
    }
    expect(gateway.decisions.length).toBeGreaterThan(4);
  });

  test('the state is bounded: 100,000 operations and releases take no more room than some', () => {
    const gateway = watchGateway();
    for (let minute = 0; minute < 70; minute += 1) {
      const requests = Array.from({ length: 500 }, (_, at) => ({
        ...{ count: 3, faults: 2, takesMs: (at * 37) % 60_000, client: `client ${minute}`.padEnd(64, 'x') },
        ...{ operationId: `sha256:${`${minute * 500 + at}`.padStart(64, '0')}`, version: `${at}` },
      }));
      gateway.look(gateway.requests(...requests));
    }
    expect(JSON.stringify(gateway.state).length).toBeLessThan(256 * 1024);
  });
});
