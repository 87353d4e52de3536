import { beforeAll, describe, expect, test } from 'vitest';
import { type Question, requestOf } from '../support/cache-bench.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';

const LISTED = 'https://app.example';
const OTHER_LISTED = 'https://other.example';
const UNLISTED = 'https://elsewhere.example';
const EXPOSED =
  'ETag, Age, Retry-After, Deprecation, Sunset, X-Cache, x-request-id, x-trace-id, Accept-Ranges, Content-Range';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing({ crons: FIRST_SYNC, vars: { CORS_ORIGINS: `${OTHER_LISTED}, ${LISTED}` } });
});

const LISTED_ALONE = { origin: LISTED, credentials: 'true', exposed: EXPOSED };

const corsHeaders = async (init: RequestInit, path = '/graphql?query={__typename}') =>
  corsOf(await serving.gateway.fetch(path, init));

function corsOf({ headers }: Response) {
  return {
    origin: headers.get('access-control-allow-origin'),
    credentials: headers.get('access-control-allow-credentials'),
    exposed: headers.get('access-control-expose-headers'),
    vary: headers.get('vary'),
    methods: headers.get('access-control-allow-methods'),
    allowed: headers.get('access-control-allow-headers'),
  };
}

describe('an answer', () => {
  const paths = ['/graphql?query={__typename}', '/graphql?query={', '/graphql', '/health', '/nothing'];
  test.each(paths)('at %s without credentials is open to everybody', async (path) => {
    for (const headers of [{}, { Origin: UNLISTED }, { Origin: 'null' }]) {
      const cors = await corsHeaders({ headers }, path);
      expect(cors).toMatchObject({ origin: '*', credentials: null, exposed: EXPOSED });
      expect(cors.vary).toContain('Origin');
    }
    // A page may ask with `credentials: 'include'` without having any.
    expect(await corsHeaders({ headers: { Origin: LISTED } }, path)).toMatchObject(LISTED_ALONE);
  });

  const PUBLIC: Question = { name: 'Trending' };
  test('that shared caches keep is the same for every origin', async () => {
    for (const xCache of ['MISS', 'HIT', 'HIT', 'HIT']) {
      const origin = { MISS: UNLISTED, HIT: LISTED }[xCache] ?? '';
      const [path, init] = requestOf({ ...PUBLIC, headers: { Origin: origin } });
      const response = await serving.gateway.fetch(path, init);
      expect([response.headers.get('x-cache'), corsOf(response)]).toMatchObject([
        xCache,
        { origin: '*', credentials: null, exposed: EXPOSED, vary: 'Accept' },
      ]);
    }
  });

  test('to a POST allows an origin on the list to send credentials, in whatever order origins ask', async () => {
    for (const origin of [UNLISTED, LISTED, OTHER_LISTED, LISTED, LISTED, UNLISTED, null, OTHER_LISTED]) {
      const headers: Record<string, string> = origin === null ? {} : { Origin: origin };
      const response = await serving.gateway.fetch(...requestOf({ ...PUBLIC, method: 'POST', headers }));
      const isListed = origin === LISTED || origin === OTHER_LISTED;
      expect([origin, corsOf(response)]).toMatchObject([
        origin,
        { origin: isListed ? origin : '*', credentials: isListed ? 'true' : null, exposed: EXPOSED },
      ]);
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });

  const credentials: Record<string, string>[] = [{ Authorization: 'Bearer x' }, { Cookie: 'a=b' }];
  test.each(credentials)('to %j is for the allowlist', async (credential) => {
    const listed = await corsHeaders({ headers: { ...credential, Origin: LISTED } });
    expect(listed).toMatchObject({ origin: LISTED, credentials: 'true', exposed: EXPOSED });
    expect(listed.vary).toContain('Origin');
    for (const Origin of [
      UNLISTED,
      'null',
      `${LISTED}/`,
      `${LISTED}:8443`,
      `${LISTED}.evil.example`,
      'http://app.example',
    ]) {
      const cors = await corsHeaders({ headers: { ...credential, Origin } });
      expect(cors).toMatchObject({ origin: null, credentials: null });
      expect(cors.vary).toContain('Origin');
    }
    expect(await corsHeaders({ headers: credential })).toMatchObject({ origin: null });
  });
});

const ALLOWED = [
  'content-type',
  'authorization',
  'if-none-match',
  'if-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'last-event-id',
  'idempotency-key',
  'x-graphql-csrf',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-apollo-operation-id',
  'x-requested-with',
  'graphql-client-name',
  'graphql-client-version',
  'apollographql-client-name',
  'apollographql-client-version',
  'traceparent',
  'tracestate',
  'baggage',
  'sentry-trace',
];

describe('a preflight', () => {
  const preflight = async (origin: string, announced: string) => {
    const headers = {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      ...(announced === '' ? {} : { 'Access-Control-Request-Headers': announced }),
    };
    const response = await serving.gateway.fetch('/graphql', { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('cache-control')).toContain('no-store');
    return corsHeaders({ method: 'OPTIONS', headers }, '/graphql');
  };

  test('of an origin on the list may announce credentials', async () => {
    const cors = await preflight(LISTED, 'authorization,content-type');
    expect(cors).toMatchObject({
      origin: LISTED,
      credentials: 'true',
      methods: 'GET, HEAD, POST, PUT, OPTIONS',
    });
    expect(cors.vary).toContain('Origin');
    expect(cors.allowed?.toLowerCase().split(', ').sort()).toEqual(ALLOWED.toSorted());
  });

  test('of another origin may not', async () => {
    for (const origin of [UNLISTED, 'null']) {
      for (const announced of ['authorization', 'content-type, Authorization', 'AUTHORIZATION']) {
        const cors = await preflight(origin, announced);
        expect(cors).toMatchObject({ origin: null, credentials: null, methods: null, allowed: null });
      }
    }
  });

  test('of another origin without credentials is open, as its answer will be', async () => {
    for (const origin of [UNLISTED, 'null']) {
      for (const announced of [
        '',
        'content-type',
        'content-type,graphql-client-name',
        'baggage,sentry-trace',
      ]) {
        const cors = await preflight(origin, announced);
        expect(cors).toMatchObject({ origin: '*', credentials: null });
        for (const name of announced.split(',')) expect(cors.allowed?.toLowerCase()).toContain(name);
      }
    }
  });
});
