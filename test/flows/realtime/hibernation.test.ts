/** Sockets outlive the memory of the objects that hold them. */
import {
  evictAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import {
  SOCKET_INITIALISATION_MS,
  SOCKET_MAX_SUBSCRIPTIONS,
  SUBSCRIPTION_HUBS,
} from '../../../src/config.ts';
import { ADMIN_KEY, adminOf, sha256Of } from '../../support/admin.ts';
import { type ClientSocket, openSocket, openSocketOf } from '../../support/client-socket.ts';
import { startGateway } from '../../support/gateway.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { PRICES, poll, price, priceFeed, untilFeedRests, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();
const hub = env.SUBSCRIPTION_HUBS.getByName('hub-0');

/** Whether it is in memory; it is not, afterwards. */
async function wasAwake(object: DurableObjectStub): Promise<boolean> {
  try {
    await evictDurableObject(object);
    return true;
  } catch (error) {
    if (String(error).includes('not currently running')) return false;
    throw error;
  }
}

const positionOf = (message: Awaited<ReturnType<ClientSocket['next']>>) =>
  Number(message.payload.extensions.position);

describe('after an eviction', () => {
  test('what was subscribed before gets events, and messages are answered', async () => {
    await live.setPrice('BTC', 50_000);
    const socket = await live.connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    await socket.next();
    await evictAllDurableObjects();
    await live.setPrice('BTC', 51_000);
    expect(await poll()).toBe(true);
    expect(await socket.next()).toMatchObject({ id: 'a', payload: price('BTC', 51_000) });
    await evictAllDurableObjects();
    socket.subscribe('b', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({ id: 'b', payload: price('BTC', 51_000) });
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for a already exists' });
  });

  test('every subscription of every socket of every hub gets the next event, once, and at a greater position', async () => {
    await live.setPrice('ETH', 2_000);
    const hubNames = ['hub-0', 'hub-0', 'hub-1', 'hub-2'];
    const sockets = await Promise.all(hubNames.map((name) => live.connected(name)));
    const firstPositions: number[] = [];
    for (const socket of sockets) {
      for (const id of ['BTC', 'ETH', 'BTC too']) {
        socket.subscribe(id, PRICES, { symbols: [id.slice(0, 3)] });
        firstPositions.push(positionOf(await socket.next()));
      }
    }
    await evictAllDurableObjects();
    await live.setPrice('BTC', 51_000);
    await live.setPrice('ETH', 2_100);
    await poll();
    for (const socket of sockets) {
      const told = [await socket.next(), await socket.next(), await socket.next()];
      expect(new Set(told.map(({ id }) => id))).toEqual(new Set(['BTC', 'ETH', 'BTC too']));
      for (const message of told) {
        const usd = message.id === 'ETH' ? price('ETH', 2_100) : price('BTC', 51_000);
        expect(message).toMatchObject({ type: 'next', payload: usd });
        expect(positionOf(message)).toBeGreaterThan(Math.max(...firstPositions));
      }
      await socket.expectSilence();
    }
  });

  test.each([
    ['the hub alone', () => [hub]],
    ['the feed alone', () => [priceFeed()]],
    ['the hub and then the feed', () => [hub, priceFeed()]],
    ['the feed and then the hub', () => [priceFeed(), hub]],
  ])('of %s no event is missing, and none comes twice', async (_, objects) => {
    const watchers = [await live.watcher('hub-0'), await live.watcher('hub-0')];
    for (const object of objects()) await evictDurableObject(object);
    await live.expectTold(...watchers);
    await live.expectTold(...watchers);
    for (const watcher of watchers) await watcher.expectSilence();
  });

  test('what was subscribed by id goes on, where the registry cannot look it up for a while', async () => {
    const gateway = startGateway(live.upstream, { ADMIN_KEY });
    const operations = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const document = PRICES.replace('Prices', `Prices${at}`);
        return { id: await sha256Of(document), document };
      }),
    );
    await adminOf(gateway).publish('sleeper', '1.0.0', operations);
    vi.useRealTimers();
    const ids = operations.map(({ id }) => id);
    const socket = await live.connected('hub-0');
    for (const id of ids) {
      socket.send({ type: 'subscribe', id, payload: { documentId: id, variables: { symbols: ['BTC'] } } });
      expect(await socket.next()).toMatchObject({ type: 'next', id });
    }
    coldIsolate();
    await evictDurableObject(hub);
    for (const id of ids) await env.CACHE_KV.delete(`operation:${id}`);
    await env.DB.exec('ALTER TABLE operation RENAME TO operation_away');
    await live.setPrice('BTC', 52_000);
    await poll();
    await socket.expectSilence();
    await env.DB.exec('ALTER TABLE operation_away RENAME TO operation');
    await poll();
    const told = [];
    for (const _ of ids) told.push(await socket.next());
    expect(told.map(({ type }) => type)).toEqual(ids.map(() => 'next'));
    expect(new Set(told.map(({ id }) => id))).toEqual(new Set(ids));
  });

  test('a complete stops what was subscribed before, and the feed rests', async () => {
    const [leaving, staying] = [await live.watcher('hub-0'), await live.watcher('hub-0')];
    await evictDurableObject(hub);
    leaving.send({ type: 'complete', id: 'watch' });
    await leaving.expectSilence();
    await live.expectTold(staying);
    await leaving.expectSilence();
    await evictDurableObject(hub);
    staying.send({ type: 'complete', id: 'watch' });
    await untilFeedRests();
  });

  test('a socket that closes takes what it watched with it', async () => {
    const [leaving, staying] = [await live.connected('hub-0'), await live.watcher('hub-0')];
    leaving.subscribe('a', PRICES, { symbols: ['ETH'] });
    await leaving.next();
    await evictDurableObject(hub);
    leaving.close();
    await leaving.closed;
    await vi.waitFor(async () => expect(await live.polledSymbols()).toEqual([['BTC']]));
    staying.close();
    await untilFeedRests();
  });

  test('the fifty subscriptions of a socket are counted still', async () => {
    const socket = await live.connected('hub-0');
    for (let at = 0; at < SOCKET_MAX_SUBSCRIPTIONS; at += 1) {
      socket.subscribe(`${at}`, PRICES, { symbols: ['BTC'] });
      await socket.next();
    }
    await evictDurableObject(hub);
    socket.subscribe('more', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({
      id: 'more',
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    });
  });

  test('a connection introduces itself if it has not, and not again if it has', async () => {
    const [introduced, silent, hasty] = [
      await live.connected('hub-0'),
      live.closing(await openSocketOf('hub-0')),
      live.closing(await openSocketOf('hub-0')),
    ];
    await evictDurableObject(hub);
    silent.send({ type: 'connection_init' });
    expect(await silent.next()).toEqual({ type: 'connection_ack' });
    hasty.subscribe('a', '{ __typename }');
    expect(await hasty.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
    introduced.send({ type: 'connection_init' });
    expect(await introduced.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  test('a connection that never introduced itself is closed all the same', async () => {
    const socket = await openSocket();
    await evictAllDurableObjects();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + SOCKET_INITIALISATION_MS });
    for (let at = 0; at < SUBSCRIPTION_HUBS; at += 1)
      await runDurableObjectAlarm(env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`));
    vi.useRealTimers();
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });
});

describe('a hub that sleeps', () => {
  test('has pings answered by the platform, and sleeps on', async () => {
    const sockets = [await live.watcher('hub-0'), live.closing(await openSocketOf('hub-0'))];
    expect(await wasAwake(hub)).toBe(true);
    for (const socket of sockets) {
      socket.send('{"type":"ping"}');
      expect(await socket.nextText()).toBe('{"type":"pong"}');
    }
    expect(await wasAwake(hub)).toBe(false);
    const answered = await runInDurableObject(hub, (_, state) =>
      state.getWebSockets().map((socket) => state.getWebSocketAutoResponseTimestamp(socket)),
    );
    expect(answered).toEqual([expect.any(Date), expect.any(Date)]);
  });

  test('is woken by a ping that carries something, and by any other message', async () => {
    const socket = await live.watcher('hub-0');
    await evictDurableObject(hub);
    for (const message of ['{"type":"ping","payload":{}}', ' {"type":"ping"}']) {
      expect(await wasAwake(hub)).toBe(false);
      socket.send(message);
      expect(await socket.next()).toMatchObject({ type: 'pong' });
      expect(await wasAwake(hub)).toBe(true);
    }
    await live.expectTold(socket);
  });

  test('is not woken by a poll that finds nothing new', async () => {
    const watcher = await live.watcher('hub-0');
    await live.expectTold(watcher);
    await evictDurableObject(hub);
    expect(await poll()).toBe(true);
    expect(await wasAwake(hub)).toBe(false);
    await live.expectTold(watcher);
  });
});

test.each([0, 999, 1004, 1005, 1006, 1015, 5000])(
  'a close with code %i, which no close may carry, is a close',
  async (code) => {
    await live.watcher('hub-0');
    await runInDurableObject(hub, async (instance, state) => {
      for (const socket of state.getWebSockets()) await instance.webSocketClose(socket, code, '');
    });
    await untilFeedRests();
  },
);
