/** Two viewers with canaries, and a stranger, over one isolate, one KV and a cache in front. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createIsolates } from '../../../src/app/isolate.ts';
import { createWorker } from '../../../src/app/worker.ts';
import type { Viewer } from '../../../src/graphql/context.ts';
import {
  CANDLES,
  CATEGORIES,
  type Caching,
  type Question,
  requestOf,
  startCaching,
} from '../../support/cache-bench.ts';

const VIEWERS = ['alice', 'bob'] as const;
const ASKERS = [...VIEWERS, 'stranger'] as const;
const canaryOf = (name: string) => `canary-of-${name}`;

function viewerNamed(name: string): Viewer {
  const canary = canaryOf(name);
  return {
    id: `${canary}-id`,
    email: `${canary}@example.com`,
    walletAddresses: [canary],
    displayName: canary,
    avatarUrl: null,
    kycLevel: 1,
    userLevel: 1,
    permissions: ['read'],
    createdAt: 1_700_000_000,
    signedInAt: 1_700_000_000,
    sessionId: 'session',
    expiresAt: 4_102_444_800,
    sessions: async () => [
      { id: canary, userAgent: canary, ipAddress: null, createdAt: 0, lastActivityAt: 0, current: true },
    ],
  };
}

const viewerOf = async (authorization: string | null) => {
  const name = VIEWERS.find((viewer) => authorization?.includes(`session-of-${viewer}`));
  return name === undefined ? null : viewerNamed(name);
};

const worker = createWorker(createIsolates({ viewerOf }));

let caching: Caching;
let bindings: Env;
let poolId: string;
beforeAll(async () => {
  caching = await startCaching({ vars: { CORS_ORIGINS: 'https://app.example' } });
  bindings = {
    ...env,
    DB: caching.db.binding,
    CACHE_KV: caching.cacheKv.binding,
    PRICES_KV: caching.pricesKv.binding,
    MAIN_API_URL: caching.market.mainApiUrl,
    PRICE_API_URL: caching.market.priceApiUrl,
    INTERNAL_API_KEY: caching.market.apiKey,
    OPERATIONS_MODE: 'open',
  } as unknown as Env;
  const answer = await caching.gateway.query<{ idoPools: { nodes: { id: string }[] } }>(
    '{ idoPools { nodes { id } } }',
  );
  poolId = answer.data.idoPools.nodes[0]?.id ?? '';
});

interface Seen {
  status: number;
  text: string;
  cacheControl: string;
  xCache: string | null;
  isFromFront: boolean;
}

/** What a shared cache in front keeps: by URL alone, as Workers' own does. */
const front = new Map<string, Seen>();

async function askAs(
  asker: string,
  by: 'token' | 'cookie',
  question: Question,
  throughFront: boolean,
): Promise<Seen> {
  const credentials: Record<string, string> =
    asker === 'stranger'
      ? {}
      : by === 'token'
        ? { Authorization: `Bearer session-of-${asker}` }
        : { Cookie: `s=session-of-${asker}` };
  const headers = { 'x-graphql-csrf': '1', Origin: 'https://app.example', ...credentials };
  const [path, init] = requestOf({ ...question, headers });
  const kept = throughFront && question.method !== 'POST' ? front.get(path) : undefined;
  if (kept !== undefined) return { ...kept, isFromFront: true };
  const ctx = createExecutionContext();
  const request = new Request(`https://gateway.test${path}`, init) as Parameters<typeof worker.fetch>[0];
  const response = await worker.fetch(request, bindings, ctx);
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  const cacheControl = response.headers.get('cache-control') ?? '';
  const xCache = response.headers.get('x-cache');
  const seen = { status: response.status, text, cacheControl, xCache, isFromFront: false };
  if (question.method !== 'POST' && /\bpublic\b/.test(cacheControl)) front.set(path, seen);
  return seen;
}

const POOL = 'query($id: ID!) { idoPool(id: $id) { name viewerState { invested } } }';
const PRIVATE: (() => Question)[] = [
  () => ({ query: '{ viewer { id email displayName } }' }),
  () => ({ query: '{ viewer { sessions { id userAgent } } projectCategories { name } }' }),
  () => ({
    query:
      '{ projectCategories { name } ...V } fragment V on Query { viewer { ...U } } fragment U on User { displayName }',
  }),
  () => ({
    query:
      'query($on: Boolean = true) { viewer @include(if: $on) { displayName } projectCategories { name } }',
  }),
  () => ({
    query: 'query A { viewer { displayName } } query B { projectCategories { name } }',
    operationName: 'A',
  }),
];
const NOBODYS: (() => Question)[] = [
  () => CATEGORIES,
  () => CANDLES,
  () => ({ query: '{ projects(first: 2) { nodes { id name } } }' }),
  () => ({ query: POOL, variables: { id: poolId } }),
  () => ({
    query: 'query A { viewer { displayName } } query B { projectCategories { name } }',
    operationName: 'B',
  }),
  () => ({ name: 'PoolPage', variables: { id: poolId } }),
  () => ({ name: 'MarketList' }),
];

const request = fc.record({
  asker: fc.constantFrom(...ASKERS),
  by: fc.constantFrom('token' as const, 'cookie' as const),
  method: fc.constantFrom('GET' as const, 'POST' as const),
  throughFront: fc.boolean(),
  private: fc.boolean(),
  which: fc.nat(),
});

test('a canary appears to its owner and nowhere else, whoever asks in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 5, maxLength: 30 }), async (requests) => {
      for (const { asker, by, method, throughFront, which, private: isPrivate } of requests) {
        const questions = isPrivate ? PRIVATE : NOBODYS;
        const question = { ...questions[which % questions.length]?.(), method };
        const { text, status, cacheControl, xCache, isFromFront } = await askAs(
          asker,
          by,
          question,
          throughFront,
        );
        const canaries = VIEWERS.filter((name) => text.includes(canaryOf(name)));
        expect([question, status, canaries]).toEqual([
          question,
          200,
          // A cookie signs nobody in.
          isPrivate && asker !== 'stranger' && by === 'token' ? [asker] : [],
        ]);
        if (isPrivate)
          expect([cacheControl, xCache, isFromFront]).toEqual(['private, no-store', 'BYPASS', false]);
      }
    }),
    { numRuns: 25 },
  );
  for (const { key, value } of caching.cacheKv.puts) expect(`${key} ${value}`).not.toContain('canary');
  for (const { name } of (await env.CACHE_KV.list()).keys) {
    expect(await env.CACHE_KV.get(name, 'text')).not.toContain('canary');
  }
});

test('what anybody may have is served from the cache to viewers too, and no shared cache may keep theirs', async () => {
  const made = await askAs('alice', 'token', { query: '{ projectCategories { projectCount } }' }, false);
  const kept = await askAs('bob', 'cookie', { query: '{ projectCategories { projectCount } }' }, false);
  expect([made.xCache, kept.xCache, kept.text]).toEqual(['MISS', 'HIT', made.text]);
  for (const { cacheControl } of [made, kept]) expect(cacheControl).toMatch(/^private, max-age=3600\b/);
});

test('requests of several viewers at once get each their own', async () => {
  const question = { query: '{ viewer { displayName } projectCategories { name } }' };
  const asked = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const asker = ASKERS[index % 3] ?? '';
      const method = index % 2 === 0 ? ('GET' as const) : ('POST' as const);
      return [asker, (await askAs(asker, 'token', { ...question, method }, true)).text] as const;
    }),
  );
  for (const [asker, text] of asked) {
    const canaries = VIEWERS.filter((name) => text.includes(canaryOf(name)));
    expect(canaries).toEqual(asker === 'stranger' ? [] : [asker]);
  }
});
