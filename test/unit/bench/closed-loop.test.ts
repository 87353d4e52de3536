import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runClosedLoop } from '../../../bench/closed-loop.ts';

test('a connection that is done may be closed by the server while others still wait', async () => {
  const firstClosed = Promise.withResolvers<void>();
  let asked = 0;
  const server = createServer(async ({ socket }, response) => {
    asked += 1;
    if (asked === 1) {
      socket.on('close', firstClosed.resolve);
      response.setHeader('content-length', 0).end(() => socket.end());
      return;
    }
    await firstClosed.promise;
    response.setHeader('content-length', 0).end();
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const { requests } = await runClosedLoop({
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    connections: 2,
    durationMs: 0,
    next: () => Buffer.from('GET / HTTP/1.1\r\nHost: server\r\n\r\n'),
    onAnswer: () => undefined,
    keepBodies: false,
  });
  expect(requests).toBe(2);
});
