/** Every memory of an isolate, filled by requests until it evicts: none takes more than its share, and /health shows all. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createIsolates } from '../../src/app/isolate.ts';
import { createWorker } from '../../src/app/worker.ts';
import {
  ISOLATE_MEMORY_MAX_BYTES,
  MEMORY_SHARES_BYTES,
  type MemoryName,
  UNNAMED_ID_LOOKUPS_BURST,
  UNNAMED_ID_LOOKUPS_PER_SECOND,
} from '../../src/config.ts';
import { MemoryBudget, type MemoryUse } from '../../src/storage/bounded-memory.ts';
import { openWithPassword } from '../../src/storage/d1/users.ts';
import { ADMIN_KEY, adminOf, sha256Of } from '../support/admin.ts';
import { CRONS, type TestGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

/** Of each share: a test fills megabytes where production has dozens of them. */
const SCALE = 1 / 16;
const shares = Object.fromEntries(
  Object.entries(MEMORY_SHARES_BYTES).map(([name, bytes]) => [name, bytes * SCALE]),
) as Record<MemoryName, number>;
const NAMES = Object.keys(MEMORY_SHARES_BYTES) as MemoryName[];

/** Bounded where they are filled, and not by their shares: the least part that the requests of this test fill. */
const TRACKED: Partial<Record<MemoryName, number>> = { priceSnapshot: 0.02, usage: 0.5, requestMetrics: 0.5 };
const limitOf = (name: MemoryName) => (name in TRACKED ? MEMORY_SHARES_BYTES[name] : shares[name]);

let serving: Serving;
let bindings: Env;
const isolateOf = createIsolates({ memoryShares: shares });
const worker = createWorker(isolateOf);

beforeAll(async () => {
  const market = { projectCount: 120, poolCount: 2, investmentCount: 2 };
  serving = await startServing({ market, crons: [CRONS.projects, CRONS.prices, CRONS.nightly] });
  bindings = {
    ...env,
    MAIN_API_URL: serving.market.mainApiUrl,
    PRICE_API_URL: serving.market.priceApiUrl,
    INTERNAL_API_KEY: serving.market.apiKey,
    OPERATIONS_MODE: 'audit',
    ADMIN_KEY,
  } as unknown as Env;
});
afterAll(() => void vi.useRealTimers());

async function fetchOf(path: string, init?: RequestInit): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(new URL(path, 'https://gateway.test'), init);
  const response = await worker.fetch(request as Parameters<typeof worker.fetch>[0], bindings, ctx);
  const body = await response.arrayBuffer();
  await waitOnExecutionContext(ctx);
  return new Response(body, response);
}

const post = (body: object, headers: Record<string, string> = {}) =>
  fetchOf('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

async function memoryOfHealth(): Promise<MemoryUse & { memories: Record<MemoryName, MemoryUse> }> {
  return ((await (await fetchOf('/health')).json()) as { memory: never }).memory;
}

const times = (count: number) => Array.from({ length: count }, (_, at) => at);
const padded = (at: number, characters: number) => `#${String(at).padEnd(characters, 'x')}\n`;

/** How to give each memory one thing more than before; `at` is another number each time. */
const FILL: Record<MemoryName, (at: number) => Promise<unknown>> = {
  answers: (at) =>
    post({ query: `${padded(at, 10)}{ projects(first: 100) { nodes { name description slug } } }` }),
  closes: async (at) => {
    const query = `${padded(at, 10)}query ($after: String) { projects(first: 10, after: $after) { pageInfo { endCursor }
      nodes { price { sparkline: history(period: MONTH) { price } } } } }`;
    const variables = { after: cursor };
    const { data } = (await (await post({ query, variables })).json()) as {
      data: { projects: { pageInfo: { endCursor: string } } };
    };
    cursor = data.projects.pageInfo.endCursor;
  },
  priceSnapshot: () => post({ query: '{ price(symbol: "BTC") { price } }' }),
  recognisedRequests: (at) => post({ documentId: registered[0], variables: { unused: padded(at, 20_000) } }),
  hitHeaders: async (at) => {
    const asked = { documentId: registered[0], variables: { unused: padded(at, 200) } };
    for (const _ of ['recognised', 'hit']) await post(asked);
  },
  repeatedHeaders: (at) => {
    const documentId = registered[at % registered.length] ?? '';
    const variables = JSON.stringify({ unused: `first answer ${at}` });
    return fetchOf(`/graphql?${new URLSearchParams({ documentId, variables })}`);
  },
  operations: (at) => post({ documentId: registered[at % registered.length] }),
  registeredDocuments: (at) => post({ documentId: registered[at % registered.length] }),
  sentDocuments: (at) => post({ query: `${padded(at, 30)}{ __typename }` }),
  clientDocuments: async (at) => {
    // Small ones too: what a place in the memory takes counts.
    const query = `${padded(at, at % 2 === 0 ? 10_000 : 1)}{ __typename }`;
    const sha256Hash = (await sha256Of(query)).replace('sha256:', '');
    await post({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } });
  },
  normalForms: (at) => post({ query: `${padded(at, 30)}{ __typename }` }),
  unknownOperationIds: async (at) => {
    // The registry looks up so many unknown ids at once, and remembers those alone.
    const secondsToFill = UNNAMED_ID_LOOKUPS_BURST / UNNAMED_ID_LOOKUPS_PER_SECOND;
    if (at % UNNAMED_ID_LOOKUPS_BURST === 0) vi.setSystemTime(Date.now() + secondsToFill * 1000);
    await post({ documentId: `unknown-${at}-${'x'.repeat(100)}` });
  },
  unknownSymbols: (at) => {
    const symbols = times(100).map((index) => `NONE${at}X${index}`.padEnd(60, 'X'));
    return post({
      query: 'query ($symbols: [String!]!) { prices(symbols: $symbols) { symbol } }',
      variables: { symbols },
    });
  },
  onDemandPrices: async (at) => {
    // Without the snapshot, every symbol is asked for on demand.
    await env.PRICES_KV.delete('prices');
    vi.setSystemTime(Date.now() + 61_000);
    const query = `${padded(at, 10)}{ projects(first: 100) { nodes { price { price } } } }`;
    await post({ query });
  },
  usage: (at) => post({ documentId: registered[0] }, { 'graphql-client-name': `client-${at}` }),
  requestMetrics: (at) => post({ documentId: registered[at % registered.length] }),
  clients: (at) => fetchOf('/health', { headers: { 'CF-Connecting-IP': `2001:db8:${at.toString(16)}::1` } }),
  acceptHeaders: (at) =>
    post({ query: '{ __typename }' }, { Accept: `application/json, text/x-${String(at).padEnd(150, 'x')}` }),
  verifiedTokens: async (at) => {
    const { token } = await accounts().accessTokens.sign(`usr_${at}`, 'a session that has ended');
    await post({ query: '{ viewer { id } }' }, { Authorization: `Bearer ${token}` });
  },
  sessions: async (at) => {
    const id = `usr_${at}`;
    const user = { id, displayName: 'x'.repeat(300), nowSeconds: Math.floor(Date.now() / 1000) };
    await openWithPassword(env.DB, user, { email: `${id}@example.com`, passwordHash: 'hash' });
    const client = { ipAddress: '203.0.113.7', userAgent: 'x'.repeat(256), device: 'a-device' };
    const { accessToken } = await accounts().sessions.open(id, client);
    await post({ query: '{ viewer { id } }' }, { Authorization: `Bearer ${accessToken}` });
  },
};
let cursor: string | undefined;

function accounts() {
  const built = isolateOf(bindings);
  if (!built.ok) throw new Error(built.issues.join('; '));
  return built.isolate.accounts;
}

let registered: string[] = [];

async function publishOperations(): Promise<void> {
  const documents = times(180).map(
    (at) => `${padded(at, 150)}query Registered${at} { projectCategories { name } }`,
  );
  const operations = await Promise.all(
    documents.map(async (document) => ({ id: await sha256Of(document), document })),
  );
  const gateway = { fetch: fetchOf } as unknown as TestGateway;
  expect((await adminOf(gateway).publish('filler', '1.0.0', operations)).status).toBe(200);
  registered = operations.map(({ id }) => id);
  // The overlay that the isolate keeps may be a minute old.
  vi.setSystemTime(Date.now() + 61_000);
}

test('each memory fills up to its share and no further, and all of them are shown', async () => {
  await publishOperations();
  const fullest = new Map<MemoryName, number>();
  for (const name of NAMES) {
    for (let at = 0; at < 400; at += 1) {
      await FILL[name](at);
      if (at % 20 !== 19) continue;
      const { bytes, maxBytes, memories } = await memoryOfHealth();
      expect(Object.keys(memories).sort()).toEqual([...NAMES].sort());
      expect(maxBytes).toBe(ISOLATE_MEMORY_MAX_BYTES);
      expect(bytes).toBe(NAMES.reduce((sum, other) => sum + memories[other].bytes, 0));
      for (const other of NAMES)
        expect(memories[other].bytes).toBeGreaterThanOrEqual(100 * memories[other].entries);
      for (const other of NAMES)
        expect([other, memories[other].bytes <= limitOf(other)]).toEqual([other, true]);
      fullest.set(name, Math.max(fullest.get(name) ?? 0, memories[name].bytes / limitOf(name)));
      if (memories[name].bytes > 0.9 * limitOf(name)) break;
    }
  }
  for (const name of NAMES) {
    const least = TRACKED[name] ?? 0.9;
    expect([name, (fullest.get(name) ?? 0) >= least]).toEqual([name, true]);
  }
}, 180_000);

test('shares that are more than the budget are refused, and so is a memory that is open', () => {
  expect(() => new MemoryBudget({ ...MEMORY_SHARES_BYTES, answers: ISOLATE_MEMORY_MAX_BYTES })).toThrow(
    RangeError,
  );
  const memory = new MemoryBudget();
  memory.open('answers');
  expect(() => memory.open('answers')).toThrow('open already');
});
