/**
 * A connection from its handshake to its end, by https://github.com/enisdenjo/graphql-ws, PROTOCOL.md: the behaviours
 * that its own server is tested for, where they can be seen on the wire.
 */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { SOCKET_INITIALISATION_MS } from '../../../src/config.ts';
import { handshake, openSocket, openSocketOf } from '../../support/client-socket.ts';
import { PRICES, untilFeedRests, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

/** Opened, and not introduced. */
const opened = async (hubName?: string) =>
  live.closing(await (hubName === undefined ? openSocket() : openSocketOf(hubName)));

describe('the handshake', () => {
  const unacceptable = [
    null,
    '',
    'graphql-ws',
    'graphql, json',
    'graphql-transport-wsgibberish',
    'graphql-TransPort-ws',
  ];
  test.each(unacceptable)(
    'that offers %j is answered without a subprotocol, and closed with 4406',
    async (offered) => {
      const response = await handshake(offered);
      expect(response.headers.has('Sec-WebSocket-Protocol')).toBe(false);
      await response.body?.cancel();
      const socket = live.closing(await openSocket(offered));
      expect(await socket.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
    },
  );

  const acceptable = [
    'graphql-transport-ws',
    'this,graphql-transport-ws,one',
    'some, graphql-transport-ws   , other',
    'graphql-transport-ws, graphql-transport-ws',
  ];
  test.each(acceptable)('that offers %j is answered with the subprotocol', async (offered) => {
    const response = await handshake(offered);
    expect(response.headers.get('Sec-WebSocket-Protocol')).toBe('graphql-transport-ws');
    response.webSocket?.accept();
    response.webSocket?.close();
    const socket = live.closing(await openSocket(offered));
    socket.send({ type: 'connection_init' });
    expect(await socket.next()).toEqual({ type: 'connection_ack' });
  });
});

describe('connection_init', () => {
  const payloads = [undefined, null, {}, { some: 'text', more: { at: [1] } }, { authorization: null }];
  test.each(payloads)('with the payload %j is acknowledged, once', async (payload) => {
    const socket = await opened();
    socket.send({ type: 'connection_init', payload });
    expect(await socket.next()).toEqual({ type: 'connection_ack' });
    await socket.expectSilence();
  });

  test('with an authorization that nobody has is refused with 4403', async () => {
    const socket = await opened();
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer\nnobody' } });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  test('that does not come in time is no longer waited for: 4408', async () => {
    const hub = env.SUBSCRIPTION_HUBS.getByName('hub-0');
    const introduced = await live.connected('hub-0');
    const late = await opened('hub-0');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + SOCKET_INITIALISATION_MS });
    try {
      expect(await runDurableObjectAlarm(hub)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
    expect(await late.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
    await introduced.expectSilence();
  });

  test('that comes in time leaves nothing that would close the connection later', async () => {
    const hub = env.SUBSCRIPTION_HUBS.getByName('hub-0');
    const beforeMs = Date.now();
    const socket = await opened('hub-0');
    vi.useFakeTimers({ toFake: ['Date'], now: beforeMs + SOCKET_INITIALISATION_MS - 1 });
    try {
      await runDurableObjectAlarm(hub);
      socket.send({ type: 'connection_init' });
      expect(await socket.next()).toEqual({ type: 'connection_ack' });
      vi.setSystemTime(Date.now() + SOCKET_INITIALISATION_MS);
      await runDurableObjectAlarm(hub);
      await socket.expectSilence();
    } finally {
      vi.useRealTimers();
    }
  });

  const tooMany = { code: 4429, reason: 'Too many initialisation requests' };

  test('a second time closes with 4429, the first acknowledged or not', async () => {
    const hasty = await opened();
    hasty.send({ type: 'connection_init' });
    hasty.send({ type: 'connection_init' });
    expect(await hasty.closed).toEqual(tooMany);
  });

  test('again, long after the acknowledgement, closes with 4429', async () => {
    const socket = await live.watcher();
    socket.send({ type: 'connection_init' });
    expect(await socket.closed).toEqual(tooMany);
    await untilFeedRests();
  });
});

describe('pings and pongs', () => {
  test('a ping is answered before the introduction too', async () => {
    const socket = await opened();
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.send({ type: 'ping', payload: null });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });

  test('a ping is answered however its JSON is written', async () => {
    const socket = await live.connected();
    socket.send('{"type":"ping"}');
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.send(' { "type" : "ping" } ');
    expect(await socket.next()).toEqual({ type: 'pong' });
  });

  test('the payload of a ping comes back', async () => {
    const socket = await live.connected();
    const payload = { iCome: 'back', at: [1, { deep: null }], ключ: '🜚' };
    socket.send({ type: 'ping', payload });
    expect(await socket.next()).toEqual({ type: 'pong', payload });
  });

  test('a pong is not answered', async () => {
    const socket = await live.connected();
    socket.send({ type: 'pong' });
    socket.send({ type: 'pong', payload: { unasked: true } });
    await socket.expectSilence();
  });
});

describe('the end of a connection', () => {
  test.each([
    ['after it introduced itself', true],
    ['before it introduced itself', false],
  ])('that the client closes %s is answered', async (_, introduced) => {
    const socket = introduced ? await live.connected() : await opened();
    socket.close(4321, 'Byebye');
    await socket.closed;
  });

  test('with the longest reason that a frame carries is answered', async () => {
    const socket = await live.watcher();
    socket.close(4321, 'x'.repeat(123));
    await socket.closed;
    await untilFeedRests();
  });

  test('ends all that it watched', async () => {
    const leaving = await live.connected('hub-0');
    for (const [id, symbol] of Object.entries({ a: 'ETH', b: 'SOL', c: 'ETH' }))
      leaving.subscribe(id, PRICES, { symbols: [symbol] });
    for (let count = 0; count < 3; count += 1) await leaving.next();
    await live.watcher('hub-0');
    leaving.close();
    await leaving.closed;
    await vi.waitFor(async () => expect(await live.polledSymbols()).toEqual([['BTC']]));
  });

  test('while an operation is being prepared leaves nothing behind', async () => {
    const [leaving, staying] = [await live.connected('hub-0'), await live.watcher('hub-0')];
    const release = live.holdUpstream();
    leaving.subscribe('a', PRICES, { symbols: [live.unheldSymbol()] });
    await vi.waitFor(() => expect(live.heldRequests()).toBe(1));
    leaving.close(4321, 'Byebye');
    await leaving.closed;
    release();
    staying.subscribe('later', `{ price(symbol: "${live.unheldSymbol()}") { symbol } }`);
    expect(await staying.next()).toMatchObject({ id: 'later', type: 'next' });
    expect(await live.polledSymbols()).toEqual([['BTC']]);
  });

  test('comes with 4500 where the gateway fails, and for that connection alone', async () => {
    const [failing, other] = [await live.connected('hub-0'), await live.watcher('hub-0')];
    vi.spyOn(crypto, 'randomUUID').mockImplementationOnce(() => {
      throw new Error('a reason that no client should read');
    });
    failing.subscribe('a', '{ __typename }');
    expect(await failing.closed).toEqual({ code: 4500, reason: 'Internal server error' });
    await live.expectTold(other);
  });
});
