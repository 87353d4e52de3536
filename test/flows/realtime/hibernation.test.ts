import { evictAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { SOCKET_INITIALISATION_MS, SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { openSocket } from '../../support/client-socket.ts';
import { PRICES, poll, price, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

describe('eviction', () => {
  test('leaves sockets open: what was subscribed before gets events, and messages are answered', async () => {
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

  test('has a connection that never introduced itself closed all the same', async () => {
    const socket = await openSocket();
    await evictAllDurableObjects();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + SOCKET_INITIALISATION_MS });
    for (let at = 0; at < SUBSCRIPTION_HUBS; at += 1)
      await runDurableObjectAlarm(env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`));
    vi.useRealTimers();
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });
});
