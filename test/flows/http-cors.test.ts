import { beforeAll, describe, expect, test } from 'vitest';
import { type Serving, startServing } from '../support/serving-bench.ts';

const LISTED = 'https://app.example';
const UNLISTED = 'https://elsewhere.example';
const EXPOSED = 'ETag, Age, Retry-After, Deprecation, Sunset, X-Cache, x-request-id';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing({ crons: [], vars: { CORS_ORIGINS: `https://other.example, ${LISTED}` } });
});

async function corsHeaders(init: RequestInit, path = '/graphql?query={__typename}') {
  const { headers } = await serving.gateway.fetch(path, init);
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
    for (const headers of [{}, { Origin: UNLISTED }, { Origin: LISTED }, { Origin: 'null' }]) {
      const cors = await corsHeaders({ headers }, path);
      expect(cors).toMatchObject({ origin: '*', credentials: null, exposed: EXPOSED });
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
    expect(cors).toMatchObject({ origin: LISTED, credentials: 'true', methods: 'GET, POST, OPTIONS' });
    expect(cors.vary).toContain('Origin');
    for (const header of [
      'Content-Type',
      'Authorization',
      'graphql-client-name',
      'apollographql-client-version',
    ]) {
      expect(cors.allowed).toContain(header);
    }
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
      for (const announced of ['', 'content-type', 'content-type,graphql-client-name']) {
        expect(await preflight(origin, announced)).toMatchObject({ origin: '*', credentials: null });
      }
    }
  });
});
