/**
 * A main API that stores every investment after the time that a busy one takes. On a thread of its own. `GET` tells how many it
 * has stored.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { parentPort } from 'node:worker_threads';

const ANSWERS_AFTER_MS = 50;

let stored = 0;
const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
  response.setHeader('content-type', 'application/json');
  if (request.method === 'GET') {
    response.end(String(stored));
    return;
  }
  const record = { ...((await json(request)) as object), updated_at: Math.floor(Date.now() / 1000) };
  setTimeout(() => {
    stored += 1;
    response.end(JSON.stringify(record));
  }, ANSWERS_AFTER_MS);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
parentPort?.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
