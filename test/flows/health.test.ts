import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { CRONS, startGateway } from '../support/gateway.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';
import { observed } from '../support/watched-d1.ts';

interface Health {
  status: string;
  version: { worker: string; operations: string };
  mode: string;
  checks: { d1: string; kv: string };
  milliseconds: { d1: number; kv: number };
  executions: { planned: number; fellBack: number };
  jobs: Record<
    string,
    {
      late: boolean;
      outcome: string;
      startedAt: string | null;
      lastSuccessAt: string | null;
      read: number;
      firstError: string | null;
    }
  >;
}

async function health({ gateway }: Serving): Promise<Health & { code: number }> {
  const response = await gateway.fetch('/health');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  return { code: response.status, ...((await response.json()) as Health) };
}

const late = ({ jobs }: Health) => Object.keys(jobs).filter((job) => jobs[job]?.late);

describe('/health', () => {
  test('is 503 while nothing ever ran', async () => {
    const serving = await startServing({ crons: [] });
    const { code, status, checks, jobs } = await health(serving);
    expect([code, status, checks]).toEqual([503, 'unavailable', { d1: 'ok', kv: 'ok' }]);
    expect(Object.values(jobs).every(({ outcome }) => outcome === 'never run')).toBe(true);
  });

  test('is 200 after the first syncs, with the last run of each job', async () => {
    const serving = await startServing();
    const before = await health(serving);
    await serving.gateway.query('{ projectCategories { name } }');
    const { code, status, checks, jobs, executions } = await health(serving);
    expect([code, status, checks]).toEqual([200, 'ok', { d1: 'ok', kv: 'ok' }]);
    expect(executions).toEqual({ ...before.executions, planned: before.executions.planned + 1 });
    expect(jobs.projects).toEqual({
      late: false,
      outcome: 'ok',
      startedAt: '2024-02-18T13:34:37Z',
      finishedAt: '2024-02-18T13:34:37Z',
      lastSuccessAt: '2024-02-18T13:34:37Z',
      read: 30,
      written: 30,
      skipped: 0,
      firstError: null,
    });
    expect(jobs['daily-candles']).toMatchObject({ outcome: 'never run', late: false, startedAt: null });
  });

  test.each(['open', 'audit', 'safelist', 'id_only'])('names the version and the mode, %s', async (mode) => {
    const serving = await startServing({ vars: { OPERATIONS_MODE: mode } });
    const { version, mode: shown } = await health(serving);
    expect(shown).toBe(mode);
    expect(version).toEqual({
      worker: (env as unknown as Env).WORKER_VERSION.id,
      operations: manifest.version,
    });
    expect(version.worker).not.toBe('');
  });

  test('answers HEAD with the status alone', async () => {
    const serving = await startServing();
    const head = async () => {
      const response = await serving.gateway.fetch('/health', { method: 'HEAD' });
      return [response.status, await response.text()];
    };
    expect(await head()).toEqual([200, '']);
    serving.db.fail('gone');
    expect(await head()).toEqual([503, '']);
  });

  test('refuses other methods', async () => {
    const serving = await startServing();
    const response = await serving.gateway.fetch('/health', { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('is 503 while D1 fails, and says why in the log alone', async () => {
    const serving = await startServing();
    serving.db.fail('D1_ERROR: the secret reason');
    const { code, checks, jobs } = await health(serving);
    expect([code, checks, jobs]).toEqual([503, { d1: 'failed', kv: 'ok' }, {}]);
    expect(serving.complaints()).toMatchObject([
      { event: 'health.d1_failed', error: 'D1_ERROR: the secret reason' },
    ]);
    serving.db.fail(null);
    expect((await health(serving)).code).toBe(200);
  });

  test('is 503 while KV fails, and still shows the jobs', async () => {
    const serving = await startServing();
    serving.pricesKv.fail('KV GET failed: 500');
    const { code, checks, jobs } = await health(serving);
    expect([code, checks, jobs.prices?.outcome]).toEqual([503, { d1: 'ok', kv: 'failed' }, 'ok']);
    expect(serving.complaints()).toMatchObject([{ event: 'health.kv_failed', error: 'KV GET failed: 500' }]);
  });

  test('says how long D1 takes', async () => {
    const { market } = await startServing();
    const slowDb = observed(env.DB, () => vi.setSystemTime(Date.now() + 700));
    const response = await startGateway(market, { DB: slowDb }).fetch('/health');
    const { milliseconds } = (await response.json()) as Health;
    expect(milliseconds.d1).toBeGreaterThanOrEqual(700);
    expect(milliseconds.kv).toBeLessThanOrEqual(milliseconds.d1);
  });

  test('is 503 once a sync is older than three of its intervals', async () => {
    const serving = await startServing();
    await serving.gateway.advance(180);
    expect((await health(serving)).code).toBe(200);
    await serving.gateway.advance(1);
    const aged = await health(serving);
    expect([aged.code, late(aged)]).toEqual([
      503,
      [
        ...[
          'prices',
          'user-outbox',
          'identification-outbox',
          'ledger-pokes',
          'chat-authors',
          'uploads',
          'object-deletions',
        ],
        'alerts',
      ],
    ]);
    await serving.gateway.scheduled(CRONS.prices);
    expect((await health(serving)).code).toBe(200);

    await serving.gateway.advance(15 * 60);
    await serving.gateway.scheduled(CRONS.prices);
    expect(late(await health(serving))).toEqual(['projects', 'operation-forms', 'project-files']);
  });

  test('counts what never ran from the first run of anything', async () => {
    const serving = await startServing();
    await serving.gateway.advance(3 * 3_600 + 1);
    for (const cron of [CRONS.projects, CRONS.prices, CRONS.pools]) await serving.gateway.scheduled(cron);
    expect(late(await health(serving))).toEqual([
      ...['hourly-candles', 'closed-users', 'cleanup', 'user-rights', 'identification', 'backups'],
    ]);
  });

  test('does not take a failed run for a success, and shows its first error', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'prices-batch', kind: '500' });
    await serving.gateway.advance(120);
    await serving.gateway.scheduled(CRONS.prices);
    const failing = await health(serving);
    expect(failing.code).toBe(200);
    expect(failing.jobs.prices).toMatchObject({ outcome: 'failed', lastSuccessAt: '2024-02-18T13:34:37Z' });
    expect(failing.jobs.prices?.firstError).toContain('HTTP 500');
    await serving.gateway.advance(61);
    await serving.gateway.scheduled(CRONS.prices);
    const aged = await health(serving);
    expect([aged.code, late(aged)]).toEqual([503, ['prices']]);
    expect(JSON.stringify(aged)).not.toContain(serving.market.apiKey);
  });
});

describe('a job whose records are all refused', () => {
  test.each([
    { job: 'prices', route: 'prices-batch', cron: CRONS.prices, interval: 60 },
    { job: 'projects', route: 'projects-sync', cron: CRONS.projects, interval: 300 },
    { job: 'pools', route: 'pools-sync', cron: CRONS.pools, interval: 900 },
    { job: 'investments', route: 'investments-sync', cron: CRONS.pools, interval: 900 },
    { job: 'daily-candles', route: 'price-history', cron: CRONS.nightly, interval: 86_400 },
  ] as const)('makes /health 503 after three intervals: $job', async ({ job, route, cron, interval }) => {
    const serving = await startServing({ crons: [...FIRST_SYNC, CRONS.nightly] });
    // Without the time of the newest record, the next run reads all of them.
    await env.DB.exec('UPDATE sync_run SET newest_updated_at = NULL');
    await serving.market.fault({ route, kind: 'bad-records' });
    for (let run = 0; run < 3; run += 1) {
      await serving.gateway.advance(interval);
      await serving.gateway.scheduled(cron);
    }
    expect(late(await health(serving))).not.toContain(job);
    await serving.gateway.advance(1);
    const refused = await health(serving);
    expect([refused.code, late(refused).includes(job)]).toEqual([503, true]);
    expect(refused.jobs[job]).toMatchObject({ outcome: 'partial', firstError: expect.any(String) });
    expect(refused.jobs[job]?.read).toBeGreaterThan(0);
    await serving.market.clearFaults();
    await serving.gateway.scheduled(cron);
    expect(late(await health(serving))).not.toContain(job);
  });

  test('makes it 503 also if the price API suddenly knows no symbol', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'prices-batch', kind: 'no-records' });
    for (let run = 0; run < 3; run += 1) {
      await serving.gateway.advance(60);
      await serving.gateway.scheduled(CRONS.prices);
    }
    await serving.gateway.advance(1);
    expect(late(await health(serving))).toEqual(['prices']);
  });

  test('does not make it 503 for one bad record among good ones', async () => {
    const serving = await startServing();
    await serving.market.fault({ route: 'prices-batch', kind: 'bad-record' });
    for (let run = 0; run < 4; run += 1) {
      await serving.gateway.advance(60);
      await serving.gateway.scheduled(CRONS.prices);
    }
    const { jobs } = await health(serving);
    expect(jobs.prices).toMatchObject({ outcome: 'partial', late: false });
  });
});

describe('a Worker that is not configured', () => {
  const SECRET = 'a-secret-that-never-shows-itself-anywhere';
  const faults: [string, Record<string, string | undefined>][] = [
    ['MAIN_API_URL', { MAIN_API_URL: undefined }],
    ['PRICE_API_URL', { PRICE_API_URL: 'ftp://prices.example' }],
    ['INTERNAL_API_KEY', { INTERNAL_API_KEY: undefined }],
    ['JWT_SECRET', { JWT_SECRET: SECRET.slice(0, 20) }],
    ['OPERATIONS_MODE', { OPERATIONS_MODE: 'closed' }],
    ['RATE_LIMIT_THRESHOLD', { RATE_LIMIT_THRESHOLD: '0' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'app.example' }],
    ['SIWE_ORIGIN', { SIWE_ORIGIN: 'app.example' }],
    ['RPC_URLS', { RPC_URLS: `{"1": "wss://rpc.example/${SECRET}"}` }],
    ['ADMIN_KEY', { ADMIN_KEY: SECRET.slice(0, 10) }],
    ['PUBLIC_ORIGIN', { PUBLIC_ORIGIN: 'app.example' }],
    ['KYC_KEY', { KYC_KEY: SECRET.slice(0, 20) }],
  ];
  test.each(faults)('answers 503 on every route, and names %s in its log alone', async (name, vars) => {
    const serving = await startServing({ crons: [], vars });
    for (const [path, method] of [
      ['/graphql?query={__typename}', 'GET'],
      ['/graphql', 'POST'],
      ['/graphql', 'OPTIONS'],
      ['/health', 'GET'],
      ['/health', 'HEAD'],
      ['/nothing', 'GET'],
    ] as const) {
      const response = await serving.gateway.fetch(path, { method });
      expect(response.status).toBe(503);
      const requestId = response.headers.get('x-request-id');
      expect(requestId).toMatch(/^[\da-f-]{36}$/);
      expect(response.headers.get('cache-control')).toContain('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(JSON.parse(await response.text())).toEqual({
        errors: [
          {
            message: 'The gateway is not ready to serve.',
            extensions: {
              code: 'INTERNAL_SERVER_ERROR',
              requestId,
              traceId: response.headers.get('x-trace-id'),
            },
          },
        ],
      });
      const complaints = serving.complaints();
      expect(complaints).toMatchObject([{ event: 'config.invalid' }]);
      expect(complaints[0]?.issues).toMatch(new RegExp(`^${name}: `));
    }
    expect(serving.written()).not.toContain('a-secret');
    expect(serving.written()).not.toContain(serving.market.apiKey);
  });

  test('runs no sync', async () => {
    const serving = await startServing({ vars: { JWT_SECRET: undefined } });
    expect(await serving.upstreamCalls()).toEqual({});
  });
});

test('secrets are in no log line, whatever fails', async () => {
  const serving = await startServing({ vars: { JWT_SECRET: 'a-secret-for-tests-of-32-characters' } });
  for (const kind of ['500', 'reset', 'truncated', 'wrong-shape'] as const) {
    await serving.market.fault({ route: '*', kind });
    for (const cron of [CRONS.projects, CRONS.prices]) await serving.gateway.scheduled(cron);
    await serving.gateway.post(
      { query: '{ price(symbol: "HEX") { price } project(by: { slug: "bitcoin" }) { detail { about } } }' },
      { Authorization: 'Bearer a-token-of-a-user' },
    );
  }
  for (const secret of [serving.market.apiKey, 'a-secret-for-tests', 'a-token-of-a-user']) {
    expect(serving.written()).not.toContain(secret);
  }
});
