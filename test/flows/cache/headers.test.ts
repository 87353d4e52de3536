import { beforeAll, describe, expect, test } from 'vitest';
import {
  ask,
  CANDLES,
  CATEGORIES,
  type Caching,
  PROJECT_NAMES,
  requestOf,
  send,
  startCaching,
} from '../../support/cache-bench.ts';
import { CRONS } from '../../support/gateway.ts';

let caching: Caching;
beforeAll(async () => {
  caching = await startCaching({ vars: { CORS_ORIGINS: 'https://app.example' } });
});

const lifetime = (maxAge: number, stale: number, error: number) =>
  `public, max-age=${maxAge}, stale-while-revalidate=${stale}, stale-if-error=${error}`;
const PRICES = lifetime(60, 60, 300);
const LISTS = lifetime(300, 300, 3_600);
const SALE = lifetime(15, 15, 60);
const DETAIL = lifetime(600, 3_600, 86_400);
const HOURLY = lifetime(3_600, 3_600, 86_400);

/** The contract's table, and who wins where fields of several lifetimes meet. */
const POLICIES: [string, string, string][] = [
  ['{ price(symbol: "BTC") { price } }', PRICES, 'prices'],
  ['{ prices(symbols: ["BTC"]) { price } }', PRICES, 'prices'],
  ['{ price(symbol: "BTC") { history { price } } }', PRICES, 'candles,prices'],
  ['{ price(symbol: "BTC") { indicators { rsi } } }', PRICES, 'candles,prices'],
  ['{ trendingProjects { id } }', PRICES, 'projects'],
  ['{ projects { nodes { id } } }', LISTS, 'projects'],
  ['{ projects { totalCount } }', LISTS, 'projects'],
  ['{ searchProjects(query: "bit") { id } }', LISTS, 'projects'],
  ['{ comparePrices(symbols: ["BTC", "ETH"]) { entries { price { price } } } }', LISTS, 'prices'],
  ['{ idoPools { nodes { id name } } }', LISTS, 'pools'],
  ['{ idoPools { nodes { status } } }', SALE, 'pools'],
  ['{ idoPools { nodes { soldTokens } } }', SALE, 'pools'],
  ['{ idoPools { nodes { totalRaised } } }', SALE, 'pools'],
  ['{ idoPools { nodes { progressPercent } } }', SALE, 'pools'],
  ['{ idoPools { nodes { participantCount } } }', SALE, 'pools'],
  ['{ project(by: { symbol: "BTC" }) { name } }', DETAIL, 'projects'],
  ['{ project(by: { symbol: "BTC" }) { detail { about } } }', DETAIL, 'projects'],
  ['{ candles(symbol: "BTC") { close } }', HOURLY, 'candles'],
  ['{ projectCategories { name } }', HOURLY, 'projects'],
  ['{ projects { nodes { price { price } } } }', PRICES, 'prices,projects'],
  ['{ projects { nodes { idoPools { id } } } }', LISTS, 'pools,projects'],
  ['{ projects { nodes { idoPools { soldTokens } } } }', SALE, 'pools,projects'],
  ['{ idoPools { nodes { project { name } } } }', LISTS, 'pools,projects'],
  ['{ projectCategories { name } candles(symbol: "BTC") { close } }', HOURLY, 'candles,projects'],
  [
    'query Q($with: Boolean = false) { projectCategories { name } ...F @include(if: $with) } fragment F on Query { price(symbol: "BTC") { price } }',
    PRICES,
    'prices,projects',
  ],
];

test.each(POLICIES)(
  'a GET of %s says how long it lives and what it depends on',
  async (query, policy, tags) => {
    const { status, headers, etag, cacheStatus, age, body } = await ask(caching.gateway, { query });
    expect(body.errors).toBeUndefined();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe(policy);
    expect(headers.get('cache-tag')).toBe(tags);
    expect(headers.get('vary')).toBe('Accept');
    expect(etag).toMatch(/^"[\x21\x23-\x7e]{16,}"$/);
    expect(cacheStatus).toEqual({ cache: 'gateway', fwd: 'uri-miss', stored: true });
    expect(age).toBeNull();
  },
);

test('a stored answer is the same bytes, and says how old it is and how long it stays fresh', async () => {
  const made = await ask(caching.gateway, CATEGORIES);
  await caching.gateway.advance(5);
  const stored = await ask(caching.gateway, CATEGORIES);
  expect(stored.text).toBe(made.text);
  expect(stored.etag).toBe(made.etag);
  expect(stored.xCache).toBe('HIT');
  expect(stored.age).toBe(5);
  expect(stored.cacheStatus).toEqual({ cache: 'gateway', hit: true, ttl: 3_595 });
});

test('other bytes have another tag, and the same bytes the same one wherever they were made', async () => {
  const question = { query: '{ candles(symbol: "ETH") { close time } }' };
  const here = await ask(caching.gateway, question);
  caching.gateway.coldIsolate();
  const elsewhere = await ask(caching.gateway, question);
  expect(elsewhere.xCache).toBe('MISS');
  expect(elsewhere.etag).toBe(here.etag);
  expect((await ask(caching.gateway, CATEGORIES)).etag).not.toBe(here.etag);
});

test('by POST it comes from the same cache, and nothing in front may keep it', async () => {
  const question = { query: '{ candles(symbol: "BTC") { open } }' };
  const made = await ask(caching.gateway, { ...question, method: 'POST' });
  const stored = await ask(caching.gateway, { ...question, method: 'POST' });
  const byGet = await ask(caching.gateway, question);
  expect([made.xCache, stored.xCache, byGet.xCache]).toEqual(['MISS', 'HIT', 'HIT']);
  for (const { headers } of [made, stored]) {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('etag')).toBeNull();
    expect(headers.get('cache-tag')).toBeNull();
  }
  expect(byGet.text).toBe(made.text);
});

describe('with credentials', () => {
  const credentials: Record<string, string>[] = [{ Authorization: 'Bearer x' }, { Cookie: 'a=b' }];
  test.each(credentials)('%j a public answer is for the browser that asked alone', async (credential) => {
    const anybodys = await ask(caching.gateway, CANDLES);
    const headers = { ...credential, Origin: 'https://app.example' };
    const own = await ask(caching.gateway, { ...CANDLES, headers });
    expect(own.headers.get('cache-control')).toBe(HOURLY.replace('public', 'private'));
    expect(own.headers.get('vary')?.split(/, */).sort()).toEqual(['Accept', 'Origin']);
    expect(own.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(own.text).toBe(anybodys.text);
    expect((await ask(caching.gateway, CANDLES)).headers.get('cache-control')).toBe(HOURLY);
  });
});

const NEVER_KEPT = [
  '{ viewer { id } }',
  '{ node(id: "x") { id } }',
  '{ nodes(ids: ["x"]) { id } }',
  '{ projectCategories { name } viewer { id } }',
  '{ idoPools { nodes { id viewerState { invested } } } }',
  'query A { projectCategories { name } ...F @skip(if: true) } fragment F on Query { viewer { id } }',
  '{ __typename }',
  '{ __schema { queryType { name } } }',
  '{ projectCategories { name } __type(name: "Query") { name } }',
  '{ price(symbol: "BTC") { price } comparePrices(symbols: []) { period } }',
  '{ projects(first: -1) { nodes { id } } }',
  '{ nothing }',
  '{',
  'mutation { __typename }',
  'subscription { __typename }',
];

test.each(NEVER_KEPT)('%s is kept nowhere', async (query) => {
  for (const method of ['GET', 'POST', 'GET', 'POST'] as const) {
    const { headers, xCache, cacheStatus, etag } = await ask(caching.gateway, { query, method });
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(xCache).toBe('BYPASS');
    expect(cacheStatus).toMatchObject({ cache: 'gateway', fwd: 'bypass' });
    expect([etag, headers.get('age'), headers.get('cache-tag')]).toEqual(['', null, null]);
  }
});

test('what is no query at all is kept nowhere', async () => {
  const [path] = requestOf(CANDLES);
  for (const [to, init] of [
    ['/graphql', {}],
    ['/graphql', { method: 'POST', body: 'x' }],
    [path, { method: 'DELETE' }],
    [path, { method: 'PUT', body: 'x' }],
    [path, { headers: { Accept: 'image/png' } }],
  ] as [string, RequestInit][]) {
    const { headers, xCache, status } = await send(caching.gateway, to, init);
    expect([status >= 400, xCache, headers.get('cache-control')]).toEqual([
      true,
      'BYPASS',
      'private, no-store',
    ]);
  }
});

test('caches in front are not told to keep as fresh what a change has outdated', async () => {
  await ask(caching.gateway, PROJECT_NAMES);
  const { projects } = await caching.market.records();
  for (const { id } of projects) await caching.market.patchProject(id, { name: 'Renamed' });
  await caching.gateway.advance(60);
  await caching.gateway.scheduled(CRONS.projects);
  const outdated = await ask(caching.gateway, PROJECT_NAMES);
  expect(outdated.xCache).toBe('STALE');
  const maxAge = Number(/max-age=(\d+)/.exec(outdated.headers.get('cache-control') ?? 'max-age=0')?.[1] ?? 0);
  expect(maxAge - (outdated.age ?? 0)).toBeLessThanOrEqual(0);
});
