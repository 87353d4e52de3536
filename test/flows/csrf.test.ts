import { describe, expect, test } from 'vitest';
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
const ASKING = ['x-graphql-csrf', 'graphql-client-name', 'apollographql-client-name'];
/** None of them has a browser ask before it sends them. */
const SIMPLE = {
  Accept: 'application/json',
  'Accept-Language': 'en',
  'Content-Language': 'en',
  'Content-Type': 'text/plain',
  Origin: 'https://elsewhere.example',
  Cookie: 'session=1',
};

const get = (properties: Record<string, unknown>) => wireRequest('GET', properties)[0];

describe.each(MODES)('in the mode %s', (mode) => {
  test('a GET of a private operation needs a header that no form can send', async () => {
    const wire = await startWire(mode, [PRIVATE]);
    for (const headers of [{}, SIMPLE]) {
      const { status, body, headers: sent } = await wire.send(get({ id: 'mine' }), { headers });
      expect([status, body.errors?.length, body.errors?.[0]?.extensions.code]).toEqual([403, 1, 'FORBIDDEN']);
      expect(sent.get('cache-control')).toContain('no-store');
      expect(body).not.toHaveProperty('data');
    }
    expect(wire.runs()).toBe(0);
    for (const name of ASKING) {
      const { status } = await wire.send(get({ id: 'mine' }), { headers: { [name]: 'x' } });
      expect(status).toBe(200);
    }
  });

  test('a GET of a public operation needs none, so that a link or an EventSource can name it', async () => {
    const wire = await startWire(mode);
    for (const path of [get({ id: 'relay-known' }), '/graphql/relay-known']) {
      expect(await wire.send(path, { headers: SIMPLE })).toMatchObject({ body: { data: {} } });
    }
  });

  test('a POST of JSON needs none: the browser asks', async () => {
    const wire = await startWire(mode, [PRIVATE]);
    expect((await wire.send(...wireRequest('POST', { id: 'mine' }))).status).toBe(200);
  });
});

test.each(['open', 'audit'] as const)('in %s a GET of a document needs the header too', async (mode) => {
  const wire = await startWire(mode);
  const path = get({ query: '{ __typename }' });
  const hash = '7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b';
  const byHash = get({
    query: '{ __typename }',
    extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
  });
  for (const sent of [path, byHash]) {
    expect((await wire.send(sent)).status).toBe(403);
    expect((await wire.send(sent, { headers: { 'x-graphql-csrf': '' } })).status).toBe(200);
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
