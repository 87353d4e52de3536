/** The log line of an operation that came over a socket: the one that a request over HTTP leaves. */
import { beforeEach, describe, expect, type Mock, test, vi } from 'vitest';
import { SLOW_REQUEST_MS } from '../../../src/config.ts';
import { operationId } from '../../support/cache-bench.ts';
import type { ClientSocket } from '../../support/client-socket.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { PRICES, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();
const PRICES_BY_ID = operationId('WatchlistPrices');

let socket: ClientSocket;
let warn: Mock<typeof console.warn>;

beforeEach(async () => {
  coldIsolate();
  warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  socket = await live.connected(`hub-${crypto.randomUUID()}`);
  return () => {
    vi.useRealTimers();
  };
});

const loggedRequests = () =>
  warn.mock.calls
    .map(([line]) => JSON.parse(String(line)))
    .filter(({ event }) => String(event).startsWith('request.'));

const failUpstream = () => live.upstream.fault({ route: '*', kind: '500' });

/** Resolves when the operation has ended. */
async function ended(payload: Record<string, unknown>): Promise<void> {
  socket.send({ type: 'subscribe', id: 'a', payload });
  for (;;) {
    const { type } = await socket.next();
    if (type === 'complete' || type === 'error') return;
  }
}

describe('an operation that met a fault is logged once, with its operation and client', () => {
  test('where it is a registered query', async () => {
    await failUpstream();
    await ended({
      documentId: `ios~5.2.0~${PRICES_BY_ID}`,
      variables: { symbols: [live.unheldSymbol(), live.unheldSymbol()] },
    });
    await vi.waitFor(() => expect(loggedRequests()).not.toEqual([]));
    expect(loggedRequests()).toEqual([
      {
        level: 'warn',
        event: 'request.failed',
        requestId: expect.any(String),
        traceId: expect.any(String),
        transport: 'websocket',
        status: null,
        durationMs: expect.any(Number),
        operationId: PRICES_BY_ID,
        operationName: 'WatchlistPrices',
        client: 'ios',
        clientVersion: '5.2.0',
        faults: 'UPSTREAM_UNAVAILABLE',
      },
    ]);
  });

  test('where it is a query of a viewer’s own, sent as a document', async () => {
    await failUpstream();
    const query = `query Mine { viewer { displayName } price(symbol: "${live.unheldSymbol()}") { price } }`;
    await ended({ query });
    await vi.waitFor(() =>
      expect(loggedRequests()).toMatchObject([
        {
          event: 'request.failed',
          operationId: null,
          operationName: 'Mine',
          client: null,
          faults: 'UPSTREAM_UNAVAILABLE',
        },
      ]),
    );
  });

  test('where it is a subscription that could not begin', async () => {
    await failUpstream();
    await ended({ query: PRICES, variables: { symbols: [live.unheldSymbol()] } });
    await vi.waitFor(() =>
      expect(loggedRequests()).toMatchObject([
        { event: 'request.failed', operationName: 'Prices', faults: 'UPSTREAM_UNAVAILABLE' },
      ]),
    );
  });
});

test('an operation that waits long is logged as slow, and a subscription is not', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const slow = async (payload: Record<string, unknown>) => {
    const release = live.holdUpstream();
    socket.send({ type: 'subscribe', id: 'a', payload });
    await vi.waitFor(() => expect(live.heldRequests()).toBeGreaterThan(0));
    vi.setSystemTime(Date.now() + SLOW_REQUEST_MS);
    release();
    expect(await socket.next()).toMatchObject({ type: 'next' });
  };
  await slow({ query: PRICES, variables: { symbols: [live.unheldSymbol()] } });
  socket.send({ type: 'complete', id: 'a' });
  await slow({ query: `query Slow { price(symbol: "${live.unheldSymbol()}") { price } }` });
  await vi.waitFor(() => expect(loggedRequests()).not.toEqual([]));
  expect(loggedRequests()).toMatchObject([
    { event: 'request.slow', transport: 'websocket', operationName: 'Slow' },
  ]);
});

test('nothing is logged where the fault is the client’s, or the answer is right', async () => {
  for (const payload of [
    { query: '{ price(symbol: "BTC") { price } }' },
    { query: '{ nothing }' },
    { query: 'subscription { nothing }' },
    { documentId: 'unknown' },
    { query: '{ projects(first: 1000) { totalCount } }' },
    { query: 'query ($first: Int!) { projects(first: $first) { totalCount } }' },
  ])
    await ended(payload);
  await socket.expectSilence();
  expect(loggedRequests()).toEqual([]);
});
