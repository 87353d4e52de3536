/** Rules about requests, on traffic that is made up: each fires when it should, not otherwise, and ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALERT_RULES } from '../../../src/alerts/alert-rules.ts';
import { LatencyHistogram } from '../../../src/observability/latency-histogram.ts';
import type { AlertRuleName, AlertThresholds } from '../../../src/settings/alert-thresholds.ts';
import { type MadeUpRequests, type WatchedGateway, watchGateway } from '../../support/watched-gateway.ts';

function watchOnly(names: readonly AlertRuleName[], thresholds: AlertThresholds = {}): WatchedGateway {
  return watchGateway({ thresholds, rules: ALERT_RULES.filter(({ name }) => names.includes(name)) });
}

const BUDGET = ['error-budget-fast', 'error-budget-slow', 'error-budget-ticket'] as const;

/** A minute of requests of which some fail, most of them of one operation of one release. */
const failing = (count: number, faults: number): MadeUpRequests[] => [
  { count: count - faults, client: 'web', version: '1' },
  {
    count: Math.ceil(faults / 4),
    faults: Math.ceil(faults / 4),
    client: 'web',
    version: '1',
    outcome: 'error',
  },
  {
    count: faults - Math.ceil(faults / 4),
    faults: faults - Math.ceil(faults / 4),
    operationId: 'sha256:invest',
    outcome: 'error',
  },
];

const events = (gateway: WatchedGateway) => gateway.decisions.map(({ event, rule }) => `${event} ${rule}`);

describe('the error budget', () => {
  test('pages within minutes where 2 % fail, names the worst, and ends when it is over', () => {
    const gateway = watchOnly(['error-budget-fast']);
    gateway.minutes(60, () => gateway.requests(...failing(1_000, 0)));
    const begun = gateway.now;
    gateway.minutes(60, () => gateway.requests(...failing(1_000, 100)));
    expect(gateway.decisions).toMatchObject([
      {
        ...{ event: 'fired', severity: 'page', threshold: '14.4 × the rate that the error budget allows' },
        worst: { operationId: 'sha256:invest', client: 'ios', version: '5.2' },
      },
    ]);
    expect((gateway.decisions[0]?.startedAt ?? 0) - begun).toBeLessThanOrEqual(10 * 60);
    const over = gateway.now;
    gateway.minutes(60, () => gateway.requests(...failing(1_000, 0)));
    expect(events(gateway)).toEqual(['fired error-budget-fast', 'resolved error-budget-fast']);
    expect((gateway.decisions[1]?.endedAt ?? 0) - over).toBeLessThanOrEqual(11 * 60);
  });

  test('both windows must burn: a short burst that is over does not page', () => {
    const gateway = watchOnly(['error-budget-fast']);
    gateway.minutes(60, () => gateway.requests(...failing(1_000, 0)));
    // 2 % of five minutes is 0.2 % of the hour.
    gateway.minutes(5, () => gateway.requests(...failing(1_000, 20)));
    expect(gateway.minutes(60, () => gateway.requests(...failing(1_000, 0)))).toEqual([]);
  });

  test('the slow burn pages and the slowest makes a ticket', () => {
    const gateway = watchOnly(BUDGET);
    gateway.minutes(120, () => gateway.requests(...failing(1_000, 8)));
    expect(events(gateway)).toEqual(['fired error-budget-slow', 'fired error-budget-ticket']);
    expect(gateway.decisions.map(({ severity }) => severity)).toEqual(['page', 'ticket']);
    gateway.minutes(10 * 60, () => gateway.requests(...failing(1_000, 0)));
    expect(events(gateway).slice(2)).toEqual(['resolved error-budget-slow', 'resolved error-budget-ticket']);
  });

  test('a burn within the budget is silent', () => {
    const gateway = watchOnly(BUDGET);
    expect(gateway.minutes(8 * 60, () => gateway.requests(...failing(10_000, 9)))).toEqual([]);
  });

  test('few requests say nothing, and neither do jobs, probes, admins and refusals', () => {
    const gateway = watchOnly(BUDGET);
    expect(gateway.minutes(60, () => gateway.requests(...failing(3, 3)))).toEqual([]);
    const other = watchOnly(BUDGET);
    const failed = { count: 1_000, faults: 1_000, outcome: 'error' } as const;
    other.minutes(60, () =>
      other.requests(
        ...['job:prices', 'route:/health', 'route:/admin/releases'].map((operationId) => ({
          ...failed,
          operationId,
        })),
        { count: 1_000, outcome: 'refused' },
      ),
    );
    expect(other.decisions).toEqual([]);
  });
});

describe('a slow operation', () => {
  const slow = (takesMs: number, count = 100): MadeUpRequests[] => [
    { count, takesMs, operationId: 'sha256:portfolio' },
    { count: 10, takesMs: takesMs / 2, operationId: 'sha256:portfolio', client: 'web' },
    { count: 1_000, takesMs: 2 },
  ];

  test('is a ticket after ten minutes, names the release that waits the longest, and ends', () => {
    const gateway = watchOnly(['slow-operation']);
    expect(gateway.minutes(10, () => gateway.requests(...slow(800)))).toEqual([]);
    expect(gateway.look(gateway.requests(...slow(800)))).toMatchObject([
      {
        ...{ event: 'fired', severity: 'ticket', subject: 'sha256:portfolio' },
        worst: { operationId: 'sha256:portfolio', client: 'ios', version: '5.2' },
      },
    ]);
    expect(gateway.minutes(30, () => gateway.requests(...slow(300)))).toMatchObject([
      { event: 'resolved', subject: 'sha256:portfolio' },
    ]);
  });

  test('is one whose slowest hundredth takes more than a second', () => {
    const gateway = watchOnly(['slow-operation']);
    const requests = [
      { count: 97, takesMs: 10 },
      { count: 3, takesMs: 1_500 },
    ];
    expect(gateway.minutes(12, () => gateway.requests(...requests))).toMatchObject([{ event: 'fired' }]);
  });

  test('is not one that is slow for eight minutes, that few ask for, or that refuses', () => {
    const gateway = watchOnly(['slow-operation']);
    gateway.minutes(8, () => gateway.requests(...slow(800)));
    gateway.minutes(30, () => gateway.requests(...slow(20)));
    gateway.minutes(30, () => gateway.requests({ count: 9, takesMs: 800 }));
    gateway.minutes(30, () => gateway.requests({ count: 100, takesMs: 900, outcome: 'refused' }));
    gateway.minutes(30, () => gateway.requests({ count: 100, takesMs: 900, operationId: 'route:/files/*' }));
    expect(gateway.decisions).toEqual([]);
  });
});

describe('the hit rate', () => {
  const queries = (hits: number, misses: number): MadeUpRequests[] => [
    { count: hits, cache: 'hit' },
    { count: Math.floor(misses / 3), cache: 'miss' },
    {
      count: Math.ceil((2 * misses) / 3),
      cache: 'miss',
      operationId: 'sha256:pools',
      client: 'web',
      version: '2',
    },
    { count: 500, cache: 'bypass' },
  ];

  test('below its threshold for half an hour makes a ticket, and ends above it', () => {
    const gateway = watchOnly(['cache-hit-rate']);
    gateway.minutes(28, () => gateway.requests(...queries(700, 300)));
    expect(gateway.decisions).toEqual([]);
    gateway.minutes(5, () => gateway.requests(...queries(700, 300)));
    expect(gateway.decisions).toMatchObject([
      {
        ...{ event: 'fired', value: '70.0 %', threshold: '80.0 %' },
        worst: { operationId: 'sha256:pools', client: 'web', version: '2' },
      },
    ]);
    gateway.minutes(30, () => gateway.requests(...queries(900, 100)));
    expect(events(gateway)).toEqual(['fired cache-hit-rate', 'resolved cache-hit-rate']);
  });

  test('stale answers are hits, and few queries say nothing', () => {
    const gateway = watchOnly(['cache-hit-rate']);
    gateway.minutes(60, () =>
      gateway.requests({ count: 900, cache: 'stale' }, { count: 100, cache: 'miss' }),
    );
    gateway.minutes(60, () => gateway.requests(...queries(1, 9)));
    expect(gateway.decisions).toEqual([]);
  });

  test('is not judged with a cache in front, but with a threshold of its own', () => {
    for (const [thresholds, alerts] of [
      [{}, 0],
      [{ 'cache-hit-rate': 0.2 }, 1],
    ] as const) {
      const gateway = watchOnly(['cache-hit-rate'], thresholds);
      gateway.minutes(60, () => ({
        ...gateway.requests(...queries(100, 900)),
        hasCacheInFront: true,
      }));
      expect(gateway.decisions).toHaveLength(alerts);
    }
  });
});

describe('refused operations', () => {
  const unknown = { operationId: 'unregistered', outcome: 'refused' } as const;
  const minute = (gateway: WatchedGateway, refused: number, client = 'ios') =>
    gateway.found(
      gateway.flush(
        [
          { count: 1_000 - refused, client },
          { ...unknown, count: refused, client },
        ],
        {
          refusals: ['sha256:forgotten', 'sha256:forgotten', 'sha256:else'].map((documentId) => ({
            ...{ reason: 'PERSISTED_QUERY_NOT_IN_LIST', documentId, client, version: '5.2' },
            ...{ day: 1, count: 10, lastSeen: gateway.now },
          })),
        },
      ),
    );

  test('of more than 1 % of a release make a ticket that names the release and the id, and end', () => {
    const gateway = watchOnly(['refused-operations']);
    gateway.minutes(10, () => minute(gateway, 30));
    expect(gateway.decisions).toMatchObject([
      {
        ...{ event: 'fired', subject: 'ios 5.2', value: '3.0 % of its requests' },
        worst: { operationId: 'sha256:forgotten', client: 'ios', version: '5.2' },
      },
    ]);
    gateway.minutes(30, () => minute(gateway, 0));
    expect(events(gateway)).toEqual(['fired refused-operations', 'resolved refused-operations']);
  });

  test('of few, of clients that no release bears, or for other reasons are silent', () => {
    const gateway = watchOnly(['refused-operations']);
    gateway.minutes(20, () => minute(gateway, 5));
    gateway.minutes(20, () => minute(gateway, 1_000, 'other'));
    gateway.minutes(20, () => minute(gateway, 1_000, ''));
    gateway.minutes(20, () => gateway.requests({ count: 1_000, outcome: 'refused' }));
    expect(gateway.decisions).toEqual([]);
  });
});

describe('D1 and memory', () => {
  const isolate = (d1Ms: number, queries: number, memoryShare: number) => {
    const d1 = new LatencyHistogram();
    d1.add(d1Ms, queries);
    return { d1: d1.sparse(), memoryBytes: memoryShare * 100, memoryMaxBytes: 100 };
  };
  const minute = (gateway: WatchedGateway, ...states: ReturnType<typeof isolate>[]) =>
    gateway.found(...states.map((state) => gateway.flush([], { isolate: state })));

  test('slow queries of all isolates make a ticket after ten minutes, and end', () => {
    const gateway = watchOnly(['d1-slow']);
    gateway.minutes(14, () => minute(gateway, isolate(3_000, 10, 0), isolate(3_000, 10, 0)));
    expect(gateway.decisions).toMatchObject([{ event: 'fired', rule: 'd1-slow' }]);
    gateway.minutes(20, () => minute(gateway, isolate(3, 1_000, 0)));
    expect(events(gateway)).toEqual(['fired d1-slow', 'resolved d1-slow']);
  });

  test('few slow queries say nothing, and one slow query of a hundred neither', () => {
    const gateway = watchOnly(['d1-slow']);
    gateway.minutes(20, () => minute(gateway, isolate(3_000, 5, 0)));
    gateway.minutes(20, () => minute(gateway, isolate(3_000, 1, 0), isolate(2, 99, 0)));
    expect(gateway.decisions).toEqual([]);
  });

  test('an isolate that is full makes a ticket after ten minutes, and ends', () => {
    const gateway = watchOnly(['isolate-memory']);
    gateway.minutes(9, () => minute(gateway, isolate(1, 1, 0.3), isolate(1, 1, 0.9)));
    expect(gateway.decisions).toEqual([]);
    gateway.minutes(3, () => minute(gateway, isolate(1, 1, 0.3), isolate(1, 1, 0.9)));
    expect(gateway.decisions).toMatchObject([{ event: 'fired', value: '90.0 % of the budget' }]);
    gateway.minutes(20, () => minute(gateway, isolate(1, 1, 0.3)));
    expect(events(gateway)).toEqual(['fired isolate-memory', 'resolved isolate-memory']);
    gateway.minutes(20, () => minute(gateway, isolate(1, 1, 0.85)));
    expect(gateway.decisions).toHaveLength(2);
  });
});

/** Jumps between looks, of hours and days, back and ahead. */
const drawnClock = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 57, max: 63 }) },
    { weight: 1, arbitrary: fc.integer({ min: -7 * 86_400, max: 7 * 86_400 }) },
  ),
  { minLength: 90, maxLength: 90 },
);

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
          const gateway = watchOnly(BUDGET);
          const look = (faults: number, step = 60) =>
            gateway.look(gateway.requests(...failing(count, faults)), step);
          for (const step of steps.slice(0, 30)) look(0, step);
          expect(gateway.decisions).toEqual([]);
          for (const step of steps.slice(30, 60)) look(Math.ceil(count * share), step);
          expect(events(gateway).toSorted()).toEqual(BUDGET.map((rule) => `fired ${rule}`).toSorted());
          for (let minute = 0; minute < 9 * 60; minute += 1) look(0, steps[minute]);
          expect(events(gateway).slice(3).toSorted()).toEqual(
            BUDGET.map((rule) => `resolved ${rule}`).toSorted(),
          );
        },
      ),
      { numRuns: 10 },
    );
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

test('every rule has a page of its own or that of its lesser form, and a threshold in words', () => {
  for (const rule of ALERT_RULES) {
    expect([rule.name, `${rule.runbook}-page`, rule.runbook]).toContain(rule.name);
    expect(rule.inWords(1)).toMatch(/^\S/);
    expect((rule.holdSeconds % 60) + (rule.recoverySeconds % 60)).toBe(0);
  }
});
