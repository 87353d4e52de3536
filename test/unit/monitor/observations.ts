/** Observations of a gateway, healthy but for the changes of a test. */

import type { Answer } from '../../../scripts/monitor/ask-gateway.ts';
import type { Counted } from '../../../scripts/monitor/observe-counted.ts';
import type { Health, Observation } from '../../../scripts/monitor/observe-gateway.ts';

export const jobOf = (changes: Partial<Health['jobs'][string]> = {}): Health['jobs'][string] => ({
  late: false,
  outcome: 'ok',
  lastSuccessAt: '2026-11-26T17:00:00Z',
  firstError: null,
  ...changes,
});

const answered: Answer = { status: 200, milliseconds: 12, problem: null };

export const countedTraffic = (changes: Partial<Counted> = {}): Counted => ({
  since: '16:00 UTC',
  total: { count: 1200, faults: 0 },
  publicRequests: 1000,
  hits: 900,
  operations: [
    { name: 'MarketList', count: 1000, hitRate: 0.9, p95Ms: 19, faults: 0 },
    { name: 'PoolPage', count: 200, hitRate: null, p95Ms: 95, faults: 0 },
  ],
  incidents: [],
  hitRateThreshold: 0.8,
  ...changes,
});

export const healthyObservation = (body: Partial<Health> = {}, status = 200): Observation => ({
  atMs: Date.parse('2026-11-26T17:05:12Z'),
  health: {
    ...answered,
    status,
    body: {
      version: { worker: '1a2b3c4d-5e6f', operations: '1' },
      mode: 'open',
      checks: { d1: 'ok', kv: 'ok' },
      milliseconds: { d1: 4, kv: 3 },
      jobs: { prices: jobOf(), projects: jobOf() },
      ledgerNotices: {},
      ...body,
    },
  },
  endpoints: [
    { name: 'GET /api/projects', ...answered },
    { name: 'GET /api/prices', ...answered },
    { name: 'MarketList by its id', ...answered },
  ],
  counted: countedTraffic(),
});
