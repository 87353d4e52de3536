/** An answer of `/api` by HTTP: its caches, its conditions, and who may read it. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { startMeasured } from '../../support/measured-gateway.ts';
import { type RestBench, refused, startRest } from '../../support/rest-bench.ts';

const LISTED = 'https://app.example';
const PATH = '/api/projects/bitcoin';
const PROFILE = '/api/protected/users/profile';

let bench: RestBench;
const start = async () => {
  bench = await startRest({ vars: { CORS_ORIGINS: LISTED } });
};

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  bench.gateway.fetch(path, { method, headers });
const xCache = ({ headers }: Response) => headers.get('x-cache');

describe('what is there no longer', () => {
  beforeEach(start);

  const outcomes = async (path: string, times: number) => {
    const seen: [number, string | null][] = [];
    for (let time = 0; time < times; time += 1) {
      const response = await get(path);
      seen.push([response.status, response.headers.get('x-cache')]);
    }
    return seen;
  };
  const rename = async (slug: string) => {
    await bench.market.patchProject('prj_bitcoin', { slug, updated_at: Math.floor(Date.now() / 1000) });
    await bench.gateway.advance(300);
    await bench.gateway.scheduled(CRONS.projects);
    await bench.gateway.advance(15);
  };

  test('is gone once a refresh has found that, from memory and from KV, and comes back', async () => {
    expect(await outcomes(PATH, 2)).toEqual([
      [200, 'MISS'],
      [200, 'HIT'],
    ]);
    await rename('other');
    expect(await outcomes(PATH, 3)).toEqual([
      [200, 'STALE'],
      [404, 'BYPASS'],
      [404, 'BYPASS'],
    ]);
    await refused(await get(PATH), 404, PATH);
    // Another isolate finds nothing in KV.
    bench.gateway.coldIsolate();
    expect(await outcomes(PATH, 1)).toEqual([[404, 'BYPASS']]);
    expect(await outcomes('/api/projects/other', 1)).toEqual([[200, 'MISS']]);
    await rename('bitcoin');
    expect(await outcomes(PATH, 2)).toEqual([
      [200, 'MISS'],
      [200, 'HIT'],
    ]);
  });

  test('is gone at once for who asks if it is current, and for an isolate that has it from KV', async () => {
    const etag = (await get(PATH)).headers.get('etag') ?? '';
    await rename('other');
    bench.gateway.coldIsolate();
    await refused(await get(PATH, { 'If-None-Match': etag }), 404, PATH);
    expect(await outcomes(PATH, 1)).toEqual([[404, 'BYPASS']]);
    bench.gateway.coldIsolate();
    expect(await outcomes(PATH, 1)).toEqual([[404, 'BYPASS']]);
  });

  test('stays while the sources fail', async () => {
    await outcomes(PATH, 1);
    await rename('other');
    bench.db.fail('D1 is down');
    expect(await outcomes(PATH, 3)).toEqual([
      [200, 'STALE'],
      [200, 'STALE'],
      [200, 'STALE'],
    ]);
    bench.db.fail(null);
    await bench.gateway.advance(5);
    expect(await outcomes(PATH, 2)).toEqual([
      [200, 'STALE'],
      [404, 'BYPASS'],
    ]);
  });
});

describe('an answer', () => {
  beforeAll(start);

  test('HEAD has the headers of GET, and no body', async () => {
    await get(PATH);
    const paths: [string, Record<string, string>][] = [
      [PATH, {}],
      [PATH, { 'If-None-Match': '*' }],
      ['/api/projects?limit=2', {}],
      ['/api/projects?limit=0', {}],
      ['/api/nothing', {}],
      ['/api/auth/login', {}],
      [PROFILE, {}],
      [PROFILE, bench.signedIn],
      ['/api/openapi.json', {}],
    ];
    for (const [path, headers] of paths) {
      const sent = await get(path, headers);
      const head = await get(path, headers, 'HEAD');
      const comparable = (response: Response) =>
        Object.fromEntries(
          [...response.headers].filter(
            ([name]) =>
              !['x-request-id', 'x-trace-id', 'content-length', 'x-cache', 'cache-status', 'age'].includes(
                name,
              ),
          ),
        );
      expect([path, head.status, await head.text(), comparable(head)]).toEqual([
        path,
        sent.status,
        '',
        comparable(sent),
      ]);
      const length = (await sent.arrayBuffer()).byteLength;
      if (length > 0) expect([path, head.headers.get('content-length')]).toEqual([path, String(length)]);
    }
  });

  test('If-None-Match of the same answer is 304, in each way that it may be written, and of another one is not', async () => {
    const etag = (await get(PATH)).headers.get('etag') ?? '';
    const other = (await get('/api/projects')).headers.get('etag') ?? '';
    for (const held of [etag, `W/${etag}`, `"x", ${etag}`, '*', `${other}, ${etag}`]) {
      const response = await get(PATH, { 'If-None-Match': held });
      expect([held, response.status, await response.text(), response.headers.get('etag')]).toEqual([
        held,
        304,
        '',
        etag,
      ]);
      expect(response.headers.get('content-type')).toBeNull();
    }
    for (const held of [other, '', '"x"', etag.slice(1), `${etag}x`, '"*"'])
      expect((await get(PATH, { 'If-None-Match': held })).status).toBe(200);
    for (const held of [etag, '*']) {
      await refused(await get('/api/projects/nothing', { 'If-None-Match': held }), 404, held);
      await refused(await get('/api/projects?limit=0', { 'If-None-Match': held }), 400, held);
      expect((await get(PROFILE, { ...bench.signedIn, 'If-None-Match': held })).status).toBe(200);
    }
  });

  test('pages of other origins may read what is public, and their own answers if they are listed', async () => {
    const corsOf = ({ headers }: Response) =>
      ['allow-origin', 'allow-credentials'].map((name) => headers.get(`access-control-${name}`));
    for (const Origin of [LISTED, 'https://elsewhere.example']) {
      for (const time of [1, 2])
        expect([time, ...corsOf(await get(PATH, { Origin }))]).toEqual([time, '*', null]);
      const isListed = Origin === LISTED;
      const own = await get(PROFILE, { Origin, ...bench.signedIn });
      expect([own.status, ...corsOf(own), own.headers.get('vary')]).toEqual([
        200,
        ...(isListed ? [LISTED, 'true'] : [null, null]),
        'Origin',
      ]);
      const wrong = await get('/api/projects?limit=0', { Origin });
      expect([...corsOf(wrong), wrong.headers.get('vary')]).toEqual([
        ...(isListed ? [LISTED, 'true'] : ['*', null]),
        'Origin',
      ]);
      for (const announced of ['idempotency-key, content-type', 'authorization']) {
        const preflight = await get(
          '/api/protected/users/profile',
          { Origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': announced },
          'OPTIONS',
        );
        const isAllowed = isListed || announced !== 'authorization';
        expect([preflight.status, preflight.headers.has('access-control-allow-origin')]).toEqual([
          204,
          isAllowed,
        ]);
        if (isAllowed) {
          expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
          expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
        }
      }
    }
  });

  test('an answer with credentials is for its browser alone, though anybody may have it', async () => {
    const path = '/api/projects?limit=7';
    for (const outcome of ['MISS', 'HIT', 'HIT']) {
      const response = await get(path, { Authorization: 'Bearer of-nobody' });
      expect([
        response.status,
        xCache(response),
        response.headers.get('cache-control')?.split(',')[0],
      ]).toEqual([200, outcome, 'private']);
    }
    expect((await get(path)).headers.get('cache-control')).toMatch(/^public, max-age=/);
  });
});

test('another version of the Worker makes its own answer: KV may hold one of another shape', async () => {
  await start();
  const { gateway, market } = bench;
  const cacheOf = async (asked: Pick<TestGateway, 'fetch'>) => {
    const response = await asked.fetch(PATH);
    return [response.status, xCache(response)];
  };
  expect(await cacheOf(gateway)).toEqual([200, 'MISS']);
  gateway.coldIsolate();
  expect(await cacheOf(gateway)).toEqual([200, 'HIT']);
  const next = startGateway(market, { WORKER_VERSION: { id: 'next', tag: '', timestamp: '' } });
  expect(await cacheOf(next)).toEqual([200, 'MISS']);
  next.coldIsolate();
  expect(await cacheOf(next)).toEqual([200, 'HIT']);
});

test('a project is one entry by its id, its global id, and another writing of its last bits', async () => {
  await start();
  const globalId = encodeGlobalId('Project', 'prj_bitcoin');
  const lastBits = `${globalId.slice(0, -1)}h`;
  expect(localId('Project', lastBits)).toBe('prj_bitcoin');
  const seen: (string | null)[] = [];
  for (const id of ['prj_bitcoin', globalId, lastBits]) seen.push(xCache(await get(`/api/projects/${id}`)));
  expect(seen).toEqual(['MISS', 'HIT', 'HIT']);
});

test('requests are measured as misses, hits and refusals, each with its code', async () => {
  const { gateway, points, cells } = await startMeasured();
  for (const _ of ['miss', 'hit']) await gateway.fetch('/api/projects');
  await gateway.fetch('/api/projects?limit=x');
  await gateway.fetch('/api/nothing');
  await gateway.fetch('/api/protected/portfolio');
  const asked = { transport: 'rest', client: 'rest', kind: 'query', outcome: 'ok', status: 200 };
  const [miss, hit, ...others] = points();
  expect([miss, hit]).toMatchObject([
    { ...asked, cache: 'miss' },
    { ...asked, cache: 'hit', operationId: miss?.operationId, bytes: miss?.bytes, version: miss?.version },
  ]);
  expect(miss?.bytes).toBeGreaterThan(100);
  expect(others).toMatchObject([
    { transport: 'rest', operationId: miss?.operationId, outcome: 'refused', errorCode: 'BAD_USER_INPUT' },
    {
      transport: 'rest',
      operationId: 'unregistered',
      name: '/api/*',
      outcome: 'refused',
      errorCode: 'NOT_FOUND',
    },
    { transport: 'rest', name: '/api/*', outcome: 'refused', errorCode: 'UNAUTHENTICATED', status: 401 },
  ]);
  const ids = (await cells()).map(({ operationId, cache }) => [operationId, cache]);
  expect(ids).toContainEqual(['route:/api/*', 'bypass']);
  expect(ids).toContainEqual([miss?.operationId, 'hit']);
});
