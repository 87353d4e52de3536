import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { CachePolicy } from '../../../src/cache/cache-policy.ts';
import { MODES, registered, startWire, wireRequest } from '../../support/wire-bench.ts';

const CLAIMED: CachePolicy = {
  maxAgeSeconds: 3_600,
  staleWhileRevalidateSeconds: 3_600,
  staleIfErrorSeconds: 86_400,
  scope: 'public',
  tags: ['projects'],
};
const PRIVATE_DOCUMENT = 'query Mine { viewer { id } }';
const claiming = (schemaHash: string, document = PRIVATE_DOCUMENT) =>
  registered(document, 'claims-public', { cachePolicy: CLAIMED, schemaHash });
const twice = async (wire: Awaited<ReturnType<typeof startWire>>, method: 'GET' | 'POST') => {
  const found: (string | null)[] = [];
  for (let time = 0; time < 2; time += 1) {
    const { headers } = await wire.send(...wireRequest(method, { id: 'claims-public' }));
    found.push(headers.get('x-cache'));
  }
  return found;
};
const answersInKv = async () => (await env.CACHE_KV.list({ prefix: 'answer:' })).keys;

test.each(MODES)(
  'in the mode %s what another schema’s record says of a private operation is not believed',
  async (mode) => {
    const wire = await startWire(mode, [claiming('of-an-older-build')]);
    expect(await twice(wire, 'POST')).toEqual(['BYPASS', 'BYPASS']);
    expect(await twice(wire, 'GET')).toEqual(['BYPASS', 'BYPASS']);
    expect(wire.keptBytes()).toBe(0);
    expect(wire.runs()).toBe(4);
    expect(await answersInKv()).toEqual([]);
  },
);

test('what was registered with this schema is believed', async () => {
  const wire = await startWire('id_only', [claiming('of-the-bench')]);
  expect(await twice(wire, 'POST')).toEqual(['MISS', 'HIT']);
  expect(wire.keptBytes()).toBeGreaterThan(0);
});

test('what another schema’s record says of a public operation is computed anew too', async () => {
  const none = { ...CLAIMED, maxAgeSeconds: null };
  const document = 'query Price { price(symbol: "BTC") { symbol } }';
  const record = registered(document, 'claims-public', { cachePolicy: none, schemaHash: 'older' });
  const wire = await startWire('id_only', [record]);
  const { headers } = await wire.send(...wireRequest('GET', { id: 'claims-public' }));
  // The bench has no prices, so that this fails: what matters is that it went to the cache's own execution.
  expect(headers.get('cache-status')).toBe('gateway; fwd=bypass; detail=errors');
});

test.each([
  [
    'a mutation',
    registered('mutation M { __typename }', 'claims-public', { kind: 'mutation', cachePolicy: CLAIMED }),
  ],
  [
    'a subscription',
    registered('subscription S { __typename }', 'claims-public', {
      kind: 'subscription',
      cachePolicy: CLAIMED,
    }),
  ],
])('%s is never served from the cache, whatever its record says', async (_, operation) => {
  const wire = await startWire('open', [operation]);
  for (const method of ['GET', 'POST'] as const) {
    const { headers } = await wire.send(...wireRequest(method, { id: 'claims-public' }));
    expect([headers.get('x-cache'), headers.get('cache-control')]).toEqual(['BYPASS', 'private, no-store']);
  }
  expect(wire.keptBytes()).toBe(0);
});

test('a GET of a private operation needs a header that no form can send, whatever an older record says of it', async () => {
  const wire = await startWire('id_only', [claiming('of-an-older-build')]);
  const [path] = wireRequest('GET', { id: 'claims-public' });
  const { status, body } = await wire.send(path, { headers: { Cookie: 'session=1' } });
  expect([status, body.errors?.[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
});
