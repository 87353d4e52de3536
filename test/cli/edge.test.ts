/** The edge of the simulated platform, with Workers that say which version they are. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { unstable_readConfig } from 'wrangler';
import { WebSocket } from 'ws';
import { type Edge, startEdge } from '../support/platform-api/edge.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import { Worker } from '../support/platform-api/worker.ts';

const { name = '', d1_databases } = unstable_readConfig({ config: 'wrangler.toml', env: 'production' });
const MODULE = `
  import { DurableObject } from 'cloudflare:workers';
  export class Counter extends DurableObject {
    async count() {
      const count = ((await this.ctx.storage.get('count')) ?? 0) + 1;
      await this.ctx.storage.put('count', count);
      return { count, by: this.env.WORKER_VERSION.id };
    }
  }
  export default {
    async fetch(request, env) {
      const id = env.WORKER_VERSION.id;
      if (request.headers.get('upgrade') === 'websocket') {
        const { 0: client, 1: server } = new WebSocketPair();
        server.accept();
        server.send(id);
        return new Response(null, { status: 101, webSocket: client });
      }
      const { results } = await env.DB.prepare('SELECT text FROM note').all();
      const counted = await env.COUNTER.getByName('one').count();
      return Response.json({ id, nowMs: Date.now(), notes: results.map(({ text }) => text), counted, greeting: env.GREETING, body: await request.text() });
    },
    async scheduled({ cron }, env) {
      await env.DB.prepare('INSERT INTO note (text) VALUES (?1)').bind(cron).run();
    },
  };`;

interface Answer {
  id: string;
  nowMs: number;
  notes: string[];
  counted: { count: number; by: string };
  greeting: string;
  body: string;
}

let api: PlatformApi;
let edge: Edge;
let worker: Worker;
const versions: string[] = [];

before(async () => {
  api = await startPlatformApi();
  edge = await startEdge(api, { env: 'production', vars: { GREETING: 'hello' } });
});
after(async () => {
  await edge?.close();
  await api?.close();
});

const ask = async (headers: Record<string, string> = {}): Promise<Answer> => {
  const response = await fetch(new URL('/anything', edge.url), { method: 'POST', headers, body: 'sent' });
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
};
const askedFor = (id: string) => ask({ 'Cloudflare-Workers-Version-Overrides': `${name}="${id}"` });
const deploy = (...percentages: number[]) =>
  worker.deploy(
    percentages.map((percentage, at) => ({ version_id: versions[at] ?? '', percentage })),
    { source: 'wrangler' },
  );

test('nothing is there before the first deployment', async () => {
  assert.equal((await fetch(edge.url)).status, 404);
});

test('a version serves over the database of the API, and keeps it for the next one', async () => {
  const { database_id = '' } = d1_databases[0] ?? {};
  api.databases.get(database_id).run([{ sql: 'CREATE TABLE note (text TEXT)' }]);
  worker = new Worker(name);
  worker.classes.apply({ new_tag: 'one', steps: [{ new_sqlite_classes: ['Counter'] }] });
  api.workers.set(worker);
  const content = new TextEncoder().encode(MODULE);
  for (let number = 0; number < 2; number += 1) {
    const upload = {
      metadata: {
        main_module: 'index.js',
        compatibility_date: '2026-10-20',
        bindings: [
          { name: 'DB', type: 'd1', id: database_id },
          { name: 'WORKER_VERSION', type: 'version_metadata' },
          { name: 'COUNTER', type: 'durable_object_namespace', class_name: 'Counter' },
          { name: 'GREETING', type: 'plain_text', text: 'good day' },
        ],
      },
      modules: new Map([['index.js', { type: 'application/javascript+module', content }]]),
      exports: ['Counter', 'default'],
      etag: String(number),
    };
    versions.push(worker.addVersion(upload, 'wrangler').id);
  }
  deploy(100);
  const { id, notes, counted, greeting, body } = await ask();
  assert.deepEqual(
    { id, notes, greeting, body },
    { id: versions[0], notes: [], greeting: 'hello', body: 'sent' },
  );
  assert.deepEqual(counted, { count: 1, by: versions[0] });
  await edge.cron('* * * * *');
  assert.deepEqual(api.databases.get(database_id).run([{ sql: 'SELECT text FROM note' }])[0]?.rows, [
    ['* * * * *'],
  ]);
});

test('a version at 0 % is asked by the header alone', async () => {
  const [older = '', newer = ''] = versions;
  deploy(100, 0);
  for (let request = 0; request < 5; request += 1) assert.equal((await ask()).id, older);
  const answer = await askedFor(newer);
  assert.equal(answer.id, newer);
  assert.deepEqual(answer.notes, ['* * * * *']);
  assert.deepEqual(
    answer.counted,
    { count: 7, by: older },
    'one object, and the code of the version with most requests',
  );
  assert.equal((await askedFor(crypto.randomUUID())).id, older, 'a version that is not deployed');
  const halves = [newer, older].map((version_id) => ({ version_id, percentage: 50 }));
  worker.deploy(halves, { source: 'wrangler' });
  assert.equal((await askedFor(newer)).counted.by, older, 'of two halves the older one');
});

test('shares are exact, and nobody who asks meanwhile is refused', async () => {
  const [older = '', newer = ''] = versions;
  deploy(90, 10);
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask()));
  assert.equal(answers.filter(({ id }) => id === newer).length, 4);
  const during = Promise.all(Array.from({ length: 10 }, () => ask()));
  deploy(0, 100);
  await during;
  assert.equal((await ask()).counted.by, newer);
  assert.equal((await askedFor(older)).id, older);
});

test('sockets are opened, and clocks are put forward, also of versions that come later', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new WebSocket(edge.url.replace('http', 'ws'));
  socket.on('message', (text) => resolve(String(text)));
  assert.equal(await promise, versions[1]);
  socket.terminate();
  await edge.advance(3_600);
  for (const change of [() => undefined, () => deploy(100)]) {
    change();
    const aheadMs = (await ask()).nowMs - Date.now();
    assert.ok(aheadMs > 3_500_000, String(aheadMs));
  }
});

test('a call of the API waits until a request is answered', async () => {
  const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode('sent'));
      await rest;
      controller.close();
    },
  });
  const ended: string[] = [];
  // Node needs `duplex` for a stream; the types are those of Workers.
  const init = { method: 'POST', body, duplex: 'half' };
  const answered = fetch(edge.url, init as RequestInit).then(async (response) => {
    assert.equal(((await response.json()) as Answer).body, 'sent');
    ended.push('request');
  });
  // It has come before another one is answered.
  await ask();
  const callsBefore = api.calls.length;
  const databaseId = api.databases.list()[0]?.uuid;
  const called = fetch(`${api.url}/accounts/${api.accountId}/d1/database/${databaseId}`, {
    headers: { Authorization: `Bearer ${api.token}` },
  }).then(({ status }) => {
    assert.equal(status, 200);
    ended.push('call');
  });
  while (api.calls.length === callsBefore) await new Promise((resolve) => setTimeout(resolve, 5));
  sendRest();
  await Promise.all([answered, called]);
  assert.deepEqual(ended, ['request', 'call']);
});
