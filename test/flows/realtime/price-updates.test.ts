import { describe, expect, test, vi } from 'vitest';
import { executionCounts } from '../../../src/execution/execute.ts';
import { alarmOf, type ClientSocket } from '../../support/client-socket.ts';
import { PRICES, poll, price, priceFeed, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

describe('priceUpdated', () => {
  test('begins with the current price, and tells each new one with a greater position', async () => {
    await live.setPrice('BTC', 50_000);
    const socket = await live.connected();
    socket.subscribe('a', PRICES, { symbols: ['btc'] });
    const first = await socket.next();
    expect(first).toMatchObject({ id: 'a', type: 'next', payload: price('BTC', 50_000) });
    await live.setPrice('BTC', 51_000);
    expect(await poll()).toBe(true);
    const second = await socket.next();
    expect(second).toMatchObject({ id: 'a', type: 'next', payload: price('BTC', 51_000) });
    const positions = [first, second].map(({ payload }) => Number(payload.extensions.position));
    expect(positions[1]).toBeGreaterThan(Number(positions[0]));
  });

  test('tells of a symbol once for each change, and of nothing that did not change', async () => {
    await live.setPrice('BTC', 50_000);
    await live.setPrice('ETH', 2_000);
    const socket = await live.connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC', 'ETH', 'btc'] });
    expect((await socket.next()).payload).toMatchObject(price('BTC', 50_000));
    expect((await socket.next()).payload).toMatchObject(price('ETH', 2_000));
    await poll();
    await live.setPrice('ETH', 2_001);
    await poll();
    expect((await socket.next()).payload).toMatchObject(price('ETH', 2_001));
    await live.setPrice('ETH', 2_002);
    await poll();
    expect((await socket.next()).payload).toMatchObject(price('ETH', 2_002));
  });

  test('is executed once for all who ask the same, and all are sent the same payload', async () => {
    await live.setPrice('BTC', 50_000);
    const [one, other] = [await live.connected('hub-0'), await live.connected('hub-0')];
    const asked: [ClientSocket, string][] = [
      [one, 'a'],
      [one, 'b'],
      [other, 'a'],
    ];
    for (const [socket, id] of asked) {
      socket.subscribe(id, PRICES, { symbols: ['BTC'] });
      await socket.next();
    }
    const before = executionCounts();
    await live.setPrice('BTC', 51_000);
    await poll();
    const texts = [await one.nextText(), await one.nextText(), await other.nextText()];
    const payloads = texts.map((text) => text.slice(text.indexOf('"payload"')));
    expect(new Set(payloads).size).toBe(1);
    expect(texts.map((text) => JSON.parse(text).id).sort()).toEqual(['a', 'a', 'b']);
    expect(executionCounts().planned - before.planned).toBe(1);
  });

  test('ends where the client completes it, and with the last one the feed rests', async () => {
    await live.setPrice('BTC', 50_000);
    const socket = await live.connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    socket.subscribe('b', PRICES, { symbols: ['BTC'] });
    await socket.next();
    await socket.next();
    socket.send({ type: 'complete', id: 'a' });
    await live.setPrice('BTC', 51_000);
    await poll();
    expect((await socket.next()).id).toBe('b');
    socket.send({ type: 'complete', id: 'b' });
    await vi.waitFor(async () => expect(await alarmOf(priceFeed())).toBeNull());
    expect(await poll()).toBe(false);
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({ id: 'a', payload: price('BTC', 51_000) });
  });

  test('asks the price API only for what is watched, in one call', async () => {
    const [one, other] = [await live.connected(), await live.connected()];
    one.subscribe('a', PRICES, { symbols: ['BTC', 'ETH'] });
    other.subscribe('a', PRICES, { symbols: ['ETH', 'SOL'] });
    for (const socket of [one, one, other, other]) await socket.next();
    expect(await live.polledSymbols()).toEqual([['BTC', 'ETH', 'SOL']]);
  });

  test('is quiet where what changed is not what was selected', async () => {
    await live.setPrice('BTC', 50_000);
    const socket = await live.connected();
    socket.subscribe('price', PRICES, { symbols: ['BTC'] });
    socket.subscribe('change', 'subscription { priceUpdated(symbols: ["BTC"]) { changePercent } }');
    const first = [await socket.next(), await socket.next()];
    const change = first.find(({ id }) => id === 'change')?.payload.data.priceUpdated.changePercent;
    // A pinned price stands still while the day that it is compared with moves on.
    await live.upstream.advance(86_400);
    await poll();
    const next = await socket.next();
    expect(next.id).toBe('change');
    expect(next.payload.data.priceUpdated.changePercent).not.toBe(change);
    socket.send({ type: 'ping', payload: {} });
    expect((await socket.next()).type).toBe('pong');
  });

  test('goes on after the price API has failed', async () => {
    await live.setPrice('BTC', 50_000);
    const socket = await live.connected();
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    await socket.next();
    await live.upstream.fault({ route: 'prices-batch', kind: '500' });
    await poll();
    await live.upstream.clearFaults();
    await live.setPrice('BTC', 51_000);
    await poll();
    expect((await socket.next()).payload).toMatchObject(price('BTC', 51_000));
  });
});
