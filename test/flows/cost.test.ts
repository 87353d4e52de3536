import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { readCounted } from '../../scripts/cost/read-counted.ts';
import type { AdminClient } from '../../scripts/operations/admin-client.ts';
import { costByOperation, costOf } from '../../src/metrics/cost.ts';
import { listPriceOf, type Use } from '../../src/metrics/prices.ts';
import { cpuMsOf, type REQUEST_CPU } from '../../src/metrics/request-cpu.ts';
import { documentIdOf, register } from '../support/accounts.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import type { BindingCounts } from '../support/counted-bindings.ts';
import { CRONS, startGateway, syncAll, type TestGateway } from '../support/gateway.ts';
import { createMarket } from '../support/market.ts';
import { TABLES } from '../support/tables.ts';

const MINUTES = 60;

beforeEach(() => env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`))));

/** A traffic that notes its own requests. */
function loggedTraffic(gateway: TestGateway) {
  const log = { requests: 0, cpuMs: 0 };
  const note = (kind: keyof typeof REQUEST_CPU, bytes: number) => {
    log.requests += 1;
    log.cpuMs += cpuMsOf(kind, 1, bytes);
  };
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await gateway.fetch(path, init);
    const bytes = (await response.clone().arrayBuffer()).byteLength;
    const isHit = ['HIT', 'STALE'].includes(response.headers.get('x-cache') ?? '');
    const isRefused = response.status >= 400;
    note(isRefused ? 'refused' : isHit ? 'hit' : 'executed', bytes);
    return response;
  }
  const post = (body: object, headers: Record<string, string> = {}) =>
    send('/graphql', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  const get = (name: string, variables: object) =>
    send(`/graphql/${documentIdOf(name)}?variables=${encodeURIComponent(JSON.stringify(variables))}`);
  return { log, note, send, post, get };
}

/** The counts of the bindings as Cloudflare bills them. */
const billedUse = (counts: BindingCounts): Use => ({
  d1RowsRead: counts.d1RowsRead,
  d1RowsWritten: counts.d1RowsWritten,
  kvReads: counts.kvKeysRead,
  kvWrites: counts.kvWrites,
  objectRequests: counts.durableObjectCalls,
  r2Reads: counts.r2Reads,
  r2Writes: counts.r2Writes,
});

test('the cost of an hour is the counted calls times their prices', async () => {
  const market = await createMarket({ projectCount: 30, poolCount: 6, projectsWithFiles: 3 });
  let points = 0;
  const gateway = startGateway(market, {
    ADMIN_KEY,
    ANALYTICS: {
      writeDataPoint: () => {
        points += 1;
      },
    },
  });
  const startedAt = Math.floor(Date.now() / 1000);
  gateway.resetCounts();
  const traffic = loggedTraffic(gateway);
  await syncAll(gateway);
  const { accessToken } = await register(gateway, 'cost@example.com');
  traffic.note('executed', 0);
  const authorization = { authorization: `Bearer ${accessToken}` };
  const logo = new URL((await firstProject(traffic.send)).logo_url).pathname;

  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (let request = 0; request < 3; request += 1) await traffic.get('MarketList', { first: 10 });
    await traffic.get('MarketList', { first: 1 + minute });
    await traffic.get('Search', { query: 'bit', first: 1 + (minute % 7) });
    await traffic.post({ documentId: documentIdOf('Viewer') }, authorization);
    await traffic.post({ documentId: `sha256:${'0'.repeat(64)}` });
    await traffic.send(`/api/prices?symbols=BTC&currency=${minute % 2 ? 'eur' : 'usd'}`);
    await traffic.send(logo);
    await gateway.advance(60);
    await gateway.scheduled(CRONS.prices);
    if (minute % 5 === 4) await gateway.scheduled(CRONS.projects);
    if (minute % 15 === 14) await gateway.scheduled(CRONS.pools);
  }

  // The command's own request comes after.
  const counted = { ...gateway.counts };
  expect(points).toBe(traffic.log.requests);
  const { requests, cpuMs } = traffic.log;
  const { cells } = await readCounted(clientOf(gateway), startedAt, startedAt + 7_200);
  const expected = listPriceOf({
    ...billedUse(counted),
    workerRequests: requests,
    workerCpuMs: cpuMs,
    analyticsPoints: requests,
  });
  const { dollars, use } = costOf(cells);
  expect(use.workerRequests).toBe(requests);
  for (const product of ['workers', 'kv', 'd1', 'durableObjects', 'r2', 'analytics', 'total'] as const) {
    expect(expected[product], product).toBeGreaterThan(0);
    expect(Math.abs(dollars[product] / expected[product] - 1), product).toBeLessThan(0.02);
  }
  const names = costByOperation(cells).map(({ operationId }) => operationId);
  expect(names).toEqual(
    expect.arrayContaining([documentIdOf('MarketList'), 'unregistered', 'route:/files/*', 'job:prices']),
  );
});

async function firstProject(send: (path: string) => Promise<Response>): Promise<{ logo_url: string }> {
  const { data } = (await (await send('/api/projects?limit=1')).json()) as { data: { logo_url: string }[] };
  if (data[0] === undefined) throw new Error('the market has no project');
  return data[0];
}

/** The admin client of the command, over the gateway of the test. */
function clientOf(gateway: TestGateway): AdminClient {
  const admin = adminOf(gateway);
  return {
    get: async (path: string, answer: { parse(body: unknown): unknown }) => {
      const { status, body } = await admin.get(path.replace('/admin', ''));
      expect(status, JSON.stringify(body)).toBe(200);
      return answer.parse(body);
    },
  } as unknown as AdminClient;
}
