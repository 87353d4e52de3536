import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { type Bench, createBench, type FaultKind, IMPATIENT_MS } from './sync-bench.ts';

const SOURCES = [
  { job: 'projects', route: 'projects-sync' },
  { job: 'pools', route: 'pools-sync' },
  { job: 'investments', route: 'investments-sync' },
  { job: 'prices', route: 'prices-batch' },
] as const;

/** What the run record says of each, and how often upstream is asked. */
const REFUSALS: { kind: FaultKind; says: RegExp; calls: number }[] = [
  { kind: 'latency', says: new RegExp(`no answer within ${IMPATIENT_MS} ms`), calls: 1 },
  { kind: '429', says: /HTTP 429/, calls: 3 },
  { kind: '500', says: /HTTP 500/, calls: 3 },
  { kind: '503', says: /HTTP 503/, calls: 3 },
  { kind: 'reset', says: /connection failed/, calls: 3 },
  { kind: 'truncated', says: /not JSON/, calls: 1 },
  { kind: 'huge', says: /the answer is longer than 12582912 bytes/, calls: 1 },
  { kind: 'wrong-shape', says: /the answer is not/, calls: 1 },
];

async function everything(bench: Bench) {
  return {
    projects: await bench.rows('project_cache'),
    pools: await bench.rows('ido_pool_cache'),
    investments: await bench.rows('user_investment_cache'),
    hour: await bench.rows('hour_in_progress', 'hour_start'),
    snapshot: await env.PRICES_KV.get('prices'),
  };
}

async function syncAll(bench: Bench) {
  for (const job of ['projects', 'pools', 'investments', 'prices'] as const) await bench.sync.runJob(job);
}

/** The same market at the same time, synced without any fault. */
async function healthyRows(seconds: number) {
  const bench = await createBench();
  await bench.advance(seconds);
  await syncAll(bench);
  const { projects, pools, investments } = await everything(bench);
  const prices = (await bench.snapshot()).prices;
  const withoutCreation = [projects, pools, investments].map((rows) =>
    rows.map(({ created_at: _, row_id: __, ...row }) => row),
  );
  return { rows: withoutCreation, prices };
}

describe.each(SOURCES)('the sync of $job', ({ job, route }) => {
  test.each(REFUSALS)(
    'leaves the data as it was when upstream has the fault $kind',
    async ({ kind, says, calls }) => {
      const bench = await createBench();
      await syncAll(bench);
      const before = await everything(bench);
      await bench.advance(3_600);

      await bench.fault(route, kind, kind === 'latency' ? { latencyMs: 2_000 } : {});
      await bench.calls();
      const result = await (kind === 'latency' ? bench.impatientSync : bench.sync).runJob(job);
      expect(result).toMatchObject({ outcome: 'failed', written: 0 });
      expect((await bench.calls()).byRoute[route]).toBe(calls);
      expect(await everything(bench)).toEqual(before);
      const run = (await bench.runs(job)).at(-1);
      expect(run).toMatchObject({ outcome: 'failed', finished_at: bench.now(), written_count: 0 });
      expect(run?.first_error).toMatch(says);
      expect(run?.first_error).not.toContain('simulated-internal-key');
      expect(await bench.rows('sync_lease', 'job')).toEqual([]);
    },
  );

  test('repairs everything in the next healthy run, after every fault in turn', async () => {
    const bench = await createBench();
    await syncAll(bench);
    for (const { kind } of REFUSALS.filter(({ kind }) => kind !== 'latency')) {
      await bench.advance(300);
      await bench.fault(route, kind);
      expect((await bench.sync.runJob(job)).outcome).toBe('failed');
    }
    await bench.fault(route, 'bad-record');
    await bench.advance(300);
    expect((await bench.sync.runJob(job)).outcome).toBe('partial');
    await bench.clearFaults();
    await bench.advance(300);
    await syncAll(bench);
    expect((await bench.runs(job)).at(-1)).toMatchObject({ outcome: 'ok', first_error: null });

    const { projects, pools, investments } = await everything(bench);
    const repaired = [projects, pools, investments].map((rows) =>
      rows.map(({ created_at: _, row_id: __, ...row }) => row),
    );
    const { prices } = await bench.snapshot();
    const healthy = await healthyRows((REFUSALS.length - 1 + 2) * 300);
    expect(repaired).toEqual(healthy.rows);
    expect(prices).toEqual(healthy.prices);
  });

  test('gets through a fault that passes within its attempts', async () => {
    const bench = await createBench();
    await bench.sync.runJob('projects');
    await bench.fault(route, '503', { times: 2 });
    expect((await bench.sync.runJob(job)).outcome).toBe('ok');
  });
});

test('one bad record among the prices costs exactly that price', async () => {
  const bench = await createBench();
  await bench.sync.runJob('projects');
  await bench.sync.runJob('prices');
  const before = await bench.snapshot();
  await bench.advance(60);
  await bench.fault('prices-batch', 'bad-record', { recordId: 'ETH' });
  expect(await bench.sync.runJob('prices')).toMatchObject({ outcome: 'partial', skipped: 1 });
  const after = await bench.snapshot();
  expect(after.prices.ETH).toEqual(before.prices.ETH);
  expect(Number(after.prices.BTC?.lastUpdate)).toBeGreaterThan(Number(before.prices.BTC?.lastUpdate));
  expect(Object.keys(after.prices)).toEqual(Object.keys(before.prices));
  expect((await bench.runs('prices')).at(-1)?.first_error).toContain('"ETH": price: ');
});

test('a record that D1 refuses leaves nothing of its run', async () => {
  const bench = await createBench();
  await env.DB.prepare(
    `CREATE TRIGGER refuse BEFORE INSERT ON project_cache WHEN new.id = 'prj_ethereum'
     BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
  ).run();
  try {
    expect(await bench.sync.runJob('projects')).toMatchObject({ outcome: 'failed', written: 0 });
  } finally {
    await env.DB.prepare('DROP TRIGGER refuse').run();
  }
  expect(await bench.rows('project_cache')).toEqual([]);
  expect((await bench.runs('projects')).at(-1)?.first_error).toContain('refused by the test');
  expect(await bench.sync.runJob('projects')).toMatchObject({ outcome: 'ok', written: 40 });
});
