/** `/api` as operators have it: modes, its release, counts, logs, limits. */
import { beforeEach, describe, expect, test } from 'vitest';
import { restRelease } from '../../../src/operations/manifest.ts';
import { USAGE_FLUSH_SECONDS } from '../../../src/operations/usage.ts';
import { ADMIN_KEY, adminOf } from '../../support/admin.ts';
import { startGateway } from '../../support/gateway.ts';
import { type RestBench, refused, startRest } from '../../support/rest-bench.ts';

const LISTED = 'https://app.example';
const SUNSET = '2030-01-01T00:00:00Z';
const { client: CLIENT, version: VERSION } = restRelease;
const PATH = '/api/projects/bitcoin';
const PROFILE = '/api/protected/users/profile';

let bench: RestBench;
let admin: ReturnType<typeof adminOf>;
beforeEach(async () => {
  bench = await startRest({ vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only', CORS_ORIGINS: LISTED } });
  admin = adminOf(bench.gateway);
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  bench.gateway.fetch(path, { method, headers });
const idOf = (name: string) => restRelease.operations.find((operation) => operation.name === name)?.id;
const xCache = ({ headers }: Response) => headers.get('x-cache');

test('every mode answers the same', async () => {
  const asked = [
    '/api/projects?limit=3',
    PATH,
    '/api/prices/BTC?currency=eur',
    '/api/ido/pools?status=active',
    '/api/projects/nothing',
    '/api/projects?limit=0',
    PROFILE,
  ];
  const answersIn = async (mode: string) => {
    const gateway = startGateway(bench.market, { OPERATIONS_MODE: mode });
    const answers: unknown[] = [];
    for (const path of asked) {
      const response = await gateway.fetch(path);
      const text = (await response.text()).replace(/"requestId":"[^"]*","traceId":"[^"]*"/, '');
      answers.push([path, response.status, text, response.headers.get('etag')]);
    }
    return answers;
  };
  const inOpen = await answersIn('open');
  for (const mode of ['audit', 'safelist', 'id_only']) expect(await answersIn(mode)).toEqual(inOpen);
});

describe('the release', () => {
  const release = async () => {
    const { releases } = (await admin.get<{ releases: { client: string; state: string }[] }>('/releases'))
      .body;
    return releases.filter(({ client }) => client === CLIENT);
  };
  /** Until every isolate knows. */
  const later = () => bench.gateway.advance(60);
  const allAnswers = async (): Promise<Response[]> => {
    const first = await get(PATH);
    const etag = first.headers.get('etag') ?? '';
    return [
      first,
      await get(PATH),
      await get(PATH, { 'If-None-Match': etag }),
      await get(PATH, {}, 'HEAD'),
      await get('/api/projects/nothing'),
      await get('/api/projects?limit=0'),
      await get(PROFILE, bench.signedIn),
    ];
  };

  test('is listed beside the others, and no client can publish, change or end it as its own', async () => {
    expect(await release()).toMatchObject([{ client: CLIENT, version: VERSION, state: 'published' }]);
    const operation = {
      id: idOf('RestProject') ?? '',
      document: restRelease.operations.find(({ name }) => name === 'RestProject')?.document ?? '',
    };
    for (const version of ['2', VERSION])
      expect(await admin.publish(CLIENT, version, [operation])).toMatchObject({ code: 'RESERVED_CLIENT' });
    expect(await admin.rollback(CLIENT, VERSION)).toMatchObject({ code: 'RESERVED_CLIENT' });
  });

  test('is deprecated with its sunset on every answer, retired with 410, and restored', async () => {
    for (const response of await allAnswers()) expect(response.headers.get('deprecation')).toBeNull();
    const deprecatedAt = Math.floor(Date.now() / 1000);
    expect((await admin.deprecate(CLIENT, [VERSION], SUNSET)).status).toBe(200);
    await later();
    const deprecated = await allAnswers();
    expect(deprecated.map(({ status }) => status)).toEqual([200, 200, 304, 200, 404, 400, 200]);
    expect(deprecated.map(xCache)).toEqual(['HIT', 'HIT', 'HIT', 'HIT', 'BYPASS', 'BYPASS', 'BYPASS']);
    for (const { headers } of deprecated) {
      expect([headers.get('deprecation'), headers.get('sunset')]).toEqual([
        `@${deprecatedAt}`,
        new Date(SUNSET).toUTCString(),
      ]);
    }

    expect((await admin.retire(CLIENT, [VERSION], true)).status).toBe(200);
    await later();
    for (const [path, headers] of [
      [PATH, {}],
      [PATH, { 'If-None-Match': '*' }],
      ['/api/projects/nothing', {}],
      [PROFILE, bench.signedIn],
    ] as const) {
      const error = await refused(await get(path, headers), 410, path);
      expect(error.code).toBe('PERSISTED_QUERY_RETIRED');
    }
    expect((await get(PATH, {}, 'HEAD')).status).toBe(410);
    await refused(await get(PROFILE), 401, 'without a token');
    // A build with the same documents, that starts now, leaves it retired.
    bench.gateway.coldIsolate();
    expect(await release()).toMatchObject([{ state: 'retired' }]);
    await refused(await get(PATH), 410, 'in a new isolate');

    expect((await admin.restore(CLIENT, [VERSION])).status).toBe(200);
    await later();
    const restored = await allAnswers();
    expect(restored.map(({ status }) => status)).toEqual([200, 200, 304, 200, 404, 400, 200]);
    for (const response of restored) expect(response.headers.get('deprecation')).toBeNull();
  });

  test('lives on while an app deprecates and retires the same documents', async () => {
    const same = restRelease.operations.map(({ id, document }) => ({ id, document }));
    expect((await admin.publish('web', '1', same)).status).toBe(200);
    await admin.deprecate('web', ['1'], SUNSET);
    await later();
    for (const response of await allAnswers()) expect(response.headers.get('deprecation')).toBeNull();
    expect((await admin.retire('web', ['1'], true)).status).toBe(200);
    await later();
    expect((await allAnswers()).map(({ status }) => status)).toEqual([200, 200, 304, 200, 404, 400, 200]);
  });

  test('ends only /api, and what apps have of its documents lives on', async () => {
    const operation = restRelease.operations.find(({ name }) => name === 'RestProject');
    if (operation === undefined) throw new Error('no operation');
    await admin.publish('web', '1', [operation]);
    await admin.retire(CLIENT, [VERSION], true);
    await later();
    const byId = await bench.gateway.post({
      documentId: operation.id,
      variables: { by: { slug: 'bitcoin' } },
    });
    expect(byId.status).toBe(200);
    await refused(await get('/api/projects'), 410, 'in no other release');
  });
});

describe('counts', () => {
  const flushed = async () => {
    await bench.gateway.advance(USAGE_FLUSH_SECONDS);
    await bench.gateway.fetch('/health');
  };
  const usage = async () =>
    (await admin.get<{ usage: Record<string, unknown>[] }>('/usage')).body.usage.map(
      ({ name, client, version, count }) => [name, client, version, count],
    );

  test('each use is counted once, for the release and its operation', async () => {
    const etag = (await get(PATH)).headers.get('etag') ?? '';
    expect((await get(PATH)).status).toBe(200);
    expect((await get(PATH, { 'If-None-Match': etag })).status).toBe(304);
    expect(xCache(await get(PATH, {}, 'HEAD'))).toBe('HIT');
    await get('/api/projects/prj_bitcoin');
    await get('/api/projects/nothing');
    await get(PROFILE, bench.signedIn);
    await get('/api/prices/BTC', { 'graphql-client-name': 'ios', 'graphql-client-version': '5' });
    await get('/api/prices/btc', { 'graphql-client-name': 'ios', 'graphql-client-version': '5' });
    // None of these runs an operation.
    for (const path of ['/api/projects?limit=0', '/api/nothing', PROFILE, '/api/openapi.json'])
      await get(path);
    await get(PATH, {}, 'DELETE');
    await flushed();
    expect((await usage()).sort()).toEqual([
      ['RestPrice', 'ios', '5', 2],
      ['RestProfile', CLIENT, VERSION, 1],
      ['RestProject', CLIENT, VERSION, 6],
    ]);
  });

  test('what a rule refuses is counted, and a mistake is not', async () => {
    const post = (type: string, body: string) =>
      bench.gateway.fetch('/api/auth/login', { method: 'POST', headers: { 'Content-Type': type }, body });
    await post('text/plain', '{}');
    await post('application/json', JSON.stringify({ padding: 'x'.repeat(103_000) }));
    await post('application/json', '{');
    await post('application/json', '{}');
    await get('/api/projects?limit=0');
    await flushed();
    const { refusals } = (await admin.get<{ refusals: Record<string, unknown>[] }>('/audit')).body;
    expect(
      refusals
        .map(({ reason, name, client, version, count }) => [reason, name, client, version, count])
        .sort(),
    ).toEqual([
      ['BAD_USER_INPUT:media-type', 'RestLogIn', CLIENT, VERSION, 1],
      ['PAYLOAD_TOO_LARGE:body-size', 'RestLogIn', CLIENT, VERSION, 1],
    ]);
    expect(await usage()).toEqual([]);
  });
});

test('the line of a request that failed names its operation, and nothing that was sent', async () => {
  const secret = 'a-secret-that-nobody-logs';
  bench.db.fail('D1 is gone');
  const search = await refused(
    await get(`/api/projects?search=${secret}`, { 'graphql-client-name': 'ios' }),
    500,
    'D1 is gone',
  );
  expect(search).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', message: 'Unexpected error.', details: [] });
  const own = await refused(await get(PROFILE, bench.signedIn), 500, 'D1 is gone');
  const body = JSON.stringify({ email: `${secret}@example.com`, password: `${secret} of mine` });
  const logIn = await bench.gateway.fetch('/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const { requestId } = await refused(logIn, 500, 'D1 is gone');
  expect(bench.loggedRequests()).toMatchObject([
    {
      event: 'request.failed',
      requestId: search.requestId,
      status: 500,
      operationName: 'RestProjectList',
      operationId: idOf('RestProjectList'),
      client: 'ios',
    },
    {
      event: 'request.failed',
      requestId: own.requestId,
      operationName: 'RestProfile',
      client: CLIENT,
      clientVersion: VERSION,
    },
    { event: 'request.failed', requestId, operationName: 'RestLogIn', client: CLIENT },
  ]);
  expect(bench.written()).not.toContain(secret);
  expect(bench.written()).not.toContain(bench.signedIn.Authorization.slice(-20));
});

test('a client beyond its limit is refused in the shape of /api, whatever it asks', async () => {
  const limiter = { limit: async () => ({ success: true }) };
  const gateway = startGateway(bench.market, {
    RATE_LIMITER: limiter,
    RATE_LIMIT_THRESHOLD: '3',
    CORS_ORIGINS: LISTED,
  });
  for (let time = 0; time < 3; time += 1) expect((await gateway.fetch(PATH)).status).toBe(200);
  for (const [path, method] of [
    [PATH, 'GET'],
    ['/api/projects', 'GET'],
    ['/api/nothing', 'GET'],
    [PROFILE, 'GET'],
    ['/api/auth/login', 'POST'],
    ['/api/openapi.json', 'GET'],
    [PATH, 'DELETE'],
  ] as const) {
    const response = await gateway.fetch(path, { method, headers: { Origin: LISTED } });
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(response.headers.get('access-control-allow-origin')).toBe(LISTED);
    const error = await refused(response, 429, `${method} ${path}`);
    expect(error.code).toBe('RATE_LIMITED');
  }
  const head = await gateway.fetch(PATH, { method: 'HEAD' });
  expect([head.status, head.headers.get('retry-after')]).toEqual([429, '60']);
});

test('a Worker that is not configured says so in the shape of /api', async () => {
  const gateway = startGateway(bench.market, { OPERATIONS_MODE: 'nonsense' });
  for (const path of [PATH, '/api', '/api/openapi.json', '/api/nothing', PROFILE]) {
    const error = await refused(await gateway.fetch(path), 503, path);
    expect(error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', details: [] });
  }
  expect(await (await gateway.fetch('/graphql')).json()).toMatchObject({ errors: [{}] });
});
