import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Answer } from '../../../bench/answer.ts';
import { runClosedLoop } from '../../../bench/closed-loop.ts';
import { HttpConnection } from '../../../bench/http-connection.ts';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: server\r\n\r\n');

async function urlOfServer(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('a connection that is done may be closed by the server while others still wait', async () => {
  const firstClosed = Promise.withResolvers<void>();
  let asked = 0;
  const url = await urlOfServer(async ({ socket }, response) => {
    asked += 1;
    if (asked === 1) {
      socket.on('close', firstClosed.resolve);
      response.setHeader('content-length', 0).end(() => socket.end());
      return;
    }
    await firstClosed.promise;
    response.setHeader('content-length', 0).end();
  });

  const { requests } = await runClosedLoop({
    url,
    connections: 2,
    durationMs: 0,
    next: () => REQUEST,
    onAnswer: () => undefined,
    keepBodies: false,
  });
  expect(requests).toBe(2);
});

test('a connection that was closed between two requests is opened anew, and one that closes under a request fails', async () => {
  let asked = 0;
  let closed = Promise.withResolvers<void>();
  const url = await urlOfServer(({ socket }, response) => {
    asked += 1;
    socket.on('close', closed.resolve);
    if (asked === 3) socket.end();
    else response.setHeader('content-length', 0).end(() => socket.end());
  });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const connection = await HttpConnection.open(url, { onFailure: failed.reject, keepBodies: false });
  onTestFinished(() => connection.close());
  const ask = () =>
    Promise.race([new Promise<Answer>((resolve) => connection.send(REQUEST, resolve)), failed.promise]);

  for (const request of [1, 2]) {
    expect((await ask()).status).toBe(200);
    expect(asked).toBe(request);
    await closed.promise;
    closed = Promise.withResolvers();
  }
  await expect(ask()).rejects.toThrow('the server closed a connection');
});
