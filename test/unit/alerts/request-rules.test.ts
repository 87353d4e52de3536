/** Rules about requests, on traffic that is made up: each fires when it should, not otherwise, and ends. */
import { describe, expect, test } from 'vitest';
import { ALERT_RULES } from '../../../src/alerts/alert-rules.ts';
import { LatencyHistogram } from '../../../src/observability/latency-histogram.ts';
import type { MadeUpRequests } from '../../support/made-up-cells.ts';
import {
  BUDGET_RULES,
  eventsOf,
  failing,
  type WatchedGateway,
  watchOnly,
} from '../../support/watched-gateway.ts';

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
    expect(eventsOf(gateway)).toEqual(['fired error-budget-fast', 'resolved error-budget-fast']);
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
    const gateway = watchOnly(BUDGET_RULES);
    gateway.minutes(6 * 60 + 1, () => gateway.requests(...failing(1_000, 8)));
    expect(eventsOf(gateway)).toEqual(['fired error-budget-slow', 'fired error-budget-ticket']);
    expect(gateway.decisions.map(({ severity }) => severity)).toEqual(['page', 'ticket']);
    gateway.minutes(10 * 60, () => gateway.requests(...failing(1_000, 0)));
    expect(eventsOf(gateway).slice(2)).toEqual([
      'resolved error-budget-slow',
      'resolved error-budget-ticket',
    ]);
  });

  test('a burn within the budget is silent', () => {
    const gateway = watchOnly(BUDGET_RULES);
    expect(gateway.minutes(8 * 60, () => gateway.requests(...failing(10_000, 9)))).toEqual([]);
  });

  test('a gateway that has just begun to watch judges its first minute by the fast burn alone', () => {
    const gateway = watchOnly(BUDGET_RULES);
    gateway.minutes(29, () => gateway.requests(...failing(1_000, 100)));
    expect(eventsOf(gateway)).toEqual(['fired error-budget-fast']);
    gateway.minutes(3, () => gateway.requests(...failing(1_000, 100)));
    expect(eventsOf(gateway)).toEqual(['fired error-budget-fast', 'fired error-budget-slow']);
  });

  test('no flood of refused requests, or of requests that run no operation, hides failures', () => {
    const gateway = watchOnly(['error-budget-fast']);
    const flood: MadeUpRequests[] = [
      { count: 100_000, operationId: 'unregistered', client: 'other', version: '', outcome: 'refused' },
      { count: 100_000, outcome: 'refused' },
      { count: 100_000, operationId: 'route:*', client: '', version: '', outcome: 'refused' },
      { count: 100_000, operationId: 'route:/graphql', client: '', version: '', outcome: 'refused' },
      { count: 100_000, operationId: 'route:/files/*', client: '', version: '' },
    ];
    gateway.minutes(10, () => gateway.requests(...failing(1_000, 30), ...flood));
    expect(gateway.decisions).toMatchObject([
      { event: 'fired', value: expect.stringMatching(/^30\.0 × /), worst: { operationId: 'sha256:invest' } },
    ]);
  });

  test('a route that fails before it runs an operation uses up the budget', () => {
    const gateway = watchOnly(['error-budget-fast']);
    const failed = { count: 500, faults: 500, operationId: 'route:/graphql', outcome: 'error' } as const;
    gateway.minutes(3, () => gateway.requests({ count: 500 }, failed));
    expect(gateway.decisions).toMatchObject([{ event: 'fired', worst: { operationId: 'route:/graphql' } }]);
  });

  test('few requests say nothing, and neither do jobs, probes, admins and refusals', () => {
    const gateway = watchOnly(BUDGET_RULES);
    expect(gateway.minutes(60, () => gateway.requests(...failing(3, 3)))).toEqual([]);
    const other = watchOnly(BUDGET_RULES);
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
    expect(eventsOf(gateway)).toEqual(['fired cache-hit-rate', 'resolved cache-hit-rate']);
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
    expect(eventsOf(gateway)).toEqual(['fired d1-slow', 'resolved d1-slow']);
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
    expect(eventsOf(gateway)).toEqual(['fired isolate-memory', 'resolved isolate-memory']);
    gateway.minutes(20, () => minute(gateway, isolate(1, 1, 0.85)));
    expect(gateway.decisions).toHaveLength(2);
  });
});

test('every rule has a page of its own or that of its lesser form, and a threshold in words', () => {
  for (const rule of ALERT_RULES) {
    expect([rule.name, `${rule.runbook}-page`, rule.runbook]).toContain(rule.name);
    expect(rule.inWords(1)).toMatch(/^\S/);
    expect((rule.holdSeconds % 60) + (rule.recoverySeconds % 60)).toBe(0);
  }
});
