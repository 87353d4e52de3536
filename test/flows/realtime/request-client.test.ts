/** A hub knows the sender of a socket's handshake, and still does when it has hibernated. */
import { createExecutionContext, evictAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import gatewayWorker from '../../../src/index.ts';
import type { Attachment } from '../../../src/realtime/socket-attachment.ts';
import { openSocket, openSocketOf } from '../../support/client-socket.ts';
import { EventStreamClient } from '../../support/event-stream-client.ts';
import { PRICES, useLiveMarket } from '../../support/live-market.ts';

const live = useLiveMarket();

const SENDER = {
  'CF-Connecting-IP': '2001:db8:0:1::a',
  'User-Agent': 'a browser',
  Origin: 'http://localhost:3000',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};
const KEPT = {
  network: '2001:db8:0:1::/64',
  ipAddress: '2001:db8:0:1::a',
  userAgent: 'a browser',
  origin: 'http://localhost:3000',
  traceparent: SENDER.traceparent,
};

/** The senders of all open sockets, as the sockets' attachments hold them. */
async function keptClients() {
  const hubs = Array.from({ length: SUBSCRIPTION_HUBS }, (_, at) =>
    env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`),
  );
  const kept = await Promise.all(
    hubs.map((hub) =>
      runInDurableObject(hub, (_, state) =>
        state
          .getWebSockets()
          .filter(({ readyState }) => readyState === WebSocket.OPEN)
          .map((socket) => (socket.deserializeAttachment() as Attachment).requestClient),
      ),
    ),
  );
  return kept.flat();
}

test('the sender of a handshake stays known through messages and hibernation', async () => {
  const socket = live.closing(await openSocket(undefined, SENDER));
  expect(await keptClients()).toEqual([KEPT]);
  await evictAllDurableObjects();
  socket.send({ type: 'connection_init' });
  expect(await socket.next()).toMatchObject({ type: 'connection_ack' });
  socket.subscribe('a', PRICES, { symbols: ['BTC'] });
  expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
  expect(await keptClients()).toEqual([KEPT]);
});

test('the sender of a request for an event stream is the one that its hub knows', async () => {
  const request = new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: { ...SENDER, 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ query: PRICES, variables: { symbols: ['BTC'] } }),
  }) as Parameters<typeof gatewayWorker.fetch>[0];
  const stream = new EventStreamClient(
    await gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext()),
  );
  await stream.next();
  expect(await keptClients()).toEqual([KEPT]);
  await stream.leave();
});

test('a socket of an earlier deployment, which kept no sender, goes on', async () => {
  const socket = live.closing(await openSocketOf('hub-0', SENDER));
  await runInDurableObject(env.SUBSCRIPTION_HUBS.getByName('hub-0'), (_, state) => {
    for (const held of state.getWebSockets()) {
      const { requestClient: _, ...earlier } = held.deserializeAttachment() as Attachment;
      held.serializeAttachment(earlier);
    }
  });
  await evictAllDurableObjects();
  socket.send({ type: 'connection_init' });
  expect(await socket.next()).toMatchObject({ type: 'connection_ack' });
  const unknown = { network: 'unknown', ipAddress: null, userAgent: null, origin: null, traceparent: null };
  expect(await keptClients()).toEqual([unknown]);
});
