/** Each request, as the point of Analytics Engine and the row of D1 show it. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { register } from '../support/accounts.ts';
import { CRONS } from '../support/gateway.ts';
import { IOS, type MeasuredGateway, startMeasured } from '../support/measured-gateway.ts';

const idOf = (name: string) => manifest.operations.find((operation) => operation.name === name)?.id ?? '';
const TRENDING = idOf('Trending');
const VIEWER = idOf('Viewer');
const REGISTER = idOf('Register');
const JSON_BODY = { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' };

let serving: MeasuredGateway;
beforeEach(async () => {
  serving = await startMeasured();
});
const points = () => serving.points();
const cells = () => serving.cells();

const getPath = (id: string) => `/graphql?documentId=${encodeURIComponent(id)}`;

describe('a public query', () => {
  const common = {
    index: TRENDING,
    operationId: TRENDING,
    name: 'Trending',
    kind: 'query',
    client: 'ios',
    version: '5.2.0',
    outcome: 'ok',
    errorCode: '',
    workerVersion: env.WORKER_VERSION.id,
    status: 200,
    errors: 0,
  };

  test('by GET is a miss, and then a hit in memory, with the bytes of its body', async () => {
    const send = () => serving.gateway.fetch(getPath(TRENDING), { headers: IOS, cf: { country: 'DE' } });
    const answers = [await send(), await send(), await send()];
    const bytes = (await answers[0]?.arrayBuffer())?.byteLength;
    expect(answers.map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT', 'HIT']);
    const hit = { ...common, transport: 'get', cache: 'hit', bytes, country: 'DE' };
    expect(points()).toMatchObject([{ ...hit, cache: 'miss' }, hit, hit]);
    expect(await cells()).toMatchObject([
      {
        operationId: TRENDING,
        client: 'ios',
        version: '5.2.0',
        cache: 'miss',
        outcome: 'ok',
        count: 1,
        bytes,
      },
      { cache: 'hit', outcome: 'ok', count: 2, faults: 0, bytes: 2 * (bytes ?? 0), histogram: [0, 2] },
    ]);
  });

  test('by POST is the same', async () => {
    for (const cache of ['miss', 'hit', 'hit']) {
      await serving.gateway.post({ documentId: TRENDING }, IOS);
      expect(points()).toMatchObject([{ ...common, transport: 'post', cache }]);
    }
    expect(await cells()).toMatchObject([
      { cache: 'miss', count: 1 },
      { cache: 'hit', count: 2 },
    ]);
  });

  test('that is stale is counted as what the client got', async () => {
    await serving.gateway.fetch(getPath(TRENDING));
    await serving.gateway.advance(61);
    const stale = await serving.gateway.fetch(getPath(TRENDING));
    expect(stale.headers.get('x-cache')).toBe('STALE');
    expect(points()).toMatchObject([{ cache: 'miss' }, { cache: 'stale', outcome: 'ok', errors: 0 }]);
  });

  test('that is not modified has no body', async () => {
    const etag = (await serving.gateway.fetch(getPath(TRENDING))).headers.get('etag') ?? '';
    const hit = { cache: 'hit', outcome: 'ok' };
    for (const held of [etag, '"another"', etag]) {
      await serving.gateway.fetch(getPath(TRENDING), { headers: { 'If-None-Match': held } });
    }
    const [first, ...hits] = points();
    expect(hits).toMatchObject([
      { ...hit, status: 304, bytes: 0 },
      { ...hit, status: 200, bytes: first?.bytes },
      { ...hit, status: 304, bytes: 0 },
    ]);
  });

  test('with errors is partial, and a fault where they are the gateway’s', async () => {
    serving.db.fail('D1 is gone');
    const { errors } = await serving.gateway.post({ documentId: TRENDING }, IOS);
    expect(errors?.length).toBeGreaterThan(0);
    expect(points()).toMatchObject([
      {
        outcome: 'partial',
        errorCode: 'INTERNAL_SERVER_ERROR',
        errors: errors?.length,
        cache: 'bypass',
        status: 200,
      },
    ]);
    serving.db.fail(null);
    expect(await cells()).toMatchObject([
      { outcome: 'partial', count: 1, faults: 1, errors: errors?.length },
    ]);
  });
});

describe('a private operation through Yoga', () => {
  test('has the bytes of its answer, and takes no part in the cache', async () => {
    const { accessToken } = await register(serving.gateway, 'measured@example.com');
    const response = await serving.gateway.fetch('/graphql', {
      method: 'POST',
      headers: { ...JSON_BODY, ...IOS, Authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ documentId: VIEWER }),
    });
    const bytes = (await response.arrayBuffer()).byteLength;
    expect(bytes).toBeGreaterThan(20);
    expect(points()).toMatchObject([
      {
        operationId: REGISTER,
        kind: 'mutation',
        outcome: 'ok',
        cache: 'bypass',
        transport: 'post',
        client: '',
      },
      {
        operationId: VIEWER,
        name: 'Viewer',
        kind: 'query',
        outcome: 'ok',
        cache: 'bypass',
        client: 'ios',
        bytes,
      },
    ]);
    const [registered] = (await cells()).filter(({ operationId }) => operationId === REGISTER);
    expect(registered).toMatchObject({ count: 1, faults: 0 });
    expect(registered?.calls.d1RowsWritten).toBeGreaterThan(0);
  });

  test('is refused by its caller’s fault, with the code and status of the answer', async () => {
    const bad = { documentId: REGISTER, variables: {} };
    const answers = [
      await serving.gateway.post({ documentId: VIEWER }, { Authorization: 'Bearer none' }),
      await serving.gateway.post(bad),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 400]);
    expect(points()).toMatchObject([
      { operationId: VIEWER, outcome: 'refused', errorCode: 'UNAUTHENTICATED', status: 401, errors: 1 },
      { operationId: REGISTER, outcome: 'refused', errorCode: 'BAD_USER_INPUT', status: 400, errors: 1 },
    ]);
    expect((await cells()).map(({ faults }) => faults)).toEqual([0, 0]);
  });

  test('is an error where the gateway’s own sources failed', async () => {
    serving.db.fail('D1 is gone');
    const { status } = await serving.gateway.post({
      documentId: REGISTER,
      variables: { input: { email: 'a@example.com', password: 'a long enough password' } },
    });
    serving.db.fail(null);
    expect(status).toBe(500);
    expect(points()).toMatchObject([
      { operationId: REGISTER, outcome: 'error', errorCode: 'INTERNAL_SERVER_ERROR', status: 500 },
    ]);
    expect(await cells()).toMatchObject([{ outcome: 'error', count: 1, faults: 1, errors: 1 }]);
  });
});

test('a stream of events counts once, also with a query in it', async () => {
  const headers = { ...JSON_BODY, ...IOS, Accept: 'text/event-stream' };
  const send = (body: object) =>
    serving.gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });
  const bodies = [];
  for (const _ of ['miss', 'hit']) bodies.push(await (await send({ documentId: TRENDING })).arrayBuffer());
  await send({ documentId: idOf('PriceTicker'), variables: {} });
  const asked = { operationId: TRENDING, transport: 'sse', client: 'ios', outcome: 'ok', status: 200 };
  expect(points()).toMatchObject([
    { ...asked, cache: 'miss', bytes: bodies[0]?.byteLength },
    { ...asked, cache: 'hit', bytes: bodies[1]?.byteLength },
    {
      transport: 'sse',
      name: 'PriceTicker',
      kind: 'subscription',
      outcome: 'refused',
      cache: 'bypass',
      status: 400,
    },
  ]);
});

test('other routes count by their path pattern', async () => {
  await serving.gateway.fetch('/files/nothing.png');
  await serving.gateway.fetch('/nothing', { method: 'POST' });
  await serving.gateway.fetch('/graphql', { method: 'OPTIONS', headers: { Origin: 'https://a.example' } });
  await serving.gateway.fetch('/graphql', { method: 'DELETE' });
  const route = { operationId: 'unregistered', kind: '', cache: 'bypass' };
  expect(points()).toMatchObject([
    { ...route, name: '/files/*', transport: 'get', outcome: 'refused', errorCode: 'HTTP_404', status: 404 },
    { ...route, name: '*', transport: 'post', outcome: 'refused', errorCode: 'NOT_FOUND', status: 404 },
    { ...route, name: '/graphql', transport: 'post', outcome: 'ok', errorCode: '', status: 204 },
    { ...route, name: '/graphql', outcome: 'refused', errorCode: 'BAD_USER_INPUT', status: 405 },
  ]);
  const ids = (await cells()).map(({ operationId }) => operationId);
  expect(ids).toEqual(['route:/files/*', 'route:*', 'route:/graphql', 'route:/graphql']);
});

test('runs of jobs count in the row alone, with their calls', async () => {
  await serving.gateway.scheduled(CRONS.prices);
  await serving.market.fault({ route: '*', kind: '500' });
  await serving.gateway.scheduled(CRONS.projects);
  expect(points()).toEqual([]);
  const runs = (await cells()).filter(({ operationId }) => operationId.startsWith('job:'));
  const prices = runs.find(({ operationId }) => operationId === 'job:prices');
  expect(prices).toMatchObject({ outcome: 'ok', cache: 'bypass', client: '', count: 1, faults: 0, bytes: 0 });
  expect(prices?.calls.upstreamCalls).toBeGreaterThan(0);
  expect(runs).toContainEqual(
    expect.objectContaining({ operationId: 'job:projects', outcome: 'error', count: 1, faults: 1 }),
  );
});

test('names of clients that no release bears count as other, and are kept as text', async () => {
  const names = [
    ['ios', '5.2.0'],
    ['ios', '9.9.9'],
    ['<!channel>', '1'],
    ['<!channel>', '1'],
    ['x'.repeat(100), ''],
  ];
  for (const [name = '', version = ''] of names) {
    const headers = { 'graphql-client-name': name, 'graphql-client-version': version };
    await serving.gateway.post({ documentId: TRENDING }, headers);
  }
  expect(points().map(({ client, version }) => [client, version])).toEqual([
    ['ios', '5.2.0'],
    ['ios', 'other'],
    ['other', ''],
    ['other', ''],
    ['other', ''],
  ]);
  await cells();
  const [flush] = (await readFlushes(env.DB, 0, 100)).filter(({ others }) => others.length > 0);
  expect(flush?.others).toEqual([
    { client: '<!channel>', version: '1', count: 2 },
    { client: 'ios', version: '9.9.9', count: 1 },
    { client: 'x'.repeat(64), version: '', count: 1 },
  ]);
});

test('a row says when it was written, by which version, and of what isolate', async () => {
  await serving.gateway.fetch(getPath(TRENDING));
  await cells();
  const [flush] = await readFlushes(env.DB, 0, 1);
  expect(flush).toMatchObject({ workerVersion: env.WORKER_VERSION.id });
  expect(Math.abs((flush?.writtenAt ?? 0) - Date.now() / 1000)).toBeLessThan(1);
  expect(flush?.isolate?.memoryBytes).toBeGreaterThan(0);
  expect(flush?.isolate?.d1.length).toBeGreaterThan(0);
  expect(flush?.live).toEqual({ hubs: [], opened: 0, events: 0, resumes: 0, gaps: 0, closes: {} });
});
