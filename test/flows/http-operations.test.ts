import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ANYTHING, restVariables } from '../support/rest-variables.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';

type Mode = 'open' | 'audit' | 'safelist' | 'id_only';
const MODES = ['open', 'audit', 'safelist', 'id_only'] as const;

let serving: Serving;
const gateways = new Map<Mode, TestGateway>();
beforeAll(async () => {
  serving = await startServing({ crons: FIRST_SYNC });
  for (const mode of MODES) gateways.set(mode, startGateway(serving.market, { OPERATIONS_MODE: mode }));
});

const gatewayIn = (mode: Mode) => gateways.get(mode) ?? serving.gateway;

async function idOf(document: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(document));
  return `sha256:${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

const VARIABLES: Record<string, Record<string, unknown>> = {
  CandleChart: { symbol: 'BTC' },
  ChatRoomPage: { of: { projectId: encodeGlobalId('Project', 'prj_bitcoin') } },
  ChatViewer: { of: { projectId: encodeGlobalId('Project', 'prj_bitcoin') } },
  InvestScreen: { id: 'bm90aGluZw' },
  PoolPage: { id: 'bm90aGluZw' },
  PriceCompare: { symbols: ['BTC', 'ETH'] },
  ProjectFiles: { by: { slug: 'bitcoin' } },
  ProjectPage: { by: { slug: 'bitcoin' } },
  Search: { query: 'bit' },
  WatchlistPrices: { symbols: ['BTC', 'ETH'] },
};

const isQuery = ({ kind }: { kind: string }) => kind === 'query';
const QUERIES = [
  ...manifest.operations
    .filter(isQuery)
    .map((query) => ({ ...query, variables: VARIABLES[query.name] ?? {} })),
  ...restManifest.operations
    .filter(isQuery)
    .map((query) => ({ ...query, variables: restVariables(query.name, ANYTHING, 3) })),
];

describe.each(QUERIES)('the operation $name', ({ id, name, document, variables }) => {
  test('is registered under the SHA-256 of its text', async () => {
    expect(await idOf(document)).toBe(id);
  });

  test('gives the same answer by every way of sending its id, and by its text', async () => {
    const gateway = gatewayIn('open');
    const byDocument = await gateway.post({ query: document, variables });
    expect(byDocument.errors).toBeUndefined();
    expect(Object.keys(byDocument.data).length).toBeGreaterThan(0);
    const byId = await gateway.post({ documentId: id, variables });
    const inUrl = encodeURIComponent(JSON.stringify(variables));
    const answers = await Promise.all(
      [
        `/graphql?documentId=${id}&variables=${inUrl}`,
        `/graphql?documentId=${encodeURIComponent(id)}&variables=${inUrl}&operationName=${name}`,
        `/graphql/${id}?variables=${inUrl}`,
        `/graphql/${encodeURIComponent(id)}?variables=${inUrl}`,
        `/graphql/${id}?documentId=${id}&variables=${inUrl}`,
      ].map(async (path) => (await gateway.fetch(path, { headers: { 'x-graphql-csrf': '1' } })).json()),
    );
    for (const answer of [byId, ...answers]) expect(answer).toMatchObject({ data: byDocument.data });
  });

  test.each(MODES)('runs by its id in the mode %s', async (mode) => {
    const { status, data, errors } = await gatewayIn(mode).post({ documentId: id, variables });
    expect(errors).toBeUndefined();
    expect(status).toBe(200);
    expect(Object.keys(data).length).toBeGreaterThan(0);
  });
});

const REGISTERED = manifest.operations.find(({ name }) => name === 'Trending') ?? { id: '', document: '' };
const OTHER = manifest.operations.find(({ name }) => name === 'PoolList') ?? { id: '', document: '' };
const UNREGISTERED = '{ __typename }';
const UNKNOWN_ID = `sha256:${'0'.repeat(64)}`;

const RUNS = [200, 'data'] as const;
const NOT_FOUND = [200, 'PERSISTED_QUERY_NOT_FOUND'] as const;
const NOT_IN_LIST = [404, 'PERSISTED_QUERY_NOT_IN_LIST'] as const;
const MISMATCH = [400, 'PERSISTED_QUERY_HASH_MISMATCH'] as const;
const ID_REQUIRED = [400, 'PERSISTED_QUERY_ID_REQUIRED'] as const;
const NOT_IN_SAFELIST = [403, 'QUERY_NOT_IN_SAFELIST'] as const;
type Outcome = readonly [number, string];

describe.each(MODES)('in the mode %s', (mode) => {
  const tolerant = mode === 'open' || mode === 'audit';
  const unknownId: Outcome = tolerant ? NOT_FOUND : NOT_IN_LIST;
  const registered: Outcome = mode === 'id_only' ? ID_REQUIRED : RUNS;
  const unregistered: Outcome = tolerant ? RUNS : mode === 'safelist' ? NOT_IN_SAFELIST : ID_REQUIRED;

  const requests: [string, () => Promise<object>, Outcome][] = [
    ['a known id', async () => ({ documentId: REGISTERED.id }), RUNS],
    ['an unknown id', async () => ({ documentId: UNKNOWN_ID }), unknownId],
    ['an unknown opaque id', async () => ({ documentId: 'market-list' }), unknownId],
    ['an id named like a member of every object', async () => ({ documentId: 'constructor' }), unknownId],
    ['the id in upper case', async () => ({ documentId: REGISTERED.id.toUpperCase() }), unknownId],
    ['a registered document', async () => ({ query: REGISTERED.document }), registered],
    ['it with one space more', async () => ({ query: `${REGISTERED.document} ` }), registered],
    [
      'it with one field more',
      async () => ({ query: REGISTERED.document.replace(/\}$/, '__typename }') }),
      unregistered,
    ],
    ['an unregistered document', async () => ({ query: UNREGISTERED }), unregistered],
    [
      'a known id and its document',
      async () => ({ documentId: REGISTERED.id, query: REGISTERED.document }),
      registered,
    ],
    ['a known id and an empty document', async () => ({ documentId: REGISTERED.id, query: '' }), RUNS],
    [
      'a known id and another document',
      async () => ({ documentId: REGISTERED.id, query: OTHER.document }),
      MISMATCH,
    ],
    ['an unknown id and a document', async () => ({ documentId: UNKNOWN_ID, query: UNREGISTERED }), MISMATCH],
    [
      'the right id of an unregistered document',
      async () => ({ documentId: await idOf(UNREGISTERED), query: UNREGISTERED }),
      unregistered,
    ],
  ];

  test.each(requests)('%s', async (_, operation, [status, outcome]) => {
    for (const Accept of ['application/graphql-response+json', 'application/json', 'text/event-stream']) {
      if (Accept === 'text/event-stream' && outcome === 'data') continue;
      const response = await gatewayIn(mode).fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept },
        body: JSON.stringify(await operation()),
      });
      const answer = (await response.json()) as {
        data?: unknown;
        errors?: { message: string; extensions: { code: string } }[];
      };
      expect(response.status).toBe(status);
      expect(response.headers.get('cache-control')).toContain('no-store');
      if (outcome === 'data') {
        expect(answer).toHaveProperty('data');
        expect(answer).not.toHaveProperty('errors');
        continue;
      }
      expect(answer).not.toHaveProperty('data');
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual([outcome]);
      expect(answer.errors?.[0]?.message === 'PersistedQueryNotFound').toBe(outcome === NOT_FOUND[1]);
    }
  });

  test('a path and a property that name two documents are a mismatch', async () => {
    for (const init of [
      {},
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' },
    ]) {
      const same = await gatewayIn(mode).fetch(`/graphql/${REGISTERED.id}`, init);
      expect(await same.json()).toHaveProperty('data.trendingProjects');
    }
    const byGet = await gatewayIn(mode).fetch(`/graphql/${REGISTERED.id}?documentId=${OTHER.id}`);
    const byPost = await gatewayIn(mode).fetch(`/graphql/${REGISTERED.id}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: OTHER.document }),
    });
    for (const response of [byGet, byPost]) {
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: MISMATCH[1] } }] });
    }
  });
});
