import { expect, test } from 'vitest';
import { checksOf, isWrong, THRESHOLDS, type Thresholds } from '../../../scripts/monitor/checks.ts';
import { countedTraffic, healthyObservation, jobOf } from './observations.ts';

const judge = (observation = healthyObservation(), thresholds: Thresholds = THRESHOLDS) =>
  checksOf(observation, thresholds).map(({ name, state, text }) => `${state} ${name}: ${text}`);
const wrongOnes = (...parameters: Parameters<typeof judge>) =>
  judge(...parameters).filter((line) => line.startsWith('wrong'));

test('a healthy gateway has nothing wrong', () => {
  const checks = checksOf(healthyObservation(), THRESHOLDS);
  expect(isWrong(checks)).toBe(false);
  expect(checks.map(({ name }) => name)).toEqual([
    ...['GET /health', 'D1', 'KV', 'jobs', 'GET /api/projects', 'GET /api/prices', 'MarketList by its id'],
    ...['hit rate', 'errors', 'latency', 'alerts'],
  ]);
  expect(judge()).toContain(
    'ok hit rate: 90 % of 1000 that reached the Worker (at least 80 %), public ones since 16:00 UTC',
  );
});

test('without a key it says what it leaves out, and that is not wrong', () => {
  const lines = judge({ ...healthyObservation(), counted: 'no key' });
  expect(lines.at(-1)).toBe('note admin: no ADMIN_KEY: traffic and alerts are not checked');
  expect(wrongOnes({ ...healthyObservation(), counted: 'no key' })).toEqual([]);
});

test('a key that is not accepted is wrong', () => {
  const counted = { problem: 'http://localhost:8787 does not accept this key' };
  expect(wrongOnes({ ...healthyObservation(), counted })).toEqual([
    'wrong admin: http://localhost:8787 does not accept this key',
  ]);
});

test('D1 that is down is named, and nothing is said of jobs that it alone knows', () => {
  const observation = healthyObservation({ checks: { d1: 'failed', kv: 'ok' }, jobs: {} }, 503);
  expect(wrongOnes(observation)).toEqual([
    'wrong GET /health: 503 in 12 ms, worker 1a2b3c4d, mode open',
    'wrong D1: does not answer',
  ]);
});

test('a slow D1 is wrong', () => {
  const observation = healthyObservation({ milliseconds: { d1: 1001, kv: 1000 } });
  expect(wrongOnes(observation)).toEqual(['wrong D1: answers in 1001 ms (at most 1000 ms)']);
});

test('a job that is late, and one whose last run failed, are named with the reason', () => {
  const jobs = {
    prices: jobOf({ late: true, outcome: 'failed', firstError: 'price API: HTTP 500' }),
    projects: jobOf({ outcome: 'failed', firstError: 'main API: timed out', lastSuccessAt: null }),
    pools: jobOf(),
  };
  expect(wrongOnes(healthyObservation({ jobs }, 503)).slice(1)).toEqual([
    'wrong job prices: late, last success 2026-11-26T17:00:00Z: price API: HTTP 500',
    'wrong job projects: the last run failed, no success yet: main API: timed out',
  ]);
});

test('a partial run and a notice of a ledger are for a person, and nothing is wrong', () => {
  const jobs = { prices: jobOf({ outcome: 'partial', firstError: 'BTC: no price' }) };
  const observation = healthyObservation({ jobs, ledgerNotices: { over_allocated: 2 } });
  expect(judge(observation).filter((line) => line.startsWith('note'))).toEqual([
    'note job prices: the last run was partial: BTC: no price',
    'note ledgers: notices of the last day: 2 over_allocated',
  ]);
  expect(wrongOnes(observation)).toEqual([]);
});

test('an endpoint that fails, and one that is slow, are wrong', () => {
  const observation = healthyObservation();
  const [projects, prices, query] = observation.endpoints;
  if (!projects || !prices || !query) throw new Error('three endpoints are asked');
  const endpoints = [
    { ...projects, status: 503, problem: 'answered 503: {}' },
    { ...prices, milliseconds: 1200 },
    query,
  ];
  expect(wrongOnes({ ...observation, endpoints })).toEqual([
    'wrong GET /api/projects: answered 503: {}',
    'wrong GET /api/prices: 200 in 1200 ms (at most 1000 ms)',
  ]);
});

test('hit rate, errors and latency are judged against their thresholds', () => {
  const [list] = countedTraffic().operations;
  if (list === undefined) throw new Error('there is an operation');
  const counted = countedTraffic({
    hits: 799,
    total: { count: 1200, faults: 13 },
    operations: [
      { ...list, p95Ms: 501 },
      { ...list, name: 'Fast', p95Ms: 500 },
      { ...list, name: 'Rare', p95Ms: 9_000, count: 99 },
    ],
  });
  expect(wrongOnes({ ...healthyObservation(), counted })).toEqual([
    'wrong hit rate: 79.9 % of 1000 that reached the Worker (at least 80 %), public ones since 16:00 UTC',
    'wrong errors: 1.1 % of 1200 that reached the Worker (at most 1 %) since 16:00 UTC',
    'wrong latency: p95 over 500 ms: MarketList 501 ms',
  ]);
  const own = { ...THRESHOLDS, hitRate: 0.7 };
  expect(wrongOnes({ ...healthyObservation(), counted }, own)).toHaveLength(2);
  const behindCache = countedTraffic({ hits: 10, hitRateThreshold: null });
  expect(wrongOnes({ ...healthyObservation(), counted: behindCache })).toEqual([]);
  expect(wrongOnes({ ...healthyObservation(), counted: behindCache }, own)).toHaveLength(1);
});

test('few requests are shown and not judged', () => {
  const counted = countedTraffic({
    publicRequests: 99,
    hits: 0,
    total: { count: 99, faults: 99 },
    operations: [],
  });
  expect(wrongOnes({ ...healthyObservation(), counted })).toEqual([]);
  const none = countedTraffic({ publicRequests: 0, hits: 0, total: { count: 0, faults: 0 }, operations: [] });
  expect(judge({ ...healthyObservation(), counted: none })).toContain(
    'ok errors: - of 0 that reached the Worker (at most 1 %) since 16:00 UTC',
  );
});

test('an open incident is wrong, and one of a silenced rule is not', () => {
  const fires = { severity: 'page', summary: 'PoolPage is slow', since: '16:41 UTC' };
  const counted = countedTraffic({
    incidents: [
      { ...fires, rule: 'slow-operation', isSilenced: false },
      { ...fires, rule: 'bill', isSilenced: true },
    ],
  });
  expect(judge({ ...healthyObservation(), counted }).slice(-2)).toEqual([
    'wrong alert slow-operation: page since 16:41 UTC: PoolPage is slow',
    'note alert bill: page since 16:41 UTC, silenced: PoolPage is slow',
  ]);
});
