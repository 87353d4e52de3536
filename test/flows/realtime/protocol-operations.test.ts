/**
 * Operations of a connection, by https://github.com/enisdenjo/graphql-ws, PROTOCOL.md: the behaviours that its own
 * server is tested for, where they can be seen on the wire.
 */
import { describe, expect, test, vi } from 'vitest';
import { bundledOperationNamed } from '../../../src/operations/manifest.ts';
import { type ClientSocket, openSocket } from '../../support/client-socket.ts';
import { PRICES, poll, price, untilFeedRests, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

/** Its price is not held, so that it waits for the upstream API. */
const slowQuery = () => `{ price(symbol: "${live.unheldSymbol()}") { symbol } }`;

/** A query runs to its end, and nothing comes before: whatever was begun earlier has had its time. */
async function expectNextAnswered(socket: ClientSocket): Promise<void> {
  socket.subscribe('fence', slowQuery());
  expect(await socket.next()).toMatchObject({ id: 'fence', type: 'next' });
  expect(await socket.next()).toEqual({ id: 'fence', type: 'complete' });
}

describe('subscribe', () => {
  test('before the acknowledgement closes with 4401', async () => {
    const socket = live.closing(await openSocket());
    socket.subscribe('a', 'subscription NoAcknowledgement { nothing }');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  test('right behind the acknowledgement is served', async () => {
    const socket = live.closing(await openSocket());
    socket.send({ type: 'connection_init' });
    await socket.next();
    socket.subscribe('a', '{ __typename }');
    expect(await socket.next()).toEqual({
      id: 'a',
      type: 'next',
      payload: { data: { __typename: 'Query' } },
    });
  });

  test('of a query is answered and completed', async () => {
    const socket = await live.connected();
    socket.subscribe('a', 'query ($symbol: String!) { price(symbol: $symbol) { symbol } }', {
      symbol: 'btc',
    });
    expect(await socket.next()).toEqual({
      id: 'a',
      type: 'next',
      payload: { data: { price: { symbol: 'BTC' } } },
    });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
  });

  test('of one operation of several runs the one that is named', async () => {
    const socket = await live.connected();
    const query = `query A { a: __typename } ${PRICES}`;
    const variables = { symbols: ['BTC'] };
    socket.send({ type: 'subscribe', id: 'a', payload: { query, operationName: 'A' } });
    expect(await socket.next()).toEqual({ id: 'a', type: 'next', payload: { data: { a: 'Query' } } });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
    socket.send({ type: 'subscribe', id: 'p', payload: { query, operationName: 'Prices', variables } });
    expect(await socket.next()).toMatchObject({
      id: 'p',
      payload: { data: { priceUpdated: { symbol: 'BTC' } } },
    });
  });

  test('with null in place of what may be left out is served', async () => {
    const socket = await live.connected();
    const payload = { query: '{ __typename }', operationName: null, variables: null, extensions: null };
    socket.send({ type: 'subscribe', id: 'a', payload });
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
  });

  test('of a registered operation is served by its id', async () => {
    const socket = await live.connected();
    const documentId = bundledOperationNamed('Search')?.id;
    const variables = { query: 'bitcoin', first: 1 };
    socket.send({ type: 'subscribe', id: 'a', payload: { documentId, query: '', variables } });
    expect(await socket.next()).toMatchObject({
      id: 'a',
      type: 'next',
      payload: { data: expect.any(Object) },
    });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
  });

  test('of a document that is not valid is one error, without a complete, and the connection goes on', async () => {
    const socket = await live.connected();
    socket.subscribe('a', 'query TestNoField { testNumber testBoolean }');
    expect(await socket.next()).toMatchObject({
      id: 'a',
      type: 'error',
      payload: [{ message: expect.stringContaining('"testNumber"'), locations: [{ line: 1, column: 21 }] }],
    });
    await socket.expectSilence();
  });

  test('of a field that fails is a result with its error, and a complete', async () => {
    await live.upstream.fault({ route: '*', kind: '500' });
    const socket = await live.connected();
    socket.subscribe('a', slowQuery());
    expect(await socket.next()).toMatchObject({
      id: 'a',
      type: 'next',
      payload: { data: { price: null }, errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] },
    });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
  });

  test('several times at once is answered under each id, whatever characters it has', async () => {
    await live.setPrice('BTC', 50_000);
    const ids = ['1', '"', '\\', '__proto__', 'constructor', ' ', '🜚', '\u2028', 'x'.repeat(1_000)];
    const socket = await live.connected();
    for (const id of ids) socket.subscribe(id, PRICES, { symbols: ['BTC'] });
    const first = await Promise.all(ids.map(() => socket.next()));
    expect(new Set(first.map(({ id }) => id))).toEqual(new Set(ids));
    await live.setPrice('BTC', 51_000);
    await poll();
    const second = await Promise.all(ids.map(() => socket.next()));
    expect(new Set(second.map(({ id }) => id))).toEqual(new Set(ids));
    for (const { type, payload } of second)
      expect({ type, payload }).toMatchObject({ type: 'next', payload: price('BTC', 51_000) });
  });
});

describe('an id that is taken', () => {
  const taken = { code: 4409, reason: 'Subscriber for not-unique already exists' };

  test('by a subscription closes with 4409, whatever comes under it', async () => {
    const socket = await live.connected();
    socket.subscribe('not-unique', PRICES, { symbols: ['BTC'] });
    await socket.next();
    socket.subscribe('not-unique', '{ __typename }');
    expect(await socket.closed).toEqual(taken);
    await untilFeedRests();
  });

  test('by an operation that is still being prepared closes with 4409', async () => {
    const socket = await live.connected();
    const release = live.holdUpstream();
    socket.subscribe('not-unique', slowQuery());
    await vi.waitFor(() => expect(live.heldRequests()).toBe(1));
    socket.subscribe('not-unique', '{ __typename }');
    expect(await socket.closed).toEqual(taken);
    release();
  });

  test('is free again after a complete of either side, and after an error', async () => {
    const socket = await live.connected();
    socket.subscribe('a', '{ __typename }');
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
    socket.subscribe('a', '{ nothing }');
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'error' });
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
    socket.send({ type: 'complete', id: 'a' });
    socket.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
  });
});

describe('complete', () => {
  test('stops the events of its subscription, and is not answered', async () => {
    const [socket, other] = [await live.watcher('hub-0'), await live.watcher('hub-0')];
    await live.expectTold(socket, other);
    socket.send({ type: 'complete', id: 'watch' });
    await socket.expectSilence();
    await live.expectTold(other);
    await socket.expectSilence();
  });

  test('of the last subscription has the source rest', async () => {
    const socket = await live.watcher();
    socket.send({ type: 'complete', id: 'watch' });
    await untilFeedRests();
    await socket.expectSilence();
  });

  test('of a query that is still running keeps its result back', async () => {
    const socket = await live.connected();
    const release = live.holdUpstream();
    socket.subscribe('a', slowQuery());
    await vi.waitFor(() => expect(live.heldRequests()).toBe(1));
    socket.send({ type: 'complete', id: 'a' });
    await socket.expectSilence();
    release();
    await expectNextAnswered(socket);
  });

  test('of a subscription that is still being prepared keeps it from beginning', async () => {
    const socket = await live.connected();
    const release = live.holdUpstream();
    socket.subscribe('a', PRICES, { symbols: [live.unheldSymbol()] });
    await vi.waitFor(() => expect(live.heldRequests()).toBe(1));
    socket.send({ type: 'complete', id: 'a' });
    await socket.expectSilence();
    release();
    await expectNextAnswered(socket);
    expect(await poll()).toBe(false);
  });

  test('under an id that was prepared, and given anew, answers the new one alone', async () => {
    const socket = await live.connected();
    const release = live.holdUpstream();
    socket.subscribe('a', slowQuery());
    await vi.waitFor(() => expect(live.heldRequests()).toBe(1));
    socket.send({ type: 'complete', id: 'a' });
    socket.subscribe('a', '{ new: __typename }');
    expect(await socket.next()).toEqual({ id: 'a', type: 'next', payload: { data: { new: 'Query' } } });
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
    release();
    await expectNextAnswered(socket);
  });

  test('of an id that nobody has, or that has ended, is ignored', async () => {
    const socket = await live.watcher();
    socket.send({ type: 'complete', id: 'nobody' });
    socket.subscribe('a', '{ __typename }');
    await socket.next();
    expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
    socket.send({ type: 'complete', id: 'a' });
    await live.expectTold(socket);
  });

  test('before the introduction is ignored', async () => {
    const socket = live.closing(await openSocket());
    socket.send({ type: 'complete', id: 'a' });
    socket.send({ type: 'connection_init' });
    expect(await socket.next()).toEqual({ type: 'connection_ack' });
  });
});
