import { env } from 'cloudflare:workers';
import { type ExecutionResult, execute as graphqlExecute, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { schema } from '../../schema/schema.ts';
import { Attempts } from '../../src/auth/attempts.ts';
import { UNKNOWN_CLIENT } from '../../src/auth/request-client.ts';
import { GenerationsMemory } from '../../src/cache/freshness.ts';
import { roomsOf } from '../../src/chat/rooms.ts';
import { execute, executionCounts } from '../../src/execution/execute.ts';
import { type ContextSources, createRequestContext } from '../../src/graphql/request-context.ts';
import { ClosesMemory } from '../../src/loaders/candles.ts';
import { OnDemandPrices } from '../../src/loaders/on-demand-prices.ts';
import { PriceSnapshotMemory } from '../../src/loaders/prices.ts';
import { BoundedMemory } from '../../src/storage/bounded-memory.ts';
import { RecentlyAbsent } from '../../src/storage/recently-absent.ts';
import { CRONS, startGateway, syncAll } from '../support/gateway.ts';
import { createMarket, type TestMarket } from '../support/market.ts';
import { type AskedFor, restVariables } from '../support/rest-variables.ts';

let market: TestMarket;
let variablesOf: Record<string, Record<string, unknown>[]>;
let held: AskedFor;

beforeAll(async () => {
  market = await createMarket({ projectCount: 40, poolCount: 8 });
  const gateway = startGateway(market);
  await syncAll(gateway);
  await gateway.scheduled(CRONS.nightly);
  const { projects, pools } = await market.records();
  const symbols = projects.map(({ symbol }) => symbol);
  held = {
    ...{ slugs: projects.map(({ slug }) => slug), symbols },
    ...{ poolId: pools[0]?.id ?? '', investmentId: 'nothing' },
  };
  variablesOf = {
    MarketList: [{}, { first: 3 }, { first: 1000 }],
    Trending: [{}, { first: 5 }],
    Search: [{ query: 'the', first: 10 }, { query: '' }],
    ProjectPage: [{ by: { slug: projects[0]?.slug }, pools: 3 }, { by: { slug: 'unknown' } }, { by: {} }],
    ProjectFiles: [{ by: { slug: projects[0]?.slug } }, { by: { slug: 'unknown' } }],
    PriceCompare: [{ symbols: symbols.slice(0, 4) }, { symbols: ['UNKNOWN'] }, {}],
    CandleChart: [
      { symbol: 'BTC', from: new Date((market.startAt - 7200) * 1000).toISOString() },
      { symbol: 'BTC', from: 'never' },
    ],
    ChatRoomPage: [{ of: { poolId: held.poolId } }, { of: { projectId: 'unknown' } }, { of: {} }],
    ChatViewer: [{ of: { poolId: held.poolId } }, { of: { poolId: 'unknown' } }],
    WatchlistPrices: [{ symbols }, { symbols: [] }],
    PoolList: [{}, { first: 4 }],
    Viewer: [{}],
    ViewerSessions: [{}],
    MyFiles: [{}],
    PoolPage: [{ id: encodeGlobalId('IdoPool', pools[0]?.id ?? ''), otherPools: 2 }, { id: 'no id' }],
    InvestScreen: [{ id: encodeGlobalId('IdoPool', pools[0]?.id ?? '') }],
    Portfolio: [{}],
    MyInvestments: [{}, { first: 3 }],
    MyTransactions: [{}, { first: 3 }],
  };
});

/** A context for each execution: what its loaders keep is not shared. */
function context() {
  const sources: ContextSources = {
    // Queries do nothing with accounts, do not invest, and write no files.
    accounts: {} as ContextSources['accounts'],
    investing: {} as ContextSources['investing'],
    files: { db: env.DB } as ContextSources['files'],
    chat: {
      db: env.DB,
      rooms: roomsOf(env.REALTIME_CHAT),
      linkHosts: [],
      phishingHosts: [],
      shownAvatarUrl: () => null,
    },
    db: env.DB,
    attempts: new Attempts({ objects: env.ATTEMPTS, randomId: () => crypto.randomUUID() }),
    pricesKv: env.PRICES_KV,
    generations: new GenerationsMemory(env.CACHE_KV),
    priceSnapshot: new PriceSnapshotMemory(),
    closes: new ClosesMemory(new BoundedMemory(1_000_000)),
    onDemandPrices: new OnDemandPrices({
      kv: env.PRICES_KV,
      memory: new BoundedMemory(1_000),
      unknownSymbols: new RecentlyAbsent(60, new BoundedMemory(1_000)),
      fetchPrices: () => Promise.reject(new Error('the price API is down')),
    }),
    publicOrigin: 'https://gateway.test',
    fetchDetail: () => Promise.reject(new Error('the main API is down')),
  };
  const own = { requestId: 'request', client: UNKNOWN_CLIENT, viewer: null, waitUntil: () => undefined };
  return createRequestContext(sources, own, market.startAt * 1000);
}

/** What goes over the wire, and what the logs see of an error. */
function shown(result: ExecutionResult) {
  const originals = result.errors?.map(
    ({ originalError }) => `${originalError?.name}: ${originalError?.message}`,
  );
  return { json: JSON.stringify(result), originals };
}

async function expectGraphqlJs(text: string, given: readonly Record<string, unknown>[]): Promise<void> {
  const document = parse(text);
  const fellBackBefore = executionCounts().fellBack;
  let withData = 0;
  for (const variableValues of given) {
    const expected = await graphqlExecute({ schema, document, variableValues, contextValue: context() });
    // The second time by a plan that is there already.
    for (const _ of [1, 2]) {
      const actual = await execute({ schema, document, variableValues, contextValue: context() });
      expect(shown(actual)).toEqual(shown(expected));
    }
    withData += expected.data == null ? 0 : 1;
  }
  expect(withData).toBeGreaterThan(0);
  expect(executionCounts().fellBack).toBe(fellBackBefore);
}

const queriesOf = ({ operations }: { operations: typeof manifest.operations }) =>
  operations.filter(({ kind }) => kind === 'query');

describe('a plan of the app’s own operation', () => {
  it.each(queriesOf(manifest))(
    '$name gives what graphql-js gives, byte for byte',
    async ({ name, document }) => {
      const given = variablesOf[name];
      if (given === undefined) throw new Error(`${name} has no variables here: add them`);
      await expectGraphqlJs(document, given);
    },
  );
});

describe('a plan of an operation of /api', () => {
  it.each(queriesOf(restManifest))(
    '$name gives what graphql-js gives, byte for byte',
    async ({ name, document }) => {
      await expectGraphqlJs(document, [restVariables(name, held, 3), restVariables(name, held, 40)]);
    },
  );
});
