/** Prices as server-sent events, over the hubs and the feed as they are. */
import { createExecutionContext, evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test } from 'vitest';
import gatewayWorker from '../../src/index.ts';
import { bundledOperationNamed } from '../../src/operations/manifest.ts';
import { alarmOf } from '../support/client-socket.ts';
import { EventStreamClient } from '../support/event-stream-client.ts';
import { PRICES, poll, priceFeed, untilFeedRests, useLiveMarket } from '../support/live-market.ts';
import { wireRequest } from '../support/wire-bench.ts';

const TICKER = bundledOperationNamed('PriceTicker')?.id;
const EVENTS = { Accept: 'text/event-stream' };

const live = useLiveMarket();
let streams: EventStreamClient[] = [];

// It ends before the market's own end waits for the feed to rest.
afterEach(async () => {
  for (const stream of streams) await stream.leave();
  streams = [];
});

async function ask(path: string, init: RequestInit): Promise<Response> {
  const request = new Request(new URL(path, 'https://gateway.test'), init) as Parameters<
    typeof gatewayWorker.fetch
  >[0];
  return gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext());
}

const byPost = (properties: Record<string, unknown>) =>
  ask(...wireRequest('POST', properties, { headers: EVENTS }));
const byEventSource = (properties: Record<string, unknown>, headers: Record<string, string> = {}) =>
  ask(wireRequest('GET', properties)[0], { headers: { ...EVENTS, ...headers } });

async function opened(answer: Promise<Response>): Promise<EventStreamClient> {
  const stream = new EventStreamClient(await answer);
  streams.push(stream);
  return stream;
}

async function nextPrice(stream: EventStreamClient) {
  const event = await stream.next();
  const { data, extensions } = JSON.parse(event?.data ?? 'null');
  expect(event).toMatchObject({ type: 'next', lastEventId: extensions.position });
  return { ...data.priceUpdated, position: Number(extensions.position) };
}

describe('priceUpdated', () => {
  test('begins with the current price, and tells each new one with a greater id', async () => {
    await live.setPrice('BTC', 50_000);
    const stream = await opened(byPost({ query: PRICES, variables: { symbols: ['btc'] } }));
    const first = await nextPrice(stream);
    await live.setPrice('BTC', 51_000);
    await poll();
    const second = await nextPrice(stream);
    expect([first.priceUsd, second.priceUsd]).toEqual([50_000, 51_000]);
    expect(second.position).toBeGreaterThan(first.position);
  });

  test('is open to a browser, by its id, which comes back with the last id that it saw', async () => {
    await live.setPrice('BTC', 50_000);
    const ticker = { documentId: TICKER, variables: { symbols: ['BTC'] } };
    const stream = await opened(byEventSource(ticker));
    const { position, symbol } = await nextPrice(stream);
    expect(symbol).toBe('BTC');
    await stream.leave();
    await live.setPrice('BTC', 51_000);
    const back = await opened(byEventSource(ticker, { 'Last-Event-ID': String(position) }));
    await poll();
    expect(await nextPrice(back)).toMatchObject({ price: 51_000 });
  });

  test('comes to each of two streams', async () => {
    await live.setPrice('BTC', 50_000);
    await live.setPrice('ETH', 2_000);
    const bitcoin = await opened(byPost({ query: PRICES, variables: { symbols: ['BTC'] } }));
    const ether = await opened(byPost({ query: PRICES, variables: { symbols: ['ETH'] } }));
    expect((await nextPrice(ether)).symbol).toBe('ETH');
    expect((await nextPrice(bitcoin)).symbol).toBe('BTC');
  });

  test('goes on after the hubs were put out of memory: a stream keeps none of them there', async () => {
    await live.setPrice('BTC', 50_000);
    const stream = await opened(byPost({ query: PRICES, variables: { symbols: ['BTC'] } }));
    await nextPrice(stream);
    await evictAllDurableObjects();
    await live.setPrice('BTC', 51_000);
    await poll();
    expect((await nextPrice(stream)).priceUsd).toBe(51_000);
  });

  test('rests with the feed once the client has left', async () => {
    await live.setPrice('BTC', 50_000);
    const stream = await opened(byPost({ query: PRICES, variables: { symbols: ['BTC'] } }));
    await nextPrice(stream);
    expect(await alarmOf(priceFeed())).not.toBeNull();
    await stream.leave();
    await untilFeedRests();
  });
});

describe('what the hub refuses', () => {
  const refused: [string, Record<string, unknown>, number, string][] = [
    ['no symbols', { query: PRICES, variables: { symbols: [] } }, 400, 'BAD_USER_INPUT'],
    ['a variable that is missing', { query: PRICES }, 400, 'BAD_USER_INPUT'],
    ['symbols that nobody knows', { query: PRICES, variables: { symbols: ['NOBODY'] } }, 404, 'NOT_FOUND'],
    ['investments of nobody', { query: 'subscription { investmentUpdated { id } }' }, 401, 'UNAUTHENTICATED'],
    [
      'more than a socket can remember',
      { query: `${PRICES} # ${'x'.repeat(20_000)}`, variables: { symbols: ['BTC'] } },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'more than a socket takes in one message',
      { query: `${PRICES} # ${'x'.repeat(70_000)}`, variables: { symbols: ['BTC'] } },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
  ];
  test.each(refused)('%s', async (_, properties, status, code) => {
    const response = await byPost(properties);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect([response.status, errors.map(({ extensions }) => extensions.code)]).toEqual([status, [code]]);
  });
});
