/**
 * A market that the Durable Objects listen to, one for each test of a file, and the sockets that watch it.
 *
 * The Durable Objects have the environment's own upstream: their requests are led to the test's market.
 */
import {
  evictAllDurableObjects,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { alarmOf, type ClientSocket, connect } from './client-socket.ts';
import { createMarket, type TestMarket } from './market.ts';
import { WELL_KNOWN_COINS } from './upstream/well-known-coins.ts';

export const PRICES = `subscription Prices($symbols: [String!]!) {
  priceUpdated(symbols: $symbols) { symbol priceUsd }
}`;

/** What `PRICES` tells. */
export const price = (symbol: string, priceUsd: number) => ({ data: { priceUpdated: { symbol, priceUsd } } });

export const priceFeed = () => env.PRICE_FEED.getByName('prices');

export const saleFeed = () => env.SALE_FEED.getByName('sales');

/** All topics that hubs watch at the sale feed, as one text. */
export const watchedSaleTopics = () =>
  runInDurableObject(saleFeed(), (_, { storage }) =>
    storage.sql
      .exec<{ text: string }>('SELECT text FROM hub_topics')
      .toArray()
      .map(({ text }) => text)
      .join(''),
  );

/** What the feed's alarm does each time it goes off; false where nobody watches. */
export const poll = () => runDurableObjectAlarm(priceFeed());

/** Nobody watches anything: no alarm runs. */
export const untilFeedRests = () =>
  vi.waitFor(async () => expect(await alarmOf(priceFeed())).toBeNull(), { timeout: 10_000 });

export interface LiveMarket {
  /** This test's. */
  readonly upstream: TestMarket;
  /** A connection that ends with the test; by a hub's name, to that hub. */
  connected(hubName?: string, authorization?: string): Promise<ClientSocket>;
  /** Has a socket end with the test. */
  closing(socket: ClientSocket): ClientSocket;
  /** A connection that watches the price of BTC as `watch`, and has read the current one. */
  watcher(hubName?: string): Promise<ClientSocket>;
  /** The price of BTC changes, and each of those watchers is told so next. */
  expectTold(...watchers: ClientSocket[]): Promise<void>;
  /** Five seconds later the price is another one; the feed learns of it with its next poll. */
  setPrice(symbol: string, priceUsd: number): Promise<void>;
  /** Of a coin that nothing in this file has asked for: the gateway holds no price of it, and asks upstream. */
  unheldSymbol(): string;
  /** What the feed's next poll asks the price API for: the symbols of each call, in alphabetical order. */
  polledSymbols(): Promise<string[][]>;
  /** Requests to the upstream APIs wait from now on, until the function that is returned is called. */
  holdUpstream(): () => void;
  /** How many requests have come to wait. */
  heldRequests(): number;
}

export function useLiveMarket(): LiveMarket {
  let market: TestMarket;
  let sockets: ClientSocket[];
  let gate: Promise<void>;
  let held: number;
  /** None that BTC has had before. */
  let btcUsd = 1_000_000;
  let asked = 0;

  beforeEach(async () => {
    market = await createMarket();
    await market.pinPrice('BTC', btcUsd);
    sockets = [];
    gate = Promise.resolve();
    held = 0;
    const realFetch = globalThis.fetch;
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      const [from, to] =
        [
          [env.PRICE_API_URL, market.priceApiUrl] as const,
          [env.MAIN_API_URL, market.mainApiUrl] as const,
        ].find(([base]) => url.startsWith(base)) ?? [];
      if (from === undefined || to === undefined) return realFetch(input, init);
      held += 1;
      await gate;
      const headers = new Headers(init?.headers);
      headers.set('Authorization', `Bearer ${market.apiKey}`);
      return realFetch(url.replace(from, to), { ...init, headers });
    });
  });

  afterEach(async () => {
    for (const socket of sockets) socket.close();
    // The next test has another market.
    await untilFeedRests();
    await vi.waitFor(async () => expect(await alarmOf(saleFeed())).toBeNull());
    // Hubs too: the positions of a feed that begins anew in the same second are some that they have been told.
    const hubs = (await listDurableObjectIds(env.SUBSCRIPTION_HUBS)).map((id) =>
      env.SUBSCRIPTION_HUBS.get(id),
    );
    for (const object of [priceFeed(), saleFeed(), ...hubs])
      await runInDurableObject(object, (_, { storage }) => storage.deleteAll());
    await evictAllDurableObjects();
    vi.restoreAllMocks();
  });

  const live: LiveMarket = {
    get upstream() {
      return market;
    },
    connected: async (hubName, authorization) => live.closing(await connect(hubName, authorization)),
    closing: (socket) => {
      sockets.push(socket);
      return socket;
    },
    watcher: async (hubName) => {
      const socket = await live.connected(hubName);
      socket.subscribe('watch', PRICES, { symbols: ['BTC'] });
      expect(await socket.next()).toMatchObject({ id: 'watch', type: 'next' });
      return socket;
    },
    expectTold: async (...watchers) => {
      btcUsd += 1;
      await live.setPrice('BTC', btcUsd);
      expect(await poll()).toBe(true);
      for (const watcher of watchers)
        expect(await watcher.next()).toMatchObject({
          id: 'watch',
          type: 'next',
          payload: price('BTC', btcUsd),
        });
    },
    setPrice: async (symbol, priceUsd) => {
      // In this order: the feed's own alarm may go off in between, and must not find a third price.
      await market.pinPrice(symbol, priceUsd);
      await market.advance(5);
    },
    unheldSymbol: () => {
      const coin = WELL_KNOWN_COINS[WELL_KNOWN_COINS.length - 1 - asked];
      if (coin === undefined) throw new Error('every coin has been asked for');
      asked += 1;
      return coin[1];
    },
    polledSymbols: async () => {
      // Its own alarm is five seconds away then, and cannot come in between.
      await poll();
      await market.resetCalls();
      await poll();
      const { last } = await market.calls();
      const symbolsOf = (query: string) => new URLSearchParams(query).get('symbols')?.split(',').sort() ?? [];
      return last.map(({ query }) => symbolsOf(query));
    },
    holdUpstream: () => {
      held = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => resolve();
    },
    heldRequests: () => held,
  };
  return live;
}
