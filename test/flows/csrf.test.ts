import { describe, expect, test } from 'vitest';
import { LISTED_ORIGIN } from '../support/isolate-in-memory.ts';
import { MODES, registered, startWire, wireRequest } from '../support/wire-bench.ts';

const PRIVATE = registered('query Mine { __typename }', 'mine', {
  cachePolicy: {
    maxAgeSeconds: null,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 0,
    scope: 'private',
    tags: [],
  },
});
/** A browser asks by a preflight before it sends one of them to another origin. */
const ASKED_FOR: Record<string, string>[] = [
  { 'x-graphql-csrf': '' },
  { 'graphql-client-name': 'web' },
  { 'apollographql-client-name': 'web' },
  { 'apollo-require-preflight': 'true' },
  { 'x-apollo-operation-name': 'Mine' },
  { 'x-requested-with': 'XMLHttpRequest' },
  { 'Content-Type': 'application/json' },
  { 'Content-Type': 'Application/JSON; charset=utf-8' },
];
/** No page of another site can make a browser send one of them. */
const OWN: Record<string, string>[] = [
  { 'Sec-Fetch-Site': 'same-origin' },
  // The address bar.
  { 'Sec-Fetch-Site': 'none' },
  { Origin: LISTED_ORIGIN, 'Sec-Fetch-Site': 'cross-site' },
];
/** A page of another site can make a browser send them without a preflight. */
const SIMPLE: Record<string, string>[] = [
  {},
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { 'Sec-Fetch-Site': '' },
  { Origin: 'null' },
  { Origin: `${LISTED_ORIGIN}.elsewhere.example` },
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'text/plain; application/json',
    'text/plain;charset=application/json',
    'text/plain, application/json',
    'application/json, text/plain',
    'application/json; charset=utf-8, text/plain',
    'application/jsonp',
    'json',
  ].map((type) => ({ 'Content-Type': type })),
  {
    Accept: 'application/json',
    'Accept-Language': 'en',
    'Content-Language': 'en',
    'Content-Type': 'text/plain',
    Origin: 'https://elsewhere.example',
  },
];
/** A browser sends them with the request of any page. */
const CREDENTIALS: Record<string, string>[] = [
  { Cookie: 'session=1' },
  { Authorization: 'Basic YTpi' },
  { Cookie: 'session=1', Authorization: 'Bearer x' },
];

const get = (properties: Record<string, unknown>) => wireRequest('GET', properties)[0];

describe.each(MODES)('in the mode %s', (mode) => {
  test('a GET of a private query with credentials runs only if a browser asks first, or if it is no other site’s', async () => {
    const wire = await startWire(mode, [PRIVATE]);
    for (const credentials of CREDENTIALS) {
      for (const headers of SIMPLE) {
        const sent = { headers: { ...headers, ...credentials } };
        const { status, body, headers: answered } = await wire.send(get({ id: 'mine' }), sent);
        const [error, ...more] = body.errors ?? [];
        expect([sent, status, error?.extensions.code, more]).toEqual([sent, 403, 'FORBIDDEN', []]);
        expect(answered.get('cache-control')).toContain('no-store');
        expect(body).not.toHaveProperty('data');
      }
      expect(wire.runs()).toBe(0);
    }
    for (const credentials of CREDENTIALS) {
      for (const headers of [...ASKED_FOR, ...OWN]) {
        const sent = { headers: { ...headers, ...credentials } };
        expect([sent, (await wire.send(get({ id: 'mine' }), sent)).status]).toEqual([sent, 200]);
      }
    }
  });

  test('a GET of a query without credentials runs, whoever sends it', async () => {
    const wire = await startWire(mode, [PRIVATE]);
    for (const headers of [...SIMPLE, ...ASKED_FOR, ...OWN]) {
      const { status, body } = await wire.send(get({ id: 'mine' }), { headers });
      expect([headers, status, body.data]).toEqual([headers, 200, { __typename: 'Query' }]);
    }
  });

  test('a GET of a public operation runs with credentials too, so that a link or an EventSource can name it', async () => {
    const wire = await startWire(mode);
    for (const path of [get({ id: 'relay-known' }), '/graphql/relay-known']) {
      for (const headers of SIMPLE)
        expect(await wire.send(path, { headers: { ...headers, Cookie: 'a=b' } })).toMatchObject({
          body: { data: {} },
        });
    }
  });

  test('a GET of a mutation never runs', async () => {
    const mutation = registered('mutation Change { __typename }', 'change', { kind: 'mutation' });
    const wire = await startWire(mode, [mutation]);
    for (const method of ['GET', 'HEAD']) {
      for (const headers of [...SIMPLE, ...ASKED_FOR, ...OWN]) {
        const response = await wire.fetch(
          new Request(`https://gateway.test${get({ id: 'change' })}`, { method, headers }),
        );
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
      }
    }
    expect(wire.runs()).toBe(0);
  });

  test('a POST of JSON needs no header: the browser asks', async () => {
    const wire = await startWire(mode, [PRIVATE]);
    const [path, init] = wireRequest('POST', { id: 'mine' }, { headers: { Cookie: 'session=1' } });
    expect((await wire.send(path, init)).status).toBe(200);
  });
});

test.each(['open', 'audit'] as const)('in %s the same holds for a GET of a document', async (mode) => {
  const wire = await startWire(mode);
  const path = get({ query: '{ __typename }' });
  const hash = '7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b';
  const byHash = get({
    query: '{ __typename }',
    extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
  });
  for (const sent of [path, byHash]) {
    const Cookie = 'session=1';
    expect((await wire.send(sent, { headers: { Cookie } })).status).toBe(403);
    expect((await wire.send(sent, { headers: { Cookie, 'x-graphql-csrf': '' } })).status).toBe(200);
    expect((await wire.send(sent)).status).toBe(200);
  }
});

test('every answer tells the browser to make no more of it than it is', async () => {
  const wire = await startWire('open');
  for (const sent of [
    wireRequest('POST', { query: '{ __typename }' }),
    wireRequest('POST', {}),
    ['/nothing'] as const,
  ]) {
    const { headers } = await wire.send(...(sent as [string, RequestInit?]));
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
    });
  }
});
