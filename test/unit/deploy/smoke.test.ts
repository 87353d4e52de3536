import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SmokeSources, smokeTest } from '../../../scripts/smoke/smoke.ts';
import { healthOf, type StandInGateway, startStandInGateway } from '../../support/stand-in-gateway.ts';

const OLD = '00000000-0000-4000-8000-00000000000a';
const NEW = '00000000-0000-4000-8000-00000000000b';
const version = { workerName: 'gateway-production', versionId: NEW };

let gateway: StandInGateway;
let waits: number;
beforeAll(async () => {
  gateway = await startStandInGateway(OLD);
});
afterAll(() => gateway.close());
beforeEach(() => {
  Object.assign(gateway, { asked: [], answer: () => undefined, handshake: null, mode: 'id_only' });
  gateway.traffic = { main: OLD, versions: [OLD, NEW] };
  waits = 0;
});

const smoke = (changes: Partial<SmokeSources> = {}) =>
  smokeTest({
    origin: gateway.url,
    version,
    fetch,
    nowMs: Date.now,
    sleep: async () => {
      waits += 1;
    },
    ...changes,
  });

test('asks each endpoint of the one version, and past every cache', async () => {
  expect(await smoke()).toEqual([]);
  expect(new Set(gateway.asked.map(({ version }) => version))).toEqual(new Set([NEW]));
  expect(new Set(gateway.asked.map(({ method, path }) => `${method} ${path.split(/[?:]/)[0]}`))).toEqual(
    new Set([
      'GET /health',
      'GET /api/projects',
      'GET /api/prices',
      'GET /graphql/sha256',
      'POST /graphql',
      'GET /graphql',
    ]),
  );
  const keys = gateway.asked.map(({ headers }) => headers['cloudflare-workers-version-key']);
  await smoke();
  expect(new Set(keys).size).toBe(1);
  expect(gateway.asked.at(-1)?.headers['cloudflare-workers-version-key']).not.toBe(keys[0]);
});

test('waits until the override is known', async () => {
  gateway.traffic.versions = [OLD];
  const findings = smoke({
    sleep: async () => {
      waits += 1;
      if (waits === 3) gateway.traffic.versions = [OLD, NEW];
    },
  });
  expect(await findings).toEqual([]);
  expect(waits).toBe(3);
});

test('asks nothing else of a version that never answers', async () => {
  gateway.traffic.versions = [OLD];
  expect(await smoke()).toEqual([
    {
      check: 'GET /health',
      problem: `the version ${OLD} answered, and not ${NEW}: the override is not applied`,
    },
  ]);
  expect(new Set(gateway.asked.map(({ path }) => path))).toEqual(new Set(['/health']));
  expect(waits).toBe(14);
});

test('finds that another version has taken over meanwhile', async () => {
  gateway.answer = ({ method }) => {
    if (method === 'POST') gateway.traffic.versions = [OLD];
    return undefined;
  };
  expect(await smoke()).toContainEqual({
    check: 'GET /health',
    problem: expect.stringContaining('the override is not applied'),
  });
});

test('without a version, whichever answers is tested', async () => {
  expect(await smoke({ version: null })).toEqual([]);
  expect(new Set(gateway.asked.map(({ version }) => version))).toEqual(new Set([OLD]));
});

test.each([
  ['/api/projects', 'GET /api/projects'],
  ['/api/prices', 'GET /api/prices'],
  ['/graphql/', 'MarketList by its id'],
])('names %s where it fails', async (prefix, check) => {
  gateway.answer = ({ path }) => (path.startsWith(prefix) ? { status: 500, body: 'broken' } : undefined);
  expect(await smoke()).toEqual([{ check, problem: 'answered 500: broken' }]);
});

test('names a query by POST that fails', async () => {
  gateway.answer = ({ method, body }) =>
    method === 'POST' && body.includes('documentId')
      ? { status: 200, body: { data: {}, errors: [{ message: 'broken' }] } }
      : undefined;
  expect(await smoke()).toEqual([
    { check: 'MarketList by POST', problem: 'answered 200 with something else: it has errors' },
  ]);
});

test('names a document that runs though the mode refuses it', async () => {
  gateway.answer = ({ body }) =>
    body.includes('"query"') ? { status: 200, body: { data: { __typename: 'Query' } } } : undefined;
  const [finding, ...others] = await smoke();
  expect(finding).toMatchObject({ check: 'a document that is not registered' });
  expect(others).toEqual([]);
  gateway.mode = 'open';
  expect(await smoke()).toEqual([]);
});

test('a handshake that is refused is named with its status', async () => {
  gateway.handshake = 503;
  expect(await smoke()).toEqual([
    { check: 'MarketList over a WebSocket', problem: 'the handshake was answered 503' },
  ]);
});

test('a WebSocket is opened at each further address', async () => {
  expect(await smoke({ socketOrigins: [gateway.url] })).toEqual([]);
  expect(gateway.asked.filter(({ headers }) => headers.upgrade === 'websocket')).toHaveLength(2);
  const nowhere = 'http://127.0.0.1:1';
  expect(await smoke({ socketOrigins: [nowhere] })).toMatchObject([
    { check: `MarketList over a WebSocket at ${nowhere}` },
  ]);
});

test('late jobs are no finding, and a store that cannot be asked is', async () => {
  const health = healthOf(NEW, 'id_only');
  const late = { late: true, outcome: 'failed', lastSuccessAt: null, firstError: null };
  const answer = (body: unknown) => (asked: { path: string }) =>
    asked.path === '/health' ? { status: 503, body } : undefined;
  gateway.answer = answer({ ...health, jobs: { prices: late } });
  expect(await smoke()).toEqual([]);
  gateway.answer = answer({ ...health, checks: { d1: 'failed', kv: 'ok' } });
  expect(await smoke()).toEqual([{ check: 'GET /health', problem: 'd1 cannot be asked' }]);
});

test('names a security header that is not as it should be, once', async () => {
  gateway.answer = ({ path, version }) =>
    path === '/health'
      ? { status: 200, body: healthOf(version, 'id_only'), headers: { 'x-frame-options': 'SAMEORIGIN' } }
      : undefined;
  expect(await smoke()).toEqual([
    { check: 'GET /health', problem: 'the header x-frame-options is SAMEORIGIN' },
  ]);
});

test('an answer of a cache in front is a finding', async () => {
  gateway.answer = ({ path }) =>
    path.startsWith('/api/projects')
      ? { status: 200, body: { data: [] }, headers: { 'cf-cache-status': 'HIT' } }
      : undefined;
  expect(await smoke()).toEqual([
    { check: 'GET /api/projects', problem: 'a cache answered, and not the Worker: HIT' },
  ]);
});

test('a gateway that is not there is one finding', async () => {
  const [finding, ...others] = await smoke({ origin: 'http://127.0.0.1:1' });
  expect(finding).toMatchObject({ check: 'GET /health', problem: expect.stringContaining('no answer') });
  expect(others).toEqual([]);
  expect(waits).toBe(0);
});
