import { evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { bundledOperationNamed } from '../../../src/operations/manifest.ts';
import { openSocket, post } from '../../support/client-socket.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { PRICES, poll, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

describe('refusals', () => {
  const refused: [string, Record<string, unknown>, string][] = [
    ['a field that nobody has', { query: 'subscription { nobody }' }, 'BAD_USER_INPUT'],
    ['an unknown id', { documentId: `sha256:${'0'.repeat(64)}` }, 'PERSISTED_QUERY_NOT_FOUND'],
    [
      'an id beside another document',
      { documentId: `sha256:${'0'.repeat(64)}`, query: '{ a }' },
      'PERSISTED_QUERY_HASH_MISMATCH',
    ],
    ['neither a document nor an id', { query: '' }, 'BAD_USER_INPUT'],
    ['no symbols', { query: PRICES, variables: { symbols: [] } }, 'BAD_USER_INPUT'],
    ['a variable that is missing', { query: PRICES }, 'BAD_USER_INPUT'],
    ['symbols that nobody knows', { query: PRICES, variables: { symbols: ['NOBODY'] } }, 'NOT_FOUND'],
    ['a pool that is none', { query: 'subscription { idoPoolUpdated(id: "a") { id } }' }, 'NOT_FOUND'],
    ['investments of nobody', { query: 'subscription { investmentUpdated { id } }' }, 'UNAUTHENTICATED'],
  ];
  test.each(refused)('%s', async (_, payload, code) => {
    const socket = await live.connected();
    socket.send({ type: 'subscribe', id: 'a', payload });
    const message = await socket.next();
    expect(message).toMatchObject({ id: 'a', type: 'error', payload: [{ extensions: { code } }] });
    expect(message.payload).toHaveLength(1);
    // The connection goes on, and the id is free.
    socket.subscribe('a', '{ __typename }');
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
  });

  test('whatever no release carries, where ids alone run', async () => {
    const search = bundledOperationNamed('Search');
    const variables = { query: 'bitcoin', first: 1 };
    const vars = env as { OPERATIONS_MODE: string };
    vars.OPERATIONS_MODE = 'id_only';
    try {
      coldIsolate();
      await evictAllDurableObjects();
      const socket = await live.connected();
      const send = (payload: Record<string, unknown>) => socket.send({ type: 'subscribe', id: 'a', payload });
      send({ documentId: search?.id, query: '', variables });
      expect(await socket.next()).toMatchObject({
        id: 'a',
        type: 'next',
        payload: { data: expect.any(Object) },
      });
      expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
      send({ query: PRICES, variables: { symbols: ['BTC'] } });
      expect((await socket.next()).payload[0].extensions.code).toBe('PERSISTED_QUERY_ID_REQUIRED');
      send({ documentId: 'unknown' });
      expect((await socket.next()).payload[0].extensions.code).toBe('PERSISTED_QUERY_NOT_IN_LIST');
      await env.DB.exec('ALTER TABLE operation RENAME TO operation_away');
      send({ documentId: 'another' });
      expect((await socket.next()).payload[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
      await env.DB.exec('ALTER TABLE operation_away RENAME TO operation');
      send({ documentId: 'another' });
      expect((await socket.next()).payload[0].extensions.code).toBe('PERSISTED_QUERY_NOT_IN_LIST');
    } finally {
      vars.OPERATIONS_MODE = 'open';
      coldIsolate();
      await evictAllDurableObjects();
    }
  });

  test('more than a socket can remember, and what it remembers goes on', async () => {
    await live.setPrice('BTC', 50_000);
    const socket = await live.connected();
    const long = (at: number) => `${PRICES} # ${at} ${'x'.repeat(5_000)}`;
    for (const at of [0, 1, 2]) {
      socket.subscribe(`${at}`, long(at), { symbols: ['BTC'] });
      expect(await socket.next()).toMatchObject({ id: `${at}`, type: 'next' });
    }
    socket.subscribe('more', long(3), { symbols: ['BTC'] });
    expect(await socket.next()).toMatchObject({
      id: 'more',
      type: 'error',
      payload: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
    });
    await evictAllDurableObjects();
    await live.setPrice('BTC', 51_000);
    await poll();
    const ids = [await socket.next(), await socket.next(), await socket.next()].map(({ id }) => id);
    expect(ids.sort()).toEqual(['0', '1', '2']);
  });

  test('a malformed frame closes its own socket alone', async () => {
    const [one, other] = [await live.connected(), await live.connected()];
    one.send('{');
    expect(await one.closed).toEqual({ code: 4400, reason: 'The message is not JSON.' });
    other.send({ type: 'ping', payload: {} });
    expect((await other.next()).type).toBe('pong');
  });

  test('another subprotocol closes with 4406', async () => {
    const socket = await openSocket('graphql-ws');
    expect(await socket.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
  });

  test('over HTTP a subscription is told where to go', async () => {
    const response = await post({ query: PRICES, variables: { symbols: ['BTC'] } });
    expect(response).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(response.errors).toHaveLength(1);
  });
});
