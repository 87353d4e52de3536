/** What metrics show of operations over sockets and of what happens on sockets. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import gatewayWorker from '../../../src/index.ts';
import { USAGE_FLUSH_SECONDS } from '../../../src/operations/usage.ts';
import { readFlushes } from '../../../src/storage/d1/flushes.ts';
import { operationId } from '../../support/cache-bench.ts';
import type { ClientSocket } from '../../support/client-socket.ts';
import { EventStreamClient } from '../../support/event-stream-client.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { PRICES, useLiveMarket } from '../../support/live-market.ts';
import { recordedPoints } from '../../support/recorded-requests.ts';

const live = useLiveMarket();
const PRICES_BY_ID = operationId('WatchlistPrices');
const analytics = recordedPoints();
let hubName: string;
let socket: ClientSocket;

beforeEach(async () => {
  await env.DB.exec('DELETE FROM usage_flush');
  analytics.take();
  coldIsolate({ ANALYTICS: analytics.dataset });
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  hubName = `hub-${crypto.randomUUID()}`;
  socket = await live.connected(hubName);
  return () => {
    vi.useRealTimers();
  };
});

/** Resolves when the operation has ended, with the bytes of its result. */
async function ended(payload: Record<string, unknown>): Promise<number> {
  socket.send({ type: 'subscribe', id: 'a', payload });
  for (let bytes = 0; ; ) {
    const { type, payload: result } = await socket.next();
    if (type === 'next') bytes = new TextEncoder().encode(JSON.stringify(result)).byteLength;
    else return bytes;
  }
}

/** A point is written after its answer. */
async function points(count: number) {
  await vi.waitFor(() => expect(analytics.points).toHaveLength(count));
  return analytics.take();
}

/** What the hub's isolate has counted, written when something happens a minute later. */
async function written() {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (USAGE_FLUSH_SECONDS + 1) * 1000 });
  await socket.expectSilence();
  return vi.waitFor(async () => {
    const flushes = await readFlushes(env.DB, 0, 100);
    const totals = { opened: 0, events: 0, resumes: 0, gaps: 0, closes: {} as Record<string, number> };
    for (const { live } of flushes) {
      if (live === null) continue;
      for (const name of ['opened', 'events', 'resumes', 'gaps'] as const) totals[name] += live[name];
      for (const [code, count] of Object.entries(live.closes))
        totals.closes[code] = (totals.closes[code] ?? 0) + count;
    }
    return { totals, hubs: flushes.at(-1)?.live?.hubs, cells: flushes.flatMap(({ requests }) => requests) };
  });
}

describe('an operation over a socket is a request', () => {
  test('whose cache, client, bytes and outcome are those of its answer', async () => {
    const asked = { documentId: `ios~5.2.0~${PRICES_BY_ID}`, variables: { symbols: ['BTC'] } };
    const bytes = [await ended(asked), await ended(asked)];
    const common = {
      operationId: PRICES_BY_ID,
      name: 'WatchlistPrices',
      kind: 'query',
      client: 'other',
      version: '',
      outcome: 'ok',
      transport: 'ws',
      status: 0,
      errors: 0,
      bytes: bytes[0],
    };
    expect(await points(2)).toMatchObject([
      { ...common, cache: 'miss' },
      { ...common, cache: 'hit' },
    ]);
  });

  test('that is refused, partial, or met a fault', async () => {
    await ended({ documentId: 'unknown' });
    await ended({ query: '{ nothing }' });
    await ended({ query: 'query ($first: Int!) { projects(first: $first) { totalCount } }' });
    await live.upstream.fault({ route: '*', kind: '500' });
    await ended({ query: `{ price(symbol: "${live.unheldSymbol()}") { price } }` });
    await ended({ query: PRICES, variables: { symbols: [live.unheldSymbol()] } });
    expect(await points(5)).toMatchObject([
      { operationId: 'unregistered', outcome: 'refused', errorCode: 'PERSISTED_QUERY_NOT_FOUND', kind: '' },
      { operationId: 'unregistered', outcome: 'refused', errorCode: 'BAD_USER_INPUT', errors: 1 },
      { outcome: 'refused', errorCode: 'BAD_USER_INPUT', kind: 'query', cache: 'bypass' },
      { outcome: 'partial', errorCode: 'UPSTREAM_UNAVAILABLE', kind: 'query', errors: 1 },
      { outcome: 'error', errorCode: 'UPSTREAM_UNAVAILABLE', kind: 'subscription', name: '' },
    ]);
    const { cells } = await written();
    const faults = cells.filter((cell) => cell.faults > 0);
    expect(faults).toMatchObject([
      { outcome: 'partial', faults: 1 },
      { outcome: 'error', faults: 1 },
    ]);
  });
});

test('sockets, events, resumes, gaps and closes are counted', async () => {
  const watcher = await live.watcher(hubName);
  await live.expectTold(watcher);
  socket.subscribe('again', PRICES, { symbols: ['BTC'] }, { resumeFrom: '1' });
  const resumed = await socket.next();
  expect(resumed.payload.extensions.gap).toBe(true);
  watcher.close(4001, 'done');
  const other = await live.connected(hubName);
  other.send('not json');
  await other.closed;
  const { totals, hubs } = await written();
  expect(totals).toEqual({ opened: 3, events: 3, resumes: 1, gaps: 1, closes: { 4001: 1, 4400: 1 } });
  expect(hubs).toEqual([
    { hubId: env.SUBSCRIPTION_HUBS.idFromName(hubName).toString().slice(0, 16), sockets: 1, operations: 1 },
  ]);
});

test('an event stream is one request, which the Worker records and its hub does not', async () => {
  const request = new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ query: PRICES, variables: { symbols: ['BTC'] } }),
  }) as Parameters<typeof gatewayWorker.fetch>[0];
  const bindings = { ...env, ANALYTICS: analytics.dataset } as unknown as Env;
  const stream = new EventStreamClient(
    await gatewayWorker.fetch(request, bindings, createExecutionContext()),
  );
  expect(await stream.next()).toMatchObject({ type: 'next' });
  expect(analytics.take()).toMatchObject([
    { transport: 'sse', kind: 'subscription', outcome: 'ok', status: 200, cache: 'bypass', bytes: 0 },
  ]);
  await stream.leave();
  const { totals, cells } = await written();
  // The socket of this test, and that of the stream.
  expect(totals).toMatchObject({ opened: 2, events: 1 });
  const counted = cells.filter(({ operationId }) => !operationId.startsWith('job:'));
  expect(counted).toMatchObject([{ operationId: 'unregistered', count: 1, calls: { objectCalls: 1 } }]);
});
