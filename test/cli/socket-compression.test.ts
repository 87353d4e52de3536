/** The handshake of a socket over a real connection to workerd, which answers it with the extensions that it takes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { bundleLiveWorkers, type GatewayServer, startGateway } from '../../bench/live/live-servers.ts';

let server: GatewayServer;

before(async () => {
  const { gateway } = await bundleLiveWorkers(new AbortController().signal);
  server = await startGateway(gateway, { hubs: [], polls: 'by hand' });
});

after(() => server?.stop());

test('a socket is not compressed, though its client offers it', async () => {
  const socket = new WebSocket(server.urls[0] ?? '', 'graphql-transport-ws', { perMessageDeflate: true });
  await once(socket, 'open');
  assert.equal(socket.extensions, '');
  socket.terminate();
});
